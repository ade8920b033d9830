# SPDX-License-Identifier: MIT
"""dkms/livepatch-switch: what it says of a system, and when it lets go; that rocmfix(1) says the
same.

On a system that is made here: its /sys is files, modprobe and rmmod are scripts
that write them, and the kernel does its part whenever the script sleeps. The real
ones are the business of tests/vm/check-livepatch.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2]
SWITCH = SOURCE / "dkms/livepatch-switch"
ROCMFIX = Path(os.environ.get("ROCMFIX_BUILD_DIR", SOURCE / "build")) / "bin/rocmfix"
KERNEL = "6.1.0-1-amd64"
STOCK = 'static const char info[] __attribute__((section(".modinfo"), used)) = "{}";\n'
PROGRAMS = {
    "uname": f"echo {KERNEL}",
    "id": "cat $S/uid",
    "dmesg": 'echo "rocmfix_livepatch: module verification failed"',
    "modprobe": """
        echo "modprobe $*" >>$S/calls
        [ ! -e $S/refuse ] || exit 1
        [ ! -e $S/sys/module/rocmfix_livepatch ] || exit 0
        mkdir -p $S/sys/module/rocmfix_livepatch/parameters
        echo 0.1.0 >$S/sys/module/rocmfix_livepatch/version
        cp $S/parameter $S/sys/module/rocmfix_livepatch/parameters/rocmfix
        [ "$(cat $S/parameter)" = 0 ] || [ -e $S/unfit ] || [ ! -e $S/sys/module/amdgpu ] || $S/bin/patch 1 1
    """,
    "rmmod": 'echo "rmmod $*" >>$S/calls; rm -r $S/sys/module/rocmfix_livepatch',
    "patch": """
        mkdir -p $S/sys/kernel/livepatch/rocmfix_livepatch
        echo $1 >$S/sys/kernel/livepatch/rocmfix_livepatch/enabled
        echo $2 >$S/sys/kernel/livepatch/rocmfix_livepatch/transition
    """,
    # the kernel's turn
    "sleep": """
        cd $S/sys/kernel/livepatch/rocmfix_livepatch || exit 0
        case $(cat enabled) in
        0) rm -r $S/sys/kernel/livepatch/rocmfix_livepatch ;;
        *) echo 0 >transition ;;
        esac
    """,
}


class Computer:
    def __init__(self, path):
        self.path = path
        for name, script in PROGRAMS.items():
            self.write(f"bin/{name}", "#!/bin/sh\n" + script).chmod(0o755)
        self.write("uid", "0\n")
        self.write("parameter", "1\n")
        (path / "sys").mkdir()
        amdgpu = self.make_module("kernel/drivers/gpu/drm/amd/amdgpu/amdgpu.ko", "license=GPL")
        notes = subprocess.run(["readelf", "-n", amdgpu], capture_output=True, text=True, check=True)
        self.build_id = notes.stdout.split("Build ID: ")[1].split()[0]

    def write(self, name, text):
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def make_module(self, name, info):
        module = self.path / "lib/modules" / KERNEL / name
        module.parent.mkdir(parents=True, exist_ok=True)
        source = self.write("m.c", STOCK.format(info))
        subprocess.run(["gcc", "-c", "-o", self.path / "m.o", source], check=True)
        subprocess.run(["ld", "-r", "--build-id=sha1", "-o", module, self.path / "m.o"], check=True)
        return module

    def install(self, made_for=None):
        info = f'version=0.1.0\\0" "amdgpu={made_for or self.build_id}'
        self.make_module("updates/dkms/rocmfix_livepatch.ko", info)
        environment = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}
        subprocess.run(["depmod", "-b", self.path, KERNEL], check=True, env=environment, capture_output=True)

    def load_amdgpu(self, build_id=None):
        note = self.write("sys/module/amdgpu/notes/.note.gnu.build-id", "")
        note.write_bytes(b"\4\0\0\0\x14\0\0\0\3\0\0\0GNU\0" + bytes.fromhex(build_id or self.build_id))
        self.write("sys/bus/pci/drivers/amdgpu/0000:03:00.0/vendor", "0x1002\n")

    def load(self, parameter="1", patch=None):
        self.write("sys/module/rocmfix_livepatch/version", "0.1.0\n")
        self.write("sys/module/rocmfix_livepatch/parameters/rocmfix", parameter + "\n")
        if patch:
            directory = "sys/kernel/livepatch/rocmfix_livepatch"
            self.write(f"{directory}/enabled", patch[0] + "\n")
            self.write(f"{directory}/transition", patch[1] + "\n")

    def run(self, *arguments):
        environment = {
            "PATH": f"{self.path}/bin:{os.environ['PATH']}",
            "S": str(self.path),
            "ROCMFIX_SYSTEM_ROOT": str(self.path),
        }
        return subprocess.run(
            [SWITCH, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    def status(self):
        done = self.run("status")
        assert done.stderr == ""
        names = dict(line.split("=", 1) for line in done.stdout.splitlines())
        assert list(names) == ["kernel", "state", "loaded", "installed", "file", "fits", "running", "problem"]
        assert done.returncode == (0 if names["state"] == "on" else 1)
        assert self.state_by_rocmfix() == (names["state"], done.returncode)
        return names

    def state_by_rocmfix(self):
        command = [ROCMFIX, "--root", self.path, "livepatch", "status", "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return json.loads(done.stdout)["livepatch"]["state"], done.returncode

    def calls(self):
        file = self.path / "calls"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def computer(tmp_path):
    return Computer(tmp_path)


def test_status_of_a_system_without_it(computer):
    status = computer.status()
    assert status["kernel"] == KERNEL
    assert status["state"] == "off"
    assert {status[name] for name in ("loaded", "installed", "file", "fits", "running", "problem")} == {""}


def test_status_of_one_where_it_is_on(computer):
    computer.install()
    computer.load_amdgpu()
    computer.load(patch="10")
    status = computer.status()
    assert status["state"] == "on"
    assert status["loaded"] == status["installed"] == "0.1.0"
    assert status["file"].endswith("/updates/dkms/rocmfix_livepatch.ko")
    assert (status["fits"], status["running"], status["problem"]) == ("yes", "yes", "")


@pytest.mark.parametrize(
    "parameter, patch, gpu, state",
    [
        ("1", "11", True, "patching"),
        ("1", "01", True, "unpatching"),
        ("1", None, True, "idle"),
        ("1", None, False, "waiting"),
        ("0", None, True, "disabled"),
    ],
)
def test_states(computer, parameter, patch, gpu, state):
    if gpu:
        computer.load_amdgpu()
    computer.load(parameter, patch)
    assert computer.status()["state"] == state


@pytest.mark.parametrize("patch, held", [("10", True), ("11", True), ("01", True), (None, False)])
def test_rocmfix_says_why_amdgpu_cannot_be_unloaded(computer, patch, held):
    computer.load_amdgpu()
    computer.load(patch=patch)
    command = [ROCMFIX, "--root", computer.path, "livepatch", "status"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ("`modprobe -r amdgpu` is refused while the livepatch is on" in done.stdout) == held


def test_status_of_one_that_is_for_another_amdgpu(computer):
    computer.install(made_for="00" * 20)
    status = computer.status()
    assert (status["fits"], status["running"]) == ("no", "none")
    assert "was made for another amdgpu.ko" in status["problem"]


def test_status_after_an_update_without_a_reboot(computer):
    computer.install()
    computer.load_amdgpu("11" * 20)
    status = computer.status()
    assert (status["fits"], status["running"]) == ("yes", "no")
    assert "differs from the one on disk" in status["problem"]


def test_on_and_off(computer):
    computer.install()
    computer.load_amdgpu()
    done = computer.run("on")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert computer.status()["state"] == "on"
    done = computer.run("off")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert computer.status()["state"] == "off"
    assert computer.calls() == ["modprobe rocmfix_livepatch", "rmmod rocmfix_livepatch"]


def test_on_before_amdgpu(computer):
    computer.install()
    assert computer.run("on").returncode == 0
    assert computer.status()["state"] == "waiting"


def test_on_while_it_is_going_off(computer):
    computer.install()
    computer.load_amdgpu()
    computer.load(patch="01")
    assert computer.run("on").returncode == 0
    assert computer.status()["state"] == "on"


def test_on_after_it_was_disabled_by_hand(computer):
    computer.install()
    computer.load_amdgpu()
    computer.load()
    assert computer.run("on").returncode == 0
    assert computer.calls() == ["rmmod rocmfix_livepatch", "modprobe rocmfix_livepatch"]
    assert computer.status()["state"] == "on"


def test_off_when_it_is_off(computer):
    assert computer.run("off").returncode == 0
    assert computer.calls() == []


def refuses(computer, what, hint, calls=()):
    done = computer.run("on")
    assert done.returncode == 1
    error, said = done.stderr.splitlines()
    assert error.startswith("error: ") and what in error
    assert said.startswith("hint: ") and hint in said
    assert computer.calls() == list(calls)


def test_on_without_a_module(computer):
    refuses(computer, f"is installed for kernel {KERNEL}", "dpkg-reconfigure rocmfix-livepatch-dkms")


def test_on_with_one_for_another_file(computer):
    computer.install(made_for="00" * 20)
    refuses(computer, "was made for another amdgpu.ko", "dpkg-reconfigure rocmfix-livepatch-dkms")


def test_on_with_one_for_another_amdgpu_than_runs(computer):
    computer.install()
    computer.load_amdgpu("11" * 20)
    refuses(computer, "differs from the one on disk", "reboot")


def test_on_where_the_kernel_refuses(computer):
    computer.install()
    computer.load_amdgpu()
    computer.write("refuse", "")
    refuses(computer, "module verification failed", "dmesg", ["modprobe rocmfix_livepatch"])


def test_on_where_the_command_line_says_no(computer):
    computer.install()
    computer.load_amdgpu()
    computer.write("parameter", "0\n")
    refuses(computer, "off by its parameter", "command line", ["modprobe rocmfix_livepatch"])


def test_on_where_it_does_not_fit_after_all(computer):
    computer.install()
    computer.load_amdgpu()
    computer.write("unfit", "")
    refuses(computer, "amdgpu is unchanged", "dmesg", ["modprobe rocmfix_livepatch"])


@pytest.mark.parametrize("verb", ["on", "off"])
def test_only_root(computer, verb):
    computer.write("uid", "1000\n")
    done = computer.run(verb)
    assert done.returncode == 1
    assert done.stderr.endswith(f"hint: type: sudo rocmfix livepatch {verb}\n")
    assert computer.calls() == []


@pytest.mark.parametrize("arguments", [[], ["of"], ["on", "off"]])
def test_usage(computer, arguments):
    done = computer.run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: ")
