# SPDX-License-Identifier: MIT
"""dkms/load-stock: when it loads the stock amdgpu, and when it keeps its hands off.

On a system that is made here: /sys and /proc are files, modprobe and insmod are
scripts that write down how they were called, the modules are real ELF files that
the real modinfo reads. A real kernel that refuses a real module is the business of
tests/vm/check-secure-boot.
"""

import os
import subprocess
from pathlib import Path

import pytest

LOAD_STOCK = Path(__file__).resolve().parents[2] / "dkms/load-stock"
KERNEL = "6.1.0-1-amd64"
DIRECTORY = f"lib/modules/{KERNEL}"
STOCK = f"{DIRECTORY}/kernel/drivers/gpu/drm/amd/amdgpu/amdgpu.ko"
OURS = f"{DIRECTORY}/updates/dkms/amdgpu.ko"
ARCHIVED = f"var/lib/dkms/rocmfix/original_module/{KERNEL}/x86_64/amdgpu.ko"
RECORD = "run/rocmfix/amdgpu-refused"
GPU = "0000:03:00.0"
INFO = 'static const char info[] __attribute__((section(".modinfo"), used)) = "{}";\n'
PROGRAMS = {
    "uname": f"echo {KERNEL}",
    "udevadm": 'echo "udevadm $*" >>$S/calls; [ ! -e $S/udev ] || mkdir -p $S/sys/module/amdgpu',
    "insmod": 'echo "insmod $*" >>$S/calls; [ ! -e $S/no-stock ] || { echo "insmod: ERROR: $(cat $S/no-stock)" >&2; exit 1; }',
    "modprobe": """
        case $* in
        --showconfig) cat $S/etc/modprobe.d/*.conf 2>/dev/null; exit 0 ;;
        esac
        echo "modprobe $*" >>$S/calls
        [ "$*" = amdgpu ] || exit 0
        [ ! -e $S/refusal ] || { echo "modprobe: ERROR: could not insert 'amdgpu': $(cat $S/refusal)" >&2; exit 1; }
    """,
}


class Computer:
    """An unbound AMD display, our amdgpu installed, and a kernel that refuses it."""

    def __init__(self, path):
        self.path = path
        for name, script in PROGRAMS.items():
            self.write(f"bin/{name}", "#!/bin/sh\n" + script).chmod(0o755)
        self.write("proc/cmdline", "root=/dev/sda1 ro quiet\n")
        self.write("refusal", "Key was rejected by service\n")
        self.device(GPU)
        self.module(STOCK, "depends=drm,gpu-sched")
        self.module(OURS, 'version=0.1.0\\0" "rocmfix=series=6.1 patches=6 source=6.1.192-2\\0" "depends=drm')

    def write(self, name, text):
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def device(self, bdf, vendor="0x1002", kind="0x030000", override="(null)"):
        for name, value in (("vendor", vendor), ("class", kind), ("driver_override", override)):
            self.write(f"sys/bus/pci/devices/{bdf}/{name}", value + "\n")

    def module(self, name, info):
        module = self.path / name
        module.parent.mkdir(parents=True, exist_ok=True)
        source = self.write("m.c", INFO.format(info))
        subprocess.run(["gcc", "-c", "-o", module, source], check=True)
        environment = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}
        subprocess.run(["depmod", "-b", self.path, KERNEL], check=True, env=environment, capture_output=True)

    def run(self, **environment):
        environment |= {"PATH": f"{self.path}/bin:{os.environ['PATH']}", "S": str(self.path),
                        "ROCMFIX_SYSTEM_ROOT": str(self.path)}
        done = subprocess.run([LOAD_STOCK], env=environment, capture_output=True, text=True,
                              timeout=60, check=False)
        assert done.stderr == ""
        return done.returncode, done.stdout

    def calls(self):
        file = self.path / "calls"
        return file.read_text().replace(str(self.path), "").splitlines() if file.exists() else []

    def loads(self):
        return [call for call in self.calls() if not call.startswith("udevadm")]

    def assert_hands_off(self):
        status, said = self.run()
        assert status == 0
        assert self.loads() == []
        assert not (self.path / RECORD).exists()
        return said


@pytest.fixture
def computer(tmp_path):
    return Computer(tmp_path)


def test_refused_module_is_replaced_by_the_stock_one_with_what_that_needs(computer):
    status, said = computer.run()
    assert status == 0
    assert computer.loads() == ["modprobe amdgpu", "modprobe -a drm gpu-sched", f"insmod /{STOCK}"]
    assert f"{GPU} has no driver: could not insert 'amdgpu': Key was rejected by service" in said
    assert "the stock amdgpu is loaded instead" in said and "README.Debian" in said
    assert (computer.path / RECORD).read_text() == "could not insert 'amdgpu': Key was rejected by service\n"


def test_lines_have_priorities_in_the_journal(computer):
    _, said = computer.run(JOURNAL_STREAM="8:1234")
    assert [line[:3] for line in said.splitlines()] == ["<3>", "<4>", "<4>"]


def test_stock_module_that_dkms_put_aside_is_found(computer):
    (computer.path / ARCHIVED).parent.mkdir(parents=True)
    (computer.path / STOCK).rename(computer.path / ARCHIVED)
    assert computer.run()[0] == 0
    assert computer.loads()[-1] == f"insmod /{ARCHIVED}"


def test_compressed_stock_module_is_found(computer):
    subprocess.run(["xz", computer.path / STOCK], check=True)
    assert computer.run()[0] == 0
    assert computer.loads()[-1] == f"insmod /{STOCK}.xz"


def test_stock_module_that_needs_no_other_is_loaded_alone(computer):
    computer.module(STOCK, "depends=")
    assert computer.run()[0] == 0
    assert computer.loads() == ["modprobe amdgpu", f"insmod /{STOCK}"]


def test_users_options_are_given_and_ours_are_not(computer):
    computer.write("etc/modprobe.d/own.conf", "options amdgpu noretry=1 rocmfix_mtype=2\n"
                   "options radeon modeset=0\noptions amdgpu rocmfix=0 ppfeaturemask=0xffff\n")
    assert computer.run()[0] == 0
    assert computer.loads()[-1] == f"insmod /{STOCK} noretry=1 ppfeaturemask=0xffff"


def test_nothing_waits_or_is_loaded_where_amdgpu_is_loaded(computer):
    computer.write("sys/module/amdgpu/initstate", "live\n")
    computer.assert_hands_off()
    assert computer.calls() == []


def test_amdgpu_that_udev_loads_meanwhile_is_left_alone(computer):
    computer.write("udev", "")
    computer.assert_hands_off()
    assert computer.calls() == ["udevadm settle --timeout=30 --exit-if-exists=/sys/module/amdgpu"]


@pytest.mark.parametrize("device", [
    {"vendor": "0x10de"},
    {"kind": "0x040300"},  # the card's own sound
    {"override": "vfio-pci"},
])
def test_nothing_is_done_without_a_display_that_wants_amdgpu(computer, device):
    computer.device(GPU, **device)
    computer.assert_hands_off()


def test_display_that_has_a_driver_is_left_alone(computer):
    computer.write("sys/bus/pci/drivers/vfio-pci/bind", "")
    (computer.path / f"sys/bus/pci/devices/{GPU}/driver").symlink_to("../../drivers/vfio-pci")
    computer.assert_hands_off()


def test_second_display_without_a_driver_counts(computer):
    computer.device("0000:00:02.0", vendor="0x8086")
    assert computer.run()[0] == 0
    assert computer.loads()[-1] == f"insmod /{STOCK}"


def test_stock_module_that_is_refused_is_not_our_business(computer):
    (computer.path / OURS).unlink()
    computer.module(STOCK, "depends=drm")
    computer.assert_hands_off()


@pytest.mark.parametrize("words", [
    "nomodeset", "modprobe.blacklist=nouveau,amdgpu", "module_blacklist=amdgpu",
])
def test_kernel_command_line_that_keeps_amdgpu_out_is_respected(computer, words):
    computer.write("proc/cmdline", f"ro {words} quiet\n")
    assert f"disabled by: {words} on the kernel command line" in computer.assert_hands_off()


@pytest.mark.parametrize("line", ["blacklist amdgpu", "install amdgpu /bin/false"])
def test_configuration_that_keeps_amdgpu_out_is_respected(computer, line):
    computer.write("etc/modprobe.d/own.conf", f"blacklist nouveau\n{line}\n")
    assert f"disabled by: {line}" in computer.assert_hands_off()


@pytest.mark.parametrize("words", ["modprobe.blacklist=amdgpu_test", "nomodeset2", "module_blacklist=radeon"])
def test_other_words_keep_nothing_out(computer, words):
    computer.write("proc/cmdline", f"ro {words}\n")
    assert computer.run()[0] == 0
    assert computer.loads()[-1] == f"insmod /{STOCK}"


def test_amdgpu_that_is_only_late_is_loaded_as_it_is(computer):
    (computer.path / "refusal").unlink()
    status, said = computer.run()
    assert status == 0 and "amdgpu is loaded now" in said
    assert computer.loads() == ["modprobe amdgpu"]
    assert not (computer.path / RECORD).exists()


def test_a_missing_stock_module_is_reported_with_the_remedy(computer):
    (computer.path / STOCK).unlink()
    status, said = computer.run()
    assert status == 1
    assert f"type: apt install --reinstall linux-image-{KERNEL}" in said
    assert (computer.path / RECORD).exists()


def test_rocmfix_module_at_the_stock_path_is_not_a_stock_module(computer):
    """Whatever put it there: it would be refused again."""
    (computer.path / STOCK).write_bytes((computer.path / OURS).read_bytes())
    status, said = computer.run()
    assert status == 1 and "there is no stock amdgpu" in said


def test_stock_module_that_is_refused_too_is_reported(computer):
    computer.write("no-stock", "could not insert module: Invalid argument")
    status, said = computer.run()
    assert status == 1
    assert "the stock amdgpu is refused, too: insmod: ERROR: could not insert module" in said
