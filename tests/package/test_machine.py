# SPDX-License-Identifier: MIT
"""How a machine of the package tests is asked, with programs that print what they are given instead of the
chroot: what the answers mean is all that is tested here."""

import os
import shutil
import subprocess

import pytest

import kernels_path  # noqa: F401
import amdgpu
import chroot
import machine as machines
import otherkernel
from chroot import Bind
from commands import Failure
from expect import Done, Unexpected
from machine import Machine, required

KERNEL = "6.1.0-56-amd64"
MODULES = f"lib/modules/{KERNEL}"
STATUS = """\
rocmfix/7.0.2, 6.1.0-56-amd64, x86_64: installed (Original modules exist)

rocmfix/7.0.1, 6.1.0-1-amd64, x86_64: built
"""


class Stubbed(Machine):
    """Its commands are found in `programs` of its root."""

    def program(self, name, text):
        file = self.root / "programs" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)

    def write(self, name, content=b""):
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return file


@pytest.fixture(name="machine")
def fixture_machine(tmp_path, monkeypatch):
    root = tmp_path / "root"
    (root / "srv").mkdir(parents=True)
    monkeypatch.setattr(chroot, "enter", lambda root, command, binds=(): [
        "env", f"PATH={root}/programs:{os.environ['PATH']}", f"BINDS={len(binds)}", *command])
    return Stubbed(root, KERNEL)


# --- what runs

def test_a_step_is_remembered_for_the_check_after_it_and_a_question_is_not(machine):
    done = machine.do("sh", "-c", "echo out; echo err >&2; exit 3")
    assert done == Done(3, "out\nerr\n")
    assert machine.last_output() == "out\nerr\n"
    assert machine.run("sh", "-c", "echo err >&2") == Done(0, "err\n")
    assert machine.ask("sh", "-c", "echo a; echo; echo err >&2; exit 1") == "a"
    assert machine.last == done


def test_the_initramfs_is_updated_as_on_a_users_machine(machine):
    assert machine.argv("true")[-4:] == ["env", "-u", "INITRD", "true"]


def test_a_step_can_be_started_by_another_program(machine):
    assert machine.do("sh", "-c", "echo $STARTER", under=["env", "STARTER=strace"]) == Done(0, "strace\n")


def test_a_step_that_has_to_succeed_says_why_it_has_not(machine):
    assert required(Done(0, "x")) == Done(0, "x")
    with pytest.raises(Failure, match="exit status 4(.|\n)*why"):
        required(machine.do("sh", "-c", "echo why; exit 4"))


def test_files_are_put_over_its_own_only_meanwhile(machine):
    with machine.bound(Bind("/a", "/proc/keys")):
        assert machine.ask("sh", "-c", "echo $BINDS") == "1"
    assert machine.ask("sh", "-c", "echo $BINDS") == "0"


def test_packages_are_installed_by_their_names_in_it(machine, tmp_path):
    machine.program("dpkg", 'echo "$@"')
    for name in ("a_1_all.deb", "b_1_all.deb"):
        (tmp_path / name).touch()
    done = machine.dpkg_install(tmp_path / "a_1_all.deb", tmp_path / "b_1_all.deb")
    assert done.text == "-i /srv/files/a_1_all.deb /srv/files/b_1_all.deb\n"
    assert machine.found("srv/files/*") == ["srv/files/a_1_all.deb", "srv/files/b_1_all.deb"]


@pytest.mark.skipif(shutil.which("apt-ftparchive") is None, reason="no apt-utils here")
def test_the_repository_lists_the_packages_that_are_in_it(machine, tmp_path):
    from standin import make_package  # needs dpkg
    machine.program("apt-get", "exit 0")
    (machine.root / "etc/apt/sources.list.d").mkdir(parents=True)
    for name in ("one", "two"):
        machine.add_repository([make_package(tmp_path, name, "1")])
    listed = (machine.root / "srv/rocmfix/Packages").read_text()
    assert [line for line in listed.splitlines() if line.startswith("Package: ")] == ["Package: one", "Package: two"]


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts need root")
def test_it_is_removed_with_what_is_mounted_in_it_but_not_what_that_holds(tmp_path):
    script = ("mkdir -p $1/work/deep $1/kept; echo x >$1/kept/file; mount --bind $1/kept $1/work/deep; "
              "exec /usr/bin/python3 -B -c 'import sys; sys.path.insert(0, sys.argv[2]); import kernels_path, machine; "
              "from pathlib import Path; machine.remove(Path(sys.argv[1]))' $1/work $2")
    subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-euc", script, "sh", tmp_path,
                    os.path.dirname(machines.__file__)], check=True)
    assert not (tmp_path / "work").exists()
    assert (tmp_path / "kept/file").read_text() == "x\n"


# --- what texts say

def test_the_versions_in_dkms_status_without_its_remarks():
    assert amdgpu.installed_versions(STATUS) == (
        "rocmfix/7.0.2, 6.1.0-56-amd64, x86_64: installed\nrocmfix/7.0.1, 6.1.0-1-amd64, x86_64: built")
    assert amdgpu.installed_versions("") == ""


@pytest.mark.parametrize(("listing", "want"), [
    ("usr/lib/modules/6.1/updates/dkms/amdgpu.ko.xz\nusr/lib/firmware/amdgpu/x.bin\n", ["lib/modules/6.1/updates/dkms"]),
    ("lib/modules/6.1/kernel/amd/amdgpu/amdgpu.ko", ["lib/modules/6.1/kernel/amd/amdgpu"]),
    ("lib/modules/6.1/a/amdgpu.ko\nlib/modules/6.1/b/amdgpu.ko\n", ["lib/modules/6.1/a", "lib/modules/6.1/b"]),
    ("lib/modules/6.1/a/notamdgpu.ko\nlib/modules/6.1/a/amdgpu.ko.xz.old", []),
    ("", []),
])
def test_where_an_initramfs_has_amdgpu(listing, want):
    assert amdgpu.directories_in(listing) == want


def test_a_value_of_a_record():
    text = "state=failed\nreason=a = b\nstates=x\n"
    assert amdgpu.value_in(text, "state") == "failed"
    assert amdgpu.value_in(text, "reason") == "a = b"
    assert amdgpu.value_in(text, "hint") == ""


def test_the_kernels_that_were_built_and_not_those_that_were_only_named():
    log = ("rocmfix: kernel 7.3+x: building amdgpu from Linux 7\nrocmfix: kernel 6.1: its build failed before\n"
           "rocmfix: kernel 6.1: amdgpu 1 is built and installed\nrocmfix: kernel 6.12: building amdgpu from Linux 6\n")
    assert amdgpu.built_kernels(log) == ["6.12", "7.3+x"]
    assert amdgpu.built_kernels("") == []


HINTS = """\
rocmfix: kernel 6.1.0-1-amd64: skipped
  hint: type: apt install linux-headers-6.1.0-1-amd64
rocmfix: kernel 6.1.0-56-amd64: skipped
  needs linux-source-6.1
  hint: type: apt install linux-source-6.1=6.1.9-1 xz-utils
  hint: type: apt install other
"""


def test_the_words_of_a_hint_are_those_about_the_kernel():
    assert amdgpu.words_of_hint(HINTS, KERNEL) == ["linux-source-6.1=6.1.9-1", "xz-utils"]
    assert amdgpu.words_of_hint(HINTS, "6.99") == []
    # The next kernel's hint is not this one's.
    assert amdgpu.words_of_hint(f"kernel {KERNEL}: skipped\nhint: read the log\n"
                                "kernel 6.99: skipped\nhint: type: apt install other\n", KERNEL) == []
    assert amdgpu.words_of_hint(f"kernel {KERNEL}: amdgpu 1 is built and installed\n", KERNEL) == []


# --- what is there

def test_the_source_that_is_in_force(machine):
    machine.program("modinfo", "echo series=6.1 patches=6 source=6.1.9-1 fixes=none")
    assert amdgpu.source_in_force(machine, KERNEL) == "6.1.9-1"
    machine.program("modinfo", "echo ERROR >&2; exit 1")
    assert amdgpu.source_in_force(machine, KERNEL) == ""


@pytest.mark.parametrize(("program", "line"), [("lsinitramfs", "usr/lib/modules/x/amdgpu.ko"),
                                               ("lsinitrd", "-rw-r--r-- 1 root root 9 usr/lib/modules/x/amdgpu.ko")])
def test_the_files_of_an_initramfs_by_the_program_of_its_maker(machine, program, line):
    machine.program(program, f'test "$1" = /boot/initrd.img-{KERNEL} && echo "{line}"')
    if program == "lsinitrd":
        machine.write("usr/bin/lsinitrd")
    assert amdgpu.initramfs_files(machine) == "usr/lib/modules/x/amdgpu.ko"


def test_records_that_are_not_there_have_no_value(machine):
    machine.write(f"var/lib/rocmfix/builds/{KERNEL}", b"state=done\n")
    assert amdgpu.record(machine, KERNEL, "state") == "done"
    assert amdgpu.record(machine, "6.99", "state") == ""


def test_versions_that_dkms_keeps(machine):
    for name in ("7.0.1/source", "7.0.2/source", "original_module/x", "kernel-6.1"):
        machine.write(f"var/lib/dkms/rocmfix/{name}")
    assert amdgpu.kept_versions(machine) == ["7.0.1", "7.0.2"]


# --- what is expected

STOCK_FILE = f"/{MODULES}/{amdgpu.STOCK}/amdgpu.ko"


@pytest.mark.parametrize(("version", "file", "status", "holds"), [
    ("", STOCK_FILE, 0, True), ("0.1.0", STOCK_FILE, 0, False), ("", f"/{MODULES}/updates/dkms/amdgpu.ko", 0, False),
    ("", STOCK_FILE, 1, False)])
def test_the_stock_amdgpu(machine, version, file, status, holds):
    machine.program("modinfo", f'[ "$4" = filename ] && echo {file} || echo {version}; exit {status}')
    judge(holds, amdgpu.is_stock, machine)


def judge(holds, expectation, *given):
    if holds:
        expectation(*given)
    else:
        with pytest.raises(Unexpected):
            expectation(*given)


def test_the_stock_module_is_kept_only_if_it_is_more_than_a_stub(machine):
    judge(False, amdgpu.keeps_stock, machine)
    machine.write(f"{MODULES}/{amdgpu.STOCK}/amdgpu.ko", b"x")
    judge(False, amdgpu.keeps_stock, machine)
    machine.write("var/lib/dkms/rocmfix/original_module/6.1/amdgpu.ko.xz", bytes(2 << 20))
    judge(True, amdgpu.keeps_stock, machine)


@pytest.mark.parametrize("name", ["usr/src/rocmfix-0.1.0/x", f"{MODULES}/updates/dkms/other.ko", "etc/RocmFix.conf",
                                  "var/lib/rocmfix/pending", "usr/lib/systemd/system/rocmfix-build.service"])
def test_what_a_purge_leaves_is_found(machine, name):
    machine.write("etc/hostname")
    machine.write("var/lib/apt/lists/_srv_rocmfix_Packages")
    machine.write("etc/apt/sources.list.d/rocmfix.list")
    judge(True, amdgpu.nothing_left, machine)
    machine.write(name)
    judge(False, amdgpu.nothing_left, machine)


def test_links_are_not_followed_by_the_search(machine, tmp_path):
    (tmp_path / "outside/rocmfix").mkdir(parents=True)
    machine.write("usr/src/x")
    (machine.root / "usr/src/build").symlink_to(tmp_path / "outside")
    judge(True, amdgpu.nothing_left, machine)


def test_a_unit_is_enabled_if_its_link_leads_to_a_file_of_the_machine(machine):
    judge(False, amdgpu.is_enabled, machine, "one.service")
    link = machine.root / "etc/systemd/system/multi-user.target.wants/one.service"
    link.parent.mkdir(parents=True)
    link.symlink_to("/usr/lib/systemd/system/one.service")
    judge(False, amdgpu.is_enabled, machine, "one.service")
    machine.write("usr/lib/systemd/system/one.service")
    judge(True, amdgpu.is_enabled, machine, "one.service")


@pytest.mark.parametrize(("broken", "holds"), [("", True), ("dpkg", False), ("dpkg-reconfigure", False), ("apt-get", False)])
def test_apt_is_blocked_if_any_of_it_fails(machine, broken, holds):
    for name in ("dpkg", "dpkg-reconfigure", "apt-get"):
        machine.program(name, "echo half-configured; exit 1" if name == broken else "exit 0")
    judge(holds, amdgpu.apt_works, machine)


# --- more kernels

def test_another_kernel_has_files_of_the_real_one_and_headers_of_its_own_version(machine):
    machine.write(f"{MODULES}/{amdgpu.STOCK}/amdgpu.ko", b"module")
    for name in ("modules.order", "modules.builtin", "modules.builtin.bin", "modules.dep"):
        machine.write(f"{MODULES}/{name}")
    header = f"usr/src/linux-headers-{KERNEL}/include/generated/package.h"
    machine.write(header, b'#define LINUX_PACKAGE_ID " Debian 6.1.9-1"\n')
    otherkernel.add(machine, "6.1.0-1-amd64", "6.1.1-1")
    folder = machine.root / "lib/modules/6.1.0-1-amd64"
    assert sorted(os.listdir(folder)) == ["build", "kernel", "modules.builtin", "modules.builtin.bin", "modules.order"]
    assert (folder / amdgpu.STOCK / "amdgpu.ko").read_bytes() == b"module"
    assert os.readlink(folder / "build") == "/usr/src/linux-headers-6.1.0-1-amd64"
    other = machine.root / header.replace(KERNEL, "6.1.0-1-amd64")
    assert other.read_text() == '#define LINUX_PACKAGE_ID " Debian 6.1.1-1"\n'
    assert "6.1.9-1" in (machine.root / header).read_text()
    otherkernel.remove(machine, "6.1.0-1-amd64")
    assert machine.found("lib/modules/*", "usr/src/*") == [MODULES, f"usr/src/linux-headers-{KERNEL}"]
