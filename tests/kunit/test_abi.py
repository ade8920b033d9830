# SPDX-License-Identifier: MIT
"""kernel/ABI.md has every file and parameter that the code makes, and no other."""

import re
from pathlib import Path

KERNEL = Path(__file__).resolve().parents[2] / "kernel"
ABI = (KERNEL / "ABI.md").read_text()
SOURCES = "".join(file.read_text() for file in sorted((KERNEL / "rocmfix").glob("*.c")))


def documented(pattern):
    return sorted(set(re.findall(rf"^(?:What:)?\t\t?{pattern}$", ABI, re.MULTILINE)))


def test_every_file_in_sysfs_is_documented():
    made = re.findall(r"^static DEVICE_ATTR_\w+\((\w+)\);$", SOURCES, re.MULTILINE)
    assert len(made) >= 5
    assert documented(r"/sys/bus/pci/devices/<bdf>/rocmfix/(\w+)") == sorted(made)


def test_every_parameter_is_documented_for_both_variants():
    made = sorted(re.findall(r"^module_param_cb\((\w+),", SOURCES, re.MULTILINE))
    assert made == ["rocmfix", "rocmfix_mtype"]
    for module in ("amdgpu", "rocmfix_livepatch"):
        assert documented(rf"/sys/module/{module}/parameters/(\w+)") == made


def test_every_mode_is_documented():
    names = re.search(r"rocmfix_policy_mode_name\(enum.*?\n}\n", SOURCES, re.DOTALL)[0]
    made = re.findall(r'return "(\w+)";', names)
    assert made == ["stock", "private", "data", "all"]
    table = re.findall(r"^\t\t(\d)   (\w+) ", ABI, re.MULTILINE)
    assert table == [(str(value), name) for value, name in enumerate(made)]


def test_every_shortfall_is_documented():
    said = re.findall(r'"(; [^"]+)"', SOURCES)
    assert len(said) == 3
    for text in said:
        assert f"noretry=1){text}\n" in ABI
