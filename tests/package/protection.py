# SPDX-License-Identifier: MIT
"""What is protected stays so: upgrades of the package with several kernels, a kernel that changed under
its name, builds that failed or were killed, a module that cannot be deleted. The real maintainer scripts,
dkms, headers and initramfs, and an amdgpu that builds in seconds."""

from __future__ import annotations

import contextlib
import re
import shutil
import signal
import subprocess
import time

import amdgpu
import otherkernel
from amdgpu import record
from expect import absent, exists, exits_0, has, has_mode, has_not, same, text_is, true
from machine import required
from story import Story, pattern_of


# A second kernel, older, which has a linux-source of its own.

def older(s: Story) -> str:
    return f"{s.kernel.series}.0-1-amd64"


def older_source(s: Story) -> str:
    return f"{s.kernel.series}.1-1"


def version_in_force(s: Story, kernel: str) -> str:
    return amdgpu.modinfo(s.machine, "version", kernel)


def case_two_kernels(s: Story) -> None:
    machine = s.machine
    otherkernel.add(machine, older(s), older_source(s))
    required(machine.run("depmod", older(s)))
    required(s.install_source(older_source(s)))
    first = s.try_version("7.1.1", "two kernels")
    required(s.install_source(s.kernel.source))
    s.check("two kernels: the older one has it", same, version_in_force(s, older(s)), "7.1.1")
    s.check("two kernels: the newer one has it", same, version_in_force(s, s.kernel.release), "7.1.1")
    s.check("two kernels: the source is kept, and its size reported", has, first,
            f"kernel {older(s)}: its amdgpu source is kept for the next version, [0-9]+ MiB in "
            f"/var/cache/rocmfix/{older(s)}/amdgpu.tar.xz")
    s.check("two kernels: the record says done", same, record(machine, s.kernel.release, "state"), "done")
    s.check("two kernels: and which source", same, record(machine, older(s), "source"), older_source(s))


def case_two_kernels_upgrade(s: Story) -> None:
    machine = s.machine
    s.versions.while_building("7.1.2", "modinfo -k $(KERNELRELEASE) -F version amdgpu >>/srv/during-build")
    during_build = machine.root / "srv/during-build"
    during_build.unlink(missing_ok=True)
    s.try_version("7.1.2", "two kernels, upgrade")
    s.check("two kernels, upgrade: the newer one has the new version", same,
            version_in_force(s, s.kernel.release), "7.1.2")
    s.check("two kernels, upgrade: the older one too, whose linux-source is gone", same,
            version_in_force(s, older(s)), "7.1.2")
    s.check("two kernels, upgrade: from its own source", same, amdgpu.source_in_force(machine, older(s)),
            older_source(s))
    s.check("two kernels, upgrade: the old version was in force until then", text_is, during_build,
            "7.1.1\n7.1.1\n")
    s.check("two kernels, upgrade: nothing of the old version is left", same,
            machine.found("usr/src/rocmfix-*", "var/lib/dkms/rocmfix/[0-9]*", "var/lib/rocmfix/s*"),
            ["usr/src/rocmfix-7.1.2", "var/lib/dkms/rocmfix/7.1.2"])
    s.check("two kernels, upgrade: apt is not blocked", amdgpu.apt_works, machine)

    done = s.run_trigger()
    s.check("two kernels, trigger: dpkg exits 0", exits_0, done)
    s.check("two kernels, trigger: nothing is built and nothing printed", has_not, done, "^rocmfix")


def case_failing_kernel(s: Story) -> None:
    """The one kernel's build fails, and the other's does not."""
    machine, kernel = s.machine, s.kernel.release
    s.versions.while_building("7.1.3", f"test $(KERNELRELEASE) != {kernel}")
    done = s.try_version("7.1.3", "failing kernel")
    s.check("failing kernel: the message says what stays", has, done,
            f"kernel {s.kernel_re}: the build failed; it keeps amdgpu 7.1.2, built from Linux {s.source_re}")
    s.check("failing kernel: that is in force", same, version_in_force(s, kernel), "7.1.2")
    s.check("failing kernel: also in the initramfs", amdgpu.initramfs_has, machine, amdgpu.OURS)
    s.check("failing kernel: the other one has the new version", same, version_in_force(s, older(s)), "7.1.3")
    s.check("failing kernel: the record says failed", same, record(machine, kernel, "state"), "failed")
    s.check("failing kernel: and why", has, record(machine, kernel, "reason"), ".")
    s.check("failing kernel: and what to type", has, record(machine, kernel, "hint"),
            "dpkg-reconfigure rocmfix-dkms")
    s.check("failing kernel: all can read it", has_mode, machine.root / "var/lib/rocmfix/builds" / kernel, 0o644)
    s.check("failing kernel: dkms has the old version", same,
            amdgpu.dkms_versions(machine).splitlines().count(f"rocmfix/7.1.2, {kernel}, x86_64: installed"), 1)
    s.check("failing kernel: apt is not blocked", amdgpu.apt_works, machine)


def case_failed_before(s: Story) -> None:
    machine, kernel = s.machine, s.kernel.release
    done = s.run_trigger()
    s.check("failed before: dpkg exits 0", exits_0, done)
    s.check("failed before: a trigger does not build it again", same, amdgpu.built_kernels(done.text), [])
    s.check("failed before: it says so", has, done,
            f"kernel {s.kernel_re}: its build failed before and is not repeated")
    compiler = machine.root / "usr/bin/gcc-99"
    compiler.write_text('#!/bin/sh\necho "gcc (Debian 99) 99"\n[ "$1" = --version ] || exec gcc-12 "$@"\n',
                        encoding="utf-8")
    compiler.chmod(0o755)
    config = machine.root / f"usr/src/linux-headers-{kernel}/.config"
    before = config.read_text(encoding="utf-8")
    config.write_text(re.sub(r"^CONFIG_CC_VERSION_TEXT=.*", 'CONFIG_CC_VERSION_TEXT="gcc-99 (Debian 99) 99"', before,
                             flags=re.MULTILINE), encoding="utf-8")
    done = required(s.run_trigger())
    s.check("failed before: with another compiler it is built again, and no other", same,
            amdgpu.built_kernels(done.text), [kernel])
    config.write_text(before, encoding="utf-8")
    compiler.unlink()

    s.try_version("7.1.4", "after the failure")
    s.check("after the failure: the new version is in force", same, version_in_force(s, kernel), "7.1.4")
    s.check("after the failure: nothing of the old ones is left", same, amdgpu.kept_versions(machine), ["7.1.4"])


def case_damaged_source(s: Story) -> None:
    machine = s.machine
    with (machine.root / f"var/cache/rocmfix/{older(s)}/amdgpu.tar.xz").open("r+b") as kept:
        kept.seek(100)
        kept.write(b"x")
    done = s.try_version("7.1.1", "damaged source")
    s.check("damaged source: it is not used", same, version_in_force(s, older(s)), "7.1.4")
    s.check("damaged source: the message says so, and what stays", has, done,
            f"kernel {older(s)}: skipped; it keeps amdgpu 7.1.4, built from Linux {older_source(s)}")
    s.check("damaged source: and where it lies", has, done,
            f"/var/cache/rocmfix/{older(s)}/amdgpu.tar.xz is damaged")
    s.check("damaged source: the record says skipped", same, record(machine, older(s), "state"), "skipped")
    s.check("damaged source: the other kernel has the new version", same,
            version_in_force(s, s.kernel.release), "7.1.1")


def case_kernel_goes(s: Story) -> None:
    machine = s.machine
    required(machine.run("/etc/kernel/prerm.d/dkms", older(s)))
    otherkernel.remove(machine, older(s))
    s.check("a kernel goes: dpkg exits 0", exits_0, s.run_trigger())
    s.check("a kernel goes: its kept source goes", absent, machine.root / "var/cache/rocmfix" / older(s))
    s.check("a kernel goes: its record goes", absent, machine.root / "var/lib/rocmfix/builds" / older(s))
    s.check("a kernel goes: the other's stay", exists,
            machine.root / f"var/cache/rocmfix/{s.kernel.release}/amdgpu.tar.xz")
    # The version that was left for it alone.
    required(s.machine.run("dpkg-reconfigure", "rocmfix-dkms"))
    s.check("a kernel goes: so does the version that it alone had", same, amdgpu.kept_versions(machine), ["7.1.1"])


def case_changed_source(s: Story) -> None:
    """A point release that keeps the kernel's name."""
    machine, kernel = s.machine, s.kernel.release
    newer = re.sub("-[0-9]+", "-77", s.kernel.source, count=1)
    otherkernel.change_package_id(machine, kernel, newer)
    done = s.run_trigger()
    s.check("changed source: dpkg exits 0", exits_0, done)
    s.check("changed source: without it the old build stays, and the message says which", has, done,
            f"kernel {s.kernel_re}: skipped; it keeps amdgpu 7.1.1, built from Linux {s.source_re}")
    s.check("changed source: the old build is in force", same, amdgpu.source_in_force(machine, kernel),
            s.kernel.source)
    s.check("changed source: linux-source is installed", exits_0, s.install_source(newer))
    s.check("changed source: it is built again from that", same, amdgpu.source_in_force(machine, kernel), newer)
    s.check("changed source: it is in the initramfs", amdgpu.initramfs_has, machine, amdgpu.OURS)
    s.check("changed source: the stock module is kept", amdgpu.keeps_stock, machine)
    s.check("changed source: the new source is kept", has,
            machine.root / f"var/cache/rocmfix/{kernel}/amdgpu.source", f"^version={pattern_of(newer)}$")
    otherkernel.change_package_id(machine, kernel, s.kernel.source)
    required(s.install_source(s.kernel.source))
    s.check("changed source: and back", same, amdgpu.source_in_force(machine, kernel), s.kernel.source)


def killed_build(s: Story, version: str) -> bool:
    """Installs a version whose build waits, and kills all of it, as a power loss does: nothing has a chance
    to clean up. Whether it was being built."""
    building = s.machine.root / "srv/building"
    building.unlink(missing_ok=True)
    deb = s.versions.deb(version)
    shutil.copy(deb, s.machine.root / "srv")
    with (s.work / "killed.log").open("wb") as log, subprocess.Popen(
            s.machine.argv("dpkg", "-i", f"/srv/{deb.name}"), stdin=subprocess.DEVNULL, stdout=log,
            stderr=subprocess.STDOUT, start_new_session=True) as leader:
        until = time.monotonic() + 60
        while not building.exists() and time.monotonic() < until and leader.poll() is None:
            time.sleep(0.1)
        # Its session is its own.
        subprocess.run(["pkill", "-KILL", "--session", str(leader.pid)], check=False)
        with contextlib.suppress(ProcessLookupError):
            leader.send_signal(signal.SIGKILL)
    return building.exists()


def case_killed(s: Story) -> None:
    machine, kernel = s.machine, s.kernel.release
    build = machine.root / f"var/lib/dkms/rocmfix/7.1.2/{kernel}"
    s.versions.while_building("7.1.2", "touch /srv/building; sleep 600")
    s.check("killed build: it was being built", true, killed_build(s, "7.1.2"))
    s.check("killed build: the old version is in force", same, version_in_force(s, kernel), "7.1.1")
    s.check("killed build: the record says that it ran", same, record(machine, kernel, "state"), "running")
    s.check("killed build: the next boot has something to do", has, machine.root / "var/lib/rocmfix/pending", ".")
    # What 3.0.10 leaves when it dies a little later: half of a module.
    [installed] = amdgpu.our_files(machine)
    (build / "x86_64/module").mkdir(parents=True, exist_ok=True)
    (build / "x86_64/module/amdgpu.ko").write_bytes(installed.read_bytes()[:20000])
    s.versions.make(["7.1.2"])
    shutil.rmtree(machine.root / "usr/src/rocmfix-7.1.2", ignore_errors=True)
    shutil.copytree(s.versions["7.1.2"].source, machine.root / "usr/src/rocmfix-7.1.2", symlinks=True)
    done = machine.do("dpkg", "--configure", "-a")
    s.check("after the kill: dpkg --configure -a exits 0", exits_0, done)
    s.check("after the kill: it is built again", has, done,
            f"kernel {s.kernel_re}: amdgpu 7.1.2 is built and installed")
    s.check("after the kill: it is in force", same, version_in_force(s, kernel), "7.1.2")
    s.check("after the kill: no trace of the old one", same, amdgpu.dkms_versions(machine),
            f"rocmfix/7.1.2, {kernel}, x86_64: installed")
    s.check("after the kill: nothing is left to do", absent, machine.root / "var/lib/rocmfix/pending")


def case_half_installed(s: Story) -> None:
    """Killed while a build replaces one of the same version, and while dkms installs."""
    machine, kernel = s.machine, s.kernel.release
    state = machine.root / "var/lib/rocmfix"
    (state / "aside").mkdir(parents=True, exist_ok=True)
    shutil.move(machine.root / f"var/lib/dkms/rocmfix/7.1.2/{kernel}", state / "aside" / kernel)
    [installed] = amdgpu.our_files(machine)
    installed.write_bytes(bytes(20000))
    builds = state / "builds" / kernel
    builds.write_text(re.sub("^state=.*", "state=running", builds.read_text(encoding="utf-8"), flags=re.MULTILINE),
                      encoding="utf-8")
    done = s.run_trigger()
    s.check("half installed: dpkg exits 0", exits_0, done)
    s.check("half installed: the whole module is back", same, version_in_force(s, kernel), "7.1.2")
    s.check("half installed: without another build", same, amdgpu.built_kernels(done.text), [])
    s.check("half installed: the record says done", same, record(machine, kernel, "state"), "done")


def case_undeletable(s: Story) -> None:
    machine = s.machine
    folder = f"lib/modules/{s.kernel.release}/{amdgpu.OURS}"
    with machine.mounted(folder, ["--bind", str(machine.root / folder)], ["-o", "remount,bind,ro"]):
        done = machine.do("dpkg", "--purge", "rocmfix-dkms")
        s.check("undeletable module: dpkg exits 0", exits_0, done)
        s.check("undeletable module: the message does not promise the stock amdgpu", has_not, done,
                "back to the stock amdgpu")
        s.check("undeletable module: it says what is there", has, done,
                f"kernel {s.kernel_re}: the removal failed: "
                f"/lib/modules/{s.kernel_re}/updates/dkms/amdgpu.ko(.xz)? is still there")
        s.check("undeletable module: and what to type", has, done,
                f"hint: .*apt install --reinstall linux-(image|modules)-{s.kernel_re}")
        s.check("undeletable module: dkms keeps its records", has, machine.run("dkms", "status"),
                f"^rocmfix/7.1.2, {s.kernel_re}, x86_64: installed")
    s.check("undeletable module: dkms can remove it by these", exits_0,
            machine.do("dkms", "remove", "rocmfix/7.1.2", "--all"))
    s.check("undeletable module: then the stock amdgpu is in place", amdgpu.is_stock, machine)
    required(machine.run("update-initramfs", "-u", "-k", s.kernel.release))
    s.check("undeletable module: nothing is left", amdgpu.nothing_left, machine)


def run(s: Story) -> None:
    s.add_repository()
    s.install_tools("protection")
    s.versions.make(f"7.1.{number}" for number in (1, 2, 3, 4))
    case_two_kernels(s)
    case_two_kernels_upgrade(s)
    case_failing_kernel(s)
    case_failed_before(s)
    case_damaged_source(s)
    case_kernel_goes(s)
    case_changed_source(s)
    case_killed(s)
    case_half_installed(s)
    case_undeletable(s)
