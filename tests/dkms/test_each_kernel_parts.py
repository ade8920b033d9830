# SPDX-License-Identifier: MIT
"""The parts of each-kernel, one by one, in a private tree without a kernel to build for. All of it
with real builds, dpkg and initramfs is the business of tests/package/chroot-install."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from parts import TOP, VERSION, Installed

ROCMFIX = Path(os.environ.get("ROCMFIX_BUILD_DIR", TOP / "build")) / "bin/rocmfix"
ROOTS = Path(os.environ.get("ROCMFIX_TEST_ROOTS", TOP / "build/roots"))
KERNEL = "6.1.0-56-amd64"
RUNNING = 'write_record 6.1.0-56-amd64 running 6.1.192-2'


@pytest.fixture(name="installed")
def fixture_installed(tmp_path):
    return Installed(tmp_path)


# messages.bash

def test_problem_is_what_is_marked_as_one(installed):
    code = r"""text=$'gcc: fatal\nerror: it does not compile\nhint: report it\nmake: *** Error 2'
        problem_lines "$text"; problem_line error "$text"; problem_line hint "$text" """
    assert installed.run(code) == "error: it does not compile\nhint: report it\nit does not compile\nreport it\n"


def test_program_that_marks_nothing_is_quoted_with_the_way_to_try_again(installed):
    code = r"problem_lines $'1\n2\ndkms: 3\n4'"
    assert installed.run(code) == ("error: 2 dkms: 3 4\n"
                                   "hint: to try again, type: dpkg-reconfigure rocmfix-dkms\n")


@pytest.mark.parametrize("module, stays", [
    ("version) echo 7.0.0 ;; rocmfix) echo series=6.1 patches=5 source=6.1.190-1 fixes=none", "amdgpu 7.0.0, built from Linux 6.1.190-1"),
    ("none) ", "the stock amdgpu"),
])
def test_trouble_names_what_stays_in_force(installed, module, stays):
    installed.program("modinfo", f"case $4 in {module} ;; esac")
    said = installed.run(r"say_problem 6.1 skipped $'error: no source\nhint: type: apt install it'")
    assert said == (f"rocmfix: kernel 6.1: skipped; it keeps {stays}\n"
                    "rocmfix:   error: no source\nrocmfix:   hint: type: apt install it\n")


def test_background_is_reported_once_to_somebody_who_reads_it(installed):
    assert installed.run("in_service=yes; say built") == "rocmfix: built\n"
    assert installed.run("report") == "", "nobody reads this"
    waiting = "someone_waits() { true; }; report"
    assert installed.run(waiting) == "rocmfix: from the build in the background:\nrocmfix: built\n"
    assert installed.run(waiting) == ""


# kernels.bash

def test_kernels_come_in_their_order_and_headers_alone_are_none(installed):
    for release in ("6.12.1-amd64", "6.1.0-9-amd64", "6.1.0-56-amd64"):
        installed.kernel(release)
    (installed.modules / "6.1.0-99-amd64/build").mkdir(parents=True)
    assert installed.run('for each in $(list_kernels); do is_kernel "$each" && echo "$each"; done; true') == (
        "6.1.0-9-amd64\n6.1.0-56-amd64\n6.12.1-amd64\n")


@pytest.mark.parametrize("program, command", [
    ("update-initramfs", "-u -k 6.1"),
    ("dracut", "--quiet --force {boot}/initrd.img-6.1 6.1"),
])
def test_initramfs_is_made_by_the_program_that_is_there(installed, program, command):
    boot = installed.tmp / "boot"
    installed.environment["PATH"] = f"{installed.tmp}/bin:{installed.tmp}/tools"
    (installed.tmp / "tools").mkdir()
    for tool in ("bash", "dirname", "realpath", "cat", "awk"):
        (installed.tmp / "tools" / tool).symlink_to(f"/usr/bin/{tool}")
    update = "PATH=${PATH%:/usr/sbin:/sbin}; update_initramfs 6.1"
    assert installed.run(update) == "", "there is none"
    (boot / "initrd.img-6.1").touch()
    assert "neither update-initramfs nor dracut is installed" in installed.run(update)
    installed.program(program, f'echo "$*" >>{installed.tmp}/calls; echo "I: done"; [ ! -e {installed.tmp}/full ]')
    assert installed.run(update) == ""
    (installed.tmp / "full").touch()
    command = command.format(boot=boot)
    assert installed.run(update) == (
        f"rocmfix: kernel 6.1: its initramfs could not be updated; type: {program} {command}\n")
    assert (installed.tmp / "calls").read_text() == f"{command}\n" * 2


@pytest.mark.parametrize("lister", ["lsinitramfs", "lsinitrd"])
@pytest.mark.parametrize("listed, made", [
    ("usr/lib/modules/6.1/kernel/drivers/gpu/drm/amd/amdgpu/amdgpu.ko.xz\nusr/bin/sh", True),
    ("lib/modules/6.1/updates/dkms/rocmfix_livepatch.ko", True),
    ("usr/bin/sh\nlib/modules/6.1/kernel/drivers/gpu/drm/i915/i915.ko", False),
    ("", True),  # it could not be read
])
def test_initramfs_without_the_driver_is_left_alone(installed, lister, listed, made):
    (installed.tmp / "boot/initrd.img-6.1").touch()
    installed.environment["PATH"] = f"{installed.tmp}/bin:{installed.tmp}/tools"
    (installed.tmp / "tools").mkdir()
    for tool in ("bash", "dirname", "realpath", "cat", "awk"):
        (installed.tmp / "tools" / tool).symlink_to(f"/usr/bin/{tool}")
    installed.program(lister, f'[ "$*" = {installed.tmp}/boot/initrd.img-6.1 ] && printf "{listed}"\n')
    installed.program("update-initramfs", f'echo "$*" >>{installed.tmp}/calls\n')
    assert installed.run("PATH=${PATH%:/usr/sbin:/sbin}; update_initramfs 6.1") == ""
    assert (installed.tmp / "calls").exists() == made


# records.bash

def states_written():
    """Every state that some part writes."""
    calls = [line.split("write_record ")[1].split()[1].strip('"')
             for path in (TOP / "dkms/each-kernel").glob("*.bash")
             for line in path.read_text(encoding="utf-8").splitlines() if "write_record \"$" in line]
    return sorted(set(calls))


def verify_build(state_directory):
    """What `rocmfix verify` says of a machine with these records."""
    root = state_directory.parent / "machine"
    subprocess.run(["cp", "-a", ROOTS / "rx5600xt", root], check=True)
    records = root / "var/lib/rocmfix"
    records.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-aT", state_directory, records], check=True)
    done = subprocess.run([ROCMFIX, "--root", root, "verify", "--json"], capture_output=True, text=True, check=False)
    return next(check for check in json.loads(done.stdout)["checks"] if check["id"] == "module.build")


def test_every_state_of_a_record_is_known():
    assert states_written() == ["done", "failed", "running", "skipped"]


@pytest.mark.parametrize("state, ok, words", [
    ("done", True, "was built on"), ("failed", False, "failed on"), ("skipped", False, "was not built on"),
    ("running", None, "is being built since"),
])
def test_rocmfix_verify_reads_the_record_that_a_build_writes(installed, state, ok, words):
    """Written by the real records.bash, read by the real command."""
    assert state in states_written()
    installed.run(f"write_record {KERNEL} {state} 6.1.192-2 $'too\\tlittle room' 'make some'")
    check = verify_build(installed.state)
    assert check["ok"] is ok
    assert f"rocmfix {VERSION} from Linux 6.1.192-2 {words}" in check["detail"]
    if ok is False:
        assert check["detail"].endswith(": too little room") and check["hint"] == "make some"


def test_hint_of_a_record_without_one_names_the_package_that_wrote_it(tmp_path):
    livepatch = Installed(tmp_path, "rocmfix-livepatch")
    livepatch.run(f"write_record {KERNEL} failed 6.1.192-2 'no room'")
    assert verify_build(livepatch.state)["hint"] == "sudo dpkg-reconfigure rocmfix-livepatch-dkms"


def test_record_keeps_the_start_of_the_build_that_it_ends(installed):
    installed.run(RUNNING)
    record = installed.state / "builds" / KERNEL
    record.write_text(record.read_text().replace("started=", "started=1700000000\nwas="))
    assert installed.run(f"was_interrupted {KERNEL} && echo yes") == "yes\n"
    installed.run(f"write_record {KERNEL} failed 6.1.192-2")
    assert "started=1700000000\n" in record.read_text()
    assert record.stat().st_mode & 0o777 == 0o644
    assert [path.name for path in installed.state.iterdir()] == ["builds"]


@pytest.mark.parametrize("change", ["", "version=7.0.2", "package=rocmfix-livepatch", "set -- 6.1.193-1",
                                    "compiler_of() { echo 'gcc 99'; }"])
def test_build_that_failed_is_repeated_once_something_changed(installed, change):
    installed.run("write_record 6.1 failed 6.1.192-2 'it does not compile'")
    repeated = installed.run(f'set -- 6.1.192-2\n{change}\nfailed_before 6.1 "$1" && echo no || echo yes')
    assert repeated == ("yes\n" if change else "no\n")


def test_records_and_sources_of_lost_kernels_go(installed):
    installed.kernel("6.1")
    installed.run("mkdir -p $cache/6.1 $cache/6.0; write_record 6.1 'done' 1; write_record 6.0 'done' 1; "
                  "touch $state/.record.abcdef; forget_lost_kernels")
    left = sorted(str(path.relative_to(installed.tmp)) for directory in (installed.state, installed.tmp / "cache")
                  for path in directory.rglob("*"))
    assert left == ["cache/6.1", "state/builds", "state/builds/6.1"]


# dkms-tree.bash, replace.bash, versions.bash

@pytest.fixture(name="built")
def fixture_built(installed):
    """A finished build of this version for 6.1, as dkms lays it out."""
    build(installed, VERSION, "6.1")
    installed.program("modinfo", '[ "${*: -1}" != broken ] && [ -s "${*: -1}" ] && cat "${*: -1}"')
    return installed


def build(installed, version, kernel):
    module = installed.dkms_tree / "rocmfix" / version / kernel / "x86_64/module/amdgpu.ko"
    module.parent.mkdir(parents=True)
    module.write_text(f"{version}\n")
    return module


def test_build_that_was_cut_off_is_none(built):
    assert built.run("has_build 6.1 && echo yes") == "yes\n"
    next(built.dkms_tree.rglob("amdgpu.ko")).write_text("")
    assert built.run("has_build 6.1 || echo no") == "no\n"


def test_build_is_kept_aside_until_the_next_one_is_there(built):
    built.run("set_build_aside 6.1")
    assert (built.state / "aside/6.1/x86_64/module/amdgpu.ko").exists()
    build(built, VERSION, "6.1").write_text("")
    built.run("put_build_back 6.1")
    assert built.run("has_build 6.1 && echo yes") == "yes\n"
    assert not (built.state / "aside").exists()
    built.run("set_build_aside 6.1; drop_build_aside 6.1; put_build_back 6.1")
    assert built.run("has_build 6.1 || echo no") == "no\n"
    assert not (built.state / "aside").exists()


def test_build_that_was_cut_off_is_not_kept_aside(built):
    next(built.dkms_tree.rglob("amdgpu.ko")).write_text("")
    built.run("set_build_aside 6.1")
    assert not (built.state / "aside").exists() and not list(built.dkms_tree.rglob("amdgpu.ko"))


def test_interrupted_run_is_put_right_before_it_is_asked_what_is_in_place(built):
    """plan_for: the build that a killed run had set aside counts."""
    built.kernel("6.1")
    built.run("set_build_aside 6.1")
    (built.dkms_tree / "rocmfix/kernel-6.1-x86_64").symlink_to(f"{VERSION}/6.1/x86_64")
    built.program("modinfo", f"[ $3 = -F ] || [ $1 = -F ] && echo {VERSION}")
    assert built.run("plan_for 6.1") == f"rocmfix: kernel 6.1: amdgpu {VERSION} is installed already\n"
    assert built.run("has_build 6.1 && read_record 6.1 state") == "done\n"


def test_other_versions_go_when_no_kernel_has_them(built):
    build(built, "6.9.9", "6.0")
    build(built, "6.9.8", "6.1")
    (built.state / "source/rocmfix-6.9.8").mkdir(parents=True)
    built.run("drop_other_builds 6.1; drop_idle_versions")
    assert sorted(path.name for path in (built.dkms_tree / "rocmfix").iterdir()) == ["6.9.9", VERSION]
    assert not (built.state / "source").exists()


def test_source_of_an_installed_version_is_kept_before_dpkg_removes_it(built):
    tree = built.dkms_tree / "rocmfix"
    (tree / "kernel-6.1-x86_64").symlink_to(f"{VERSION}/6.1/x86_64")
    (tree / VERSION / "source").symlink_to(built.source)
    built.kernel("6.1")
    built.run("prepare_upgrade")
    kept = built.state / f"source/rocmfix-{VERSION}"
    assert (tree / VERSION / "source").readlink() == kept and (kept / "dkms.conf").exists()
    # The same version again: dkms goes back to its own files.
    built.run("add_source")
    assert (tree / VERSION / "source").readlink() == built.source and not kept.exists()


def test_version_that_is_not_installed_leaves_with_its_builds(built):
    built.kernel("6.1")
    built.run("prepare_upgrade")
    assert not (built.dkms_tree / "rocmfix").exists()


# remove.bash

def test_removal_believes_what_is_on_the_disk(installed):
    """dkms reports success when it could not delete a file."""
    installed.kernel("6.1")
    (installed.dkms_tree / f"rocmfix/{VERSION}/6.1/x86_64/module").mkdir(parents=True)
    (installed.dkms_tree / "rocmfix/kernel-6.1-x86_64").symlink_to(f"{VERSION}/6.1/x86_64")
    installed.program("dkms", f"[ $1 != uninstall ] || rm -f {installed.dkms_tree}/rocmfix/kernel-*")
    installed.program("modinfo", "[ $3 != -n ] || echo /lib/modules/6.1/updates/dkms/amdgpu.ko")
    (installed.dkms_tree / f"rocmfix/{VERSION}/source").symlink_to(installed.source)
    said = installed.run("remove")
    assert "rocmfix: kernel 6.1: the removal failed: /lib/modules/6.1/updates/dkms/amdgpu.ko is still there" in said
    assert "rocmfix:   hint: find out why it cannot be deleted" in said and "back to" not in said
    assert (installed.dkms_tree / "rocmfix/kernel-6.1-x86_64").is_symlink()
    installed.program("modinfo", "[ $3 != -n ] || echo /lib/modules/6.1/kernel/drivers/gpu/drm/amd/amdgpu/amdgpu.ko")
    assert installed.run(f"list={installed.tmp}/list; remove") == "rocmfix: kernel 6.1: back to the stock amdgpu\n"
    assert (installed.tmp / "list").read_text() == "6.1\n"
    assert not (installed.dkms_tree / f"rocmfix/{VERSION}").exists()
