# SPDX-License-Identifier: MIT
"""scripts/demo does what it shows, and says when it does not; its recording is of no one machine."""

import ctypes.util
import importlib.machinery
import importlib.util
import os
import re
import shutil
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from checkout import SOURCE

BUILD = Path(os.environ.get("ROCMFIX_BUILD_DIR", SOURCE / "build"))
STEPS, SHORT_STEPS = 17, 9


def run_demo(tmp_path, *words, **variables):
    done = subprocess.run([SOURCE / "scripts/demo", *words], env={**os.environ, "TMPDIR": str(tmp_path), **variables},
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, check=False)  # fmt: skip
    assert list(tmp_path.glob("rocmfix-demo.*")) == [], "the scratch directory is left"
    return done.returncode, done.stdout


needs_hip = pytest.mark.skipif(ctypes.util.find_library("amdhip64") is None or not shutil.which("g++"),
                               reason="there is no HIP runtime")  # fmt: skip


@needs_hip
def test_the_whole_demo(tmp_path):
    status, said = run_demo(tmp_path)
    assert status == 0, said
    assert said.endswith(f"{STEPS} steps, 0 failed\n")
    # In this order, each once: what the demo is for.
    story = ["libtorch_hip.so has no code for gfx1010.", "proposed 1: useful", "options amdgpu noretry=1",
             "# Checked: the machine is as it was", "epoch 4/5 begins", "Memory access fault by GPU",
             "where: 0 bytes after the end of a block of 131072 bytes from hipHostMalloc", "attempt 2 of at most 4",
             "run1: continuing after 3 of 5 epochs", "epoch 5/5  loss", "accuracy 0.9",
             "ended with status 0, after 1 fault", '"kind": "gpu_memory_fault"', "# Checked: all five epochs",
             "hipHostMalloc(0)         USERPTR COHERENT UC/UC     USERPTR          NC/NC",
             "=== 6. ", "Memory access fault by GPU", "stock faults less often than stock+ROCMFIX_SIM_SCENARIO=model.",
             "The card was simulated: of a real one this says nothing."]  # fmt: skip
    at = -1
    for part in story:
        assert said.find(part, at + 1) > at, f"{part!r} is not there, or too early:\n{said}"
        at = said.find(part, at + 1)
    # A screen a chapter, more or less: nobody reads on.
    chapters = re.split(r"^=== ", said, flags=re.M)[1:]
    assert len(chapters) == 7 and max(len(chapter.splitlines()) for chapter in chapters) < 80


def test_a_demo_whose_training_does_not_run_has_failed(tmp_path):
    build = tmp_path / "build"
    (build / "bin").mkdir(parents=True)
    (build / "bin/rocmfix").symlink_to(BUILD / "bin/rocmfix")
    (build / "roots").symlink_to(BUILD / "roots")
    launcher = build / "bin/rocmfix-run"
    launcher.write_text("#!/bin/sh\necho no such card >&2\nexit 125\n")
    launcher.chmod(0o755)
    status, said = run_demo(tmp_path, "--short", ROCMFIX_BUILD_DIR=str(build))
    assert status == 1
    assert "no such card\nFAILED: exit status 1, not 0" in said
    assert said.endswith(f"\n{SHORT_STEPS} steps, 3 failed\n")


def test_a_fault_is_asked_for_once_behind_the_memory_that_the_line_names(tmp_path):
    asked = []

    def serve(listener):
        client, _ = listener.accept()
        asked.append(client.recv(4096))
        client.sendall(b'{"ok":true}\n')

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "gpu"))
        listener.listen()
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        lines = "epoch 1/5 begins, pinned at 0x1000, 4096 bytes\n" + 2 * "epoch 2/5 begins, pinned at 0x2000, 4096 bytes\n"
        done = subprocess.run([SOURCE / "scripts/demo-fault", tmp_path / "gpu", "epoch 2/5 begins"], input=lines,
                              text=True, capture_output=True, timeout=60, check=False)  # fmt: skip
        thread.join()
    assert (done.returncode, done.stdout) == (0, lines)
    assert asked == [b'{"fault": "memory", "address": "0x3000"}\n']


def test_a_training_that_never_gets_there_is_a_failure():
    done = subprocess.run([SOURCE / "scripts/demo-fault", "/nonexistent", "epoch 2/5"], input="epoch 1/5\n", text=True,
                          capture_output=True, timeout=60, check=False)  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "epoch 1/5\n")


def recorder():
    loader = importlib.machinery.SourceFileLoader("record_demo", str(SOURCE / "scripts/record-demo"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("record_demo", loader))
    loader.exec_module(module)
    return module


def test_a_recording_has_nothing_of_one_run():
    first = ("Wrote /home/anna/tmp/rocmfix-demo.Ab1x/machine/etc\n(Agent handle: 0x113bed70) at 0x7ff630f20000\n"
             "incidents/1795806646-34-d45b8.json\nepoch 1/5  loss 0.5991  1.5 s\nfault after 6.31 s\n")  # fmt: skip
    second = ("Wrote /tmp/rocmfix-demo.99999/machine/etc\n(Agent handle: 0x2e9c0) at 0x7f1230a20000\n"
              "incidents/1895806646-35-a45b8.json\nepoch 1/5  loss 0.5991  22.0 s\nfault after 8 s\n")  # fmt: skip
    anonymous = recorder().anonymous
    assert anonymous(first) == anonymous(second)
    assert "/tmp/demo/machine/etc" in anonymous(first) and "loss 0.5991" in anonymous(first)


def test_the_recording_is_small_and_shows_the_demo_as_it_is_now():
    text = (SOURCE / "docs/demo.svg").read_text()
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text).replace("\xa0", " "))
    assert len(text) < 200_000
    # The chapters from the HIP interposer's on are not recorded, nor what only a machine with a Radeon shows.
    recorded = (SOURCE / "scripts/demo").read_text().partition("\nlayer() {")[0]
    for title in re.findall(r'^  (?:chapter|step \d) "([^"]*)"', recorded, re.M):
        if not title.startswith(("The Radeon", "what is there")):
            assert title.replace("'", "&#39;") in shown or title in shown, f"make recording: {title!r} is not in it"
    assert f"{SHORT_STEPS} steps, 0 failed" in shown
    assert not re.search(r"/home/|/root|/work", shown)
    assert not re.search(r'<script|<image|@import|url\(|href="(?!#)', text), "it loads something"


NINJA = """#!/bin/bash
for n in {1..40}; do echo "$n of 40: Building $n.o"; done
echo "a.cpp:1: error: no such thing"
exit %s
"""


@pytest.mark.parametrize("status", [0, 1])
def test_a_build_says_how_far_it_is_and_what_the_compiler_said(checkout, status):
    checkout.take("scripts/ninja-progress")
    checkout.write("bin/ninja", NINJA % status, 0o755)
    (checkout.top / "build").mkdir()
    got, said = checkout.run("scripts/ninja-progress", "build", "all")
    assert got == status
    assert said.splitlines() == [f"  {n} of 40 steps" for n in range(4, 41, 4)] + ["a.cpp:1: error: no such thing"]


APT = """#!/bin/bash
[[ $* != *update* ]] || exit 0
printf '%s\\n' 'dlstatus:1:0:Retrieving file 1 of 2' >&3
echo "Get:1 http://deb.debian.org/debian"
printf '%s\\n' 'dlstatus:2:50.5:Retrieving file 2 of 2' 'pmstatus:libx:amd64:60.1:Unpacking libx:amd64' >&3
echo "E: the disk is full"
exit STATUS
"""


@pytest.mark.parametrize("status", [0, 100])
def test_setup_names_what_apt_does_and_shows_its_errors(checkout, status):
    checkout.take("scripts/setup")
    checkout.write("bin/apt-get", APT.replace("STATUS", str(status)), 0o755)
    checkout.write("bin/dpkg-query", "#!/bin/sh\n", 0o755)
    checkout.write("bin/id", "#!/bin/sh\necho 0\n", 0o755)
    got, said = checkout.run("scripts/setup", "suite")
    assert got == (1 if status else 0)
    lines = ["Installing 1 Debian packages: mmdebstrap", "  reading Debian's lists of packages", "  downloading",
             "  unpacking and configuring"]  # fmt: skip
    if status:
        lines += ["Get:1 http://deb.debian.org/debian", "E: the disk is full",
                  "error: apt could not install them (see its output above)"]  # fmt: skip
    assert said.splitlines() == lines
