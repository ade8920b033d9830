# SPDX-License-Identifier: MIT
"""Every verb, plain and --json, on a root, with arguments and in an environment full of text that
a terminal would obey: checks every byte of output."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

import hostile

SOURCE = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ROCMFIX_BUILD_DIR", SOURCE / "build")).resolve()
ROOTS = Path(os.environ.get("ROCMFIX_TEST_ROOTS", BUILD / "roots")).resolve()
TOML = json.dumps(hostile.LINES, ensure_ascii=True).replace("\\u007f", "\\u007F")
SETTINGS = f"""
[[setting]]
layer = "environment"
name = "HSA_HOSTILE"
summary = {TOML}
[[setting.propose]]
profile = "safe"
value = "1"
[[setting.judge]]
effect = "harmful"
reason = {TOML}
source = {TOML}
[[setting.advise]]
effect = "harmful"
reason = {TOML}
source = {TOML}
[[setting]]
layer = "module"
name = "noretry"
summary = {TOML}
[[setting.propose]]
profile = "safe"
value = "0"
[[setting.judge]]
effect = "useful"
reason = {TOML}
source = {TOML}
"""
FAULTS = f"""
[[cause]]
id = {TOML}
summary = {TOML}
check = {TOML}
remedy = {TOML}
source = {TOML}
grade = "S"
match = [{{ confidence = "certain", when = {{ event = ["gpu_memory_fault", "page_fault"] }} }}]
"""


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A machine with the livepatch in force, whose every text is hostile; the directory's name, too."""
    root = tmp_path_factory.mktemp("hostile") / os.fsdecode(b"r\xff" + hostile.LINES.encode())
    shutil.copytree(ROOTS / "rx5600xt-livepatch", root, symlinks=True)
    name = hostile.TEXT.replace("/", "")
    for module in ("amdgpu", "rocmfix_livepatch"):
        for attribute in ("version", "srcversion", "taint"):
            write(root / "sys/module" / module / attribute, hostile.BYTES + b"\n")
        write(root / "sys/module" / module / "parameters/noretry", hostile.BYTES + b"\nFORGED\n")
        write(root / "sys/module" / module / "parameters" / name, hostile.BYTES)
    for device in (root / "sys/bus/pci/devices").iterdir():
        uevent = device.resolve() / "uevent"
        write(uevent, f"DRIVER={hostile.TEXT}\nPCI_SLOT_NAME={device.name}\n")
    options = f"options amdgpu noretry={hostile.TEXT} {name}=1 mtype_local=2\n"
    write(root / "etc/modprobe.d" / f"{name}.conf", options.encode() + hostile.BYTES + b"\n")
    write(root / "etc/modprobe.d" / "zz\nFORGED.conf", "options amdgpu noretry=2\n")
    write(root / "proc/cmdline", b"quiet amdgpu.noretry=" + hostile.BYTES + b" amdgpu.vm_size=\x1b\n")
    write(root / "proc/version", b"Linux version 6.1.0-56-amd64 " + hostile.BYTES)
    write(root / "etc/rocmfix/settings.toml", SETTINGS)
    write(root / "etc/rocmfix/faults.toml", FAULTS)
    write(root / "etc/os-release", b"ID=debian\nVERSION_ID=" + hostile.BYTES + b"\n")
    write(root / "usr/share/libdrm/amdgpu.ids", b"731F,\tCA,\t" + hostile.BYTES + b"\n")
    device = "amdgpu 0000:03:00.0: amdgpu: rocmfix: "
    write(root / "dev/kmsg", f"6,1,9000,-;{device}active (GC 10.1.10)\n"
          f"6,2,60000000,-;{device}memory that is mapped already keeps its MTYPE\n".encode()
          + b"6,3,60000001,-;" + hostile.BYTES + b"\n")  # fmt: skip
    write(root / "proc/71/maps", "7f00-7f01 rw-s 0 00:06 9 /dev/kfd\n")
    write(root / "proc/71/comm", hostile.BYTES + b"\nFORGED\n")
    write(root / "proc/71/stat", b"71 (" + hostile.BYTES + b") S 1 1 1 0 -1 4 5 6 7 8 9 10 11 12 20 "
          b"0 1 0 5999 1 1\n")  # fmt: skip
    return root


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    path = tmp_path_factory.mktemp("log") / os.fsdecode(hostile.BYTES.replace(b"/", b""))
    kernel = (SOURCE / "tests/data/logs/linux-6.1.dmesg").read_bytes()
    path.write_bytes(
        kernel.replace(b"python3", hostile.BYTES).replace(b"TCP", hostile.BYTES)
        + (SOURCE / "tests/data/logs/hostile.log").read_bytes()
        + b"Memory access fault by GPU node-1 on address 0x7f00. Reason: " + hostile.BYTES + b"\n"
    )  # fmt: skip
    return path


VERBS = [
    ["doctor"],
    ["doctor", "-v"],
    ["doctor", hostile.LINES],
    ["doctor", "--program", hostile.LINES],
    ["doctor", "--explain", hostile.LINES],
    ["status"],
    ["recommend"],
    ["recommend", "--all", "--for", "whisper.cpp"],
    ["recommend", "--list"],
    ["recommend", "--for", hostile.LINES],
    ["recommend", "--gfx", hostile.LINES],
    ["trial", "--list"],
    ["trial", "--arms", hostile.LINES, "--", "true"],
    ["trial", "--resume", hostile.LINES],
    ["trial", "--success", "(" + hostile.LINES, "--", "true"],
    ["plan"],
    ["plan", "--all", "--profile", "original"],
    ["plan", "--", "python3", hostile.LINES],
    ["verify"],
    ["verify", "--profile", "original"],
    ["env"],
    ["env", "--profile", "original", "--", hostile.LINES],
    ["apply", "--dry-run"],
    ["apply", "--dry-run", "--profile", "original"],
    ["apply"],
    ["revert", "--dry-run"],
    ["revert"],
    ["report", "--preview"],
    ["report", "--preview", "--program", hostile.LINES],
    ["report", "--incident", hostile.LINES],
    ["livepatch", "status"],
    ["livepatch", "on"],
    ["livepatch", "off"],
    ["kernel-source", "--kernel", hostile.LINES],
    ["explain", "{log}"],
    ["explain", hostile.LINES],
    ["status", "--profile", hostile.LINES],
    ["plan", "--profile", hostile.LINES],
    ["status", "--" + hostile.LINES],
    [hostile.LINES],
]


def check(words, environment, json_wanted):
    done = subprocess.run(words, env=environment, capture_output=True, stdin=subprocess.DEVNULL,
                          timeout=60)  # fmt: skip
    assert done.returncode in (0, 1, 2, 3, 125, 126, 127), done
    for output in (done.stdout, done.stderr):
        assert not hostile.fault_in(output), (words, hostile.fault_in(output))
    if json_wanted and done.stdout:
        json.loads(done.stdout)
    return done


@pytest.fixture
def hostile_environment(environment):
    return {**environment, "HSA_HOSTILE": hostile.LINES, "HSA_OVERRIDE_GFX_VERSION": hostile.TEXT,
            "ROCMFIX_FAKE": hostile.TEXT}  # fmt: skip


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("words", VERBS, ids=lambda words: "-".join(words)[:16].encode("unicode_escape"))
def test_rocmfix_prints_nothing_that_a_terminal_obeys(words, form, root, log, hostile_environment):
    words = [str(log) if word == "{log}" else word for word in words]
    options = ["--root", str(root)] + (["--json"] if form == "json" else [])
    if words[0] == "revert":  # of an edited file
        write(Path(root) / "etc/modprobe.d/rocmfix.conf", b"# Written by rocmfix\n" + hostile.BYTES)
    check(["rocmfix", *options, *words], hostile_environment, form == "json")


def test_the_hostile_root_reaches_what_is_printed(root, log, hostile_environment):
    """Otherwise the test above checks nothing."""
    shown = {verb: check(["rocmfix", "--root", str(root), *words], hostile_environment, False).stdout
             for verb, words in {"recommend": ["recommend", "--for", "whisper.cpp"],
                                 "status": ["status"], "plan": ["plan"], "verify": ["verify"],
                                 "env": ["env"], "explain": ["explain", str(log)]}.items()}  # fmt: skip
    for verb, text in shown.items():
        assert rb"\x1b]0;owned\x07" in text.replace(b"\n", b""), (verb, text.decode())
        assert rb"\u202e" in text, (verb, text.decode())


RUN = [
    ["--dry-run", "python3", hostile.LINES],
    ["--dry-run", "--json", "python3"],
    ["--verbose", "true"],
    ["true"],
    ["--profile", hostile.LINES, "true"],
    ["--coherence", hostile.LINES, "true"],
    ["--vram-cap", hostile.LINES, "true"],
    ["--oom", hostile.LINES, "true"],
    ["--communicators", hostile.LINES, "true"],
    ["--retries", hostile.LINES, "true"],
    ["--simulate", hostile.LINES, "true"],
    ["--" + hostile.LINES],
    [hostile.LINES],
    ["./" + hostile.TEXT.replace("/", "")],
]


@pytest.mark.parametrize("words", RUN, ids=lambda words: "-".join(words)[:20].encode("unicode_escape"))
def test_rocmfix_run_prints_nothing_that_a_terminal_obeys(words, root, hostile_environment):
    options = [] if "--simulate" in words else ["--root", str(root)]
    done = check(["rocmfix-run", *options, *words], hostile_environment, "--json" in words)
    assert done.stderr or done.stdout


@pytest.mark.parametrize("variable", ["ROCMFIX_PROFILE", "ROCMFIX_ROOT", "ROCMFIX_RETRIES", "ROCMFIX_SIM",
                                      "ROCMFIX_QUIET", "ROCMFIX_COHERENCE", "ROCMFIX_INCIDENT_DIR"])  # fmt: skip
def test_nor_does_a_variable_of_our_own(variable, hostile_environment):
    check(["rocmfix-run", "true"], {**hostile_environment, variable: hostile.LINES}, False)
