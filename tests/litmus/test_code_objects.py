# SPDX-License-Identifier: MIT
"""The GPU's half of the litmus test, as Debian's own compiler makes it: a code object for every
supported target, whose waiting loop polls the way that the test is about."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
BUILD = CHECKOUT / "userspace/selftest/litmus/build"
GPUS = CHECKOUT / "userspace/data/gpus.toml"
TARGETS = sorted(set(re.findall(r'^gfx = "(gfx\w+)"$', GPUS.read_text(encoding="utf-8"), re.M)))

if shutil.which("hipcc") is None:
    pytest.skip("hipcc is not installed (scripts/setup litmus)", allow_module_level=True)


def tool(name):
    """Of the LLVM that hipcc uses."""
    depends = subprocess.run(["dpkg-query", "-W", "-f", "${Depends}", "hipcc"], text=True,
                             capture_output=True, check=True).stdout
    version = re.search(r"\bllvm-(\d+)", depends).group(1)
    return f"/usr/lib/llvm-{version}/bin/{name}"


@pytest.fixture(scope="session")
def bundle():
    directory = Path(os.environ.get("ROCMFIX_BUILD_DIR", CHECKOUT / "build")) / "litmus"
    subprocess.run([BUILD, directory], check=True)
    return directory / "litmus-kernels.co"


def entries(bundle):
    done = subprocess.run([tool("clang-offload-bundler"), "--list", "--type=o", f"--input={bundle}"],
                          text=True, capture_output=True, check=True)
    return {line.rpartition("--")[2]: line for line in done.stdout.split() if "amdgcn" in line}


def test_every_supported_target_has_a_code_object(bundle):
    assert len(TARGETS) >= 11
    assert sorted(entries(bundle)) == TARGETS


def disassembled(bundle, target, tmp_path):
    elf = tmp_path / f"{target}.elf"
    subprocess.run([tool("clang-offload-bundler"), "--unbundle", "--type=o", f"--input={bundle}",
                    f"--output={elf}", f"--targets={entries(bundle)[target]}"], check=True)
    done = subprocess.run([tool("llvm-objdump"), "-d", f"--mcpu={target}", elf], text=True,
                          capture_output=True, check=True)
    code = {}
    for line in done.stdout.splitlines():
        if found := re.match(r"\s+(\S.*?)\s+// ([0-9A-F]{12}): ", line):
            code[int(found.group(2), 16)] = found.group(1)
    assert "<litmus_play>:" in done.stdout and len(code) > 50
    return code


def jumps(code):
    """(from, to) of every branch: 16 bits, signed, in words after the next instruction."""
    for address, text in code.items():
        if found := re.match(r"s_c?branch\w*\s+(\d+)", text):
            words = int(found.group(1))
            yield address, address + 4 + 4 * (words - 0x10000 if words >= 0x8000 else words)


@pytest.mark.parametrize("target", TARGETS)
def test_the_waiting_loop_polls_past_gl0_and_gl1_and_not_past_gl2(bundle, target, tmp_path):
    code = disassembled(bundle, target, tmp_path)
    addresses = sorted(code)
    loads = [a for a in addresses if re.match(r"global_load_dword v\d+, .*\bglc dlc$", code[a])]
    assert loads, "no load of system scope"
    for load in loads:
        behind = [code[a] for a in addresses if a > load][:3]
        assert behind[0].startswith("s_waitcnt vmcnt(0)")
        assert set(behind[1:]) == {"buffer_gl0_inv", "buffer_gl1_inv"}
        # It is a loop: some jump leads from behind it to before it.
        assert any(start > load >= end for start, end in jumps(code)), "not in a loop"
    assert any(text.startswith("s_memrealtime") for text in code.values()), "no time limit"
    # The scalar cache is not invalidated by them: nothing but the kernel's arguments may come by it.
    bases = {re.match(r"s_load_\w+ \S+, (s\[\d+:\d+\])", text).group(1)
             for text in code.values() if text.startswith("s_load")}
    assert len(bases) == 1, bases


@pytest.mark.parametrize("target", TARGETS)
def test_the_flag_is_raised_after_the_data(bundle, target, tmp_path):
    """A release: every store before it has arrived, and nothing is written round L2."""
    code = disassembled(bundle, target, tmp_path)
    texts = [code[a] for a in sorted(code)]
    flags = [i for i, text in enumerate(texts)
             if text.startswith("global_store_dword ") and texts[i - 1].startswith("s_waitcnt_vscnt")]
    assert len(flags) >= 2, "one for who serves and one for who answers"
    assert not any(" glc" in text or " slc" in text for text in texts if "_store_" in text)
