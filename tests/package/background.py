# SPDX-License-Identifier: MIT
"""Builds that nobody waits for: the package on a system whose init is systemd (systemd-nspawn --boot), by
unattended-upgrades and by hand, killed, timed out and continued at the next boot. An amdgpu that builds in
seconds, and takes eight more."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import amdgpu
from amdgpu import record
from booted import UNIT, Booted
from expect import Done, absent, exits_0, has, has_not, same, true
from machine import index, required
from standin import make_trigger
from story import Story


class Background:
    """The context of these cases: the story, and the machine as it runs."""

    def __init__(self, story: Story, booted: Booted) -> None:
        self.s = story
        self.booted = booted
        self.check = story.check

    def in_force(self) -> str:
        return amdgpu.modinfo(self.s.machine, "version")

    def record(self, key: str) -> str:
        return record(self.s.machine, self.s.kernel.release, key)

    @property
    def pending(self) -> Path:
        return self.s.machine.root / "var/lib/rocmfix/pending"

    def install(self, version: str) -> Done:
        return self.booted.install(self.s.versions.deb(version))

    def publish(self, *packages: Path) -> None:
        """In a repository that unattended-upgrades takes packages from."""
        root = self.s.machine.root
        repository = root / "srv/updates"
        repository.mkdir(exist_ok=True)
        for package in packages:
            shutil.copy(package, repository)
        index(repository)
        release = subprocess.run(["apt-ftparchive", "-o", "APT::FTPArchive::Release::Origin=rocmfix-tests",
                                  "release", "."], cwd=repository, stdout=subprocess.PIPE, check=True).stdout
        (repository / "Release").write_bytes(release)
        (root / "etc/apt/sources.list.d/updates.list").write_text("deb [trusted=yes] copy:/srv/updates ./\n",
                                                                  encoding="utf-8")
        # Debian's own is of no interest here.
        required(self.booted.do("apt-get", "-qq", "update", "-o", "Dir::Etc::SourceList=/dev/null",
                                "-o", "Dir::Etc::SourceParts=/srv/lists"))


def case_background(b: Background) -> None:
    s, booted, kernel_re = b.s, b.booted, b.s.kernel_re
    done = b.install("7.2.1")
    b.check("background: dpkg exits 0", exits_0, done)
    b.check("background: dpkg does not wait for the build", same, booted.unit_state(), "activating")
    b.check("background: the message says that it is built there", has, done,
            f"kernel {kernel_re}: amdgpu is built from Linux {s.source_re} in the background; "
            "until then it keeps the stock amdgpu")
    b.check("background: and how to watch it", has, done, f"journalctl -f -u {UNIT}")
    b.check("background: the unit ends", true, booted.wait_for_unit())
    b.check("background: the module is in force", same, b.in_force(), "7.2.1")
    b.check("background: the record says done", same, b.record("state"), "done")
    b.check("background: the journal says so", has,
            booted.ask("journalctl", "--no-pager", "--output", "cat", "--unit", UNIT),
            f"kernel {kernel_re}: amdgpu 7.2.1 is built and installed")
    b.check("background: it has the lowest priority", lines_are, s.machine.root / "srv/priority", {"19", "idle"})
    b.check("background: it is in the initramfs", amdgpu.initramfs_has, s.machine, amdgpu.OURS)
    b.check("background: nothing is left to do", absent, b.pending)
    done = booted.at_terminal("apt-get -y install some-package")
    b.check("next apt: somebody's apt exits 0", exits_0, done)
    b.check("next apt: it reports the result of the build", has, done,
            f"kernel {kernel_re}: amdgpu 7.2.1 is built and installed")
    done = required(booted.at_terminal("apt-get -y install --reinstall some-package"))
    b.check("next apt: once", has_not, done, "is built and installed")


def lines_are(path: Path, want: set[str]) -> None:
    same(set(path.read_text(encoding="utf-8").splitlines()), want)


def case_terminal(b: Background) -> None:
    deb = b.s.versions.deb("7.2.2")
    shutil.copy(deb, b.s.machine.root / "srv")
    done = b.booted.at_terminal(f"dpkg -i /srv/{deb.name}")
    b.check("at a terminal: dpkg exits 0", exits_0, done)
    b.check("at a terminal: it is built in the foreground", has, done,
            f"kernel {b.s.kernel_re}: building amdgpu from Linux")
    b.check("at a terminal: and is there at the end", has, done,
            f"kernel {b.s.kernel_re}: amdgpu 7.2.2 is built and installed")
    b.check("at a terminal: it is in force", same, b.in_force(), "7.2.2")


def case_unattended(b: Background) -> None:
    s, booted = b.s, b.booted
    b.publish(s.versions.deb("7.2.3"))
    (s.machine.root / "etc/apt/apt.conf.d/90tests").write_text(
        'Unattended-Upgrade::Origins-Pattern { "origin=rocmfix-tests"; };\n'
        'Unattended-Upgrade::MinimalSteps "true";\n', encoding="utf-8")
    done = booted.do("unattended-upgrade", "--verbose")
    b.check("unattended-upgrades: it exits 0", exits_0, done)
    b.check("unattended-upgrades: it upgraded the package", has, done,
            "Packages that will be upgraded: rocmfix-dkms")
    b.check("unattended-upgrades: it does not wait for the build", same, booted.unit_state(), "activating")
    booted.wait_until_building("7.2.3")
    b.check("unattended-upgrades: until that is there the old version is in force", same, b.in_force(), "7.2.2")
    b.check("unattended-upgrades: the unit ends", true, booted.wait_for_unit())
    b.check("unattended-upgrades: the new version is in force", same, b.in_force(), "7.2.3")
    b.check("unattended-upgrades: no other is left", same,
            amdgpu.installed_versions(booted.ask("dkms", "status")),
            f"rocmfix/7.2.3, {s.kernel.release}, x86_64: installed")
    b.check("unattended-upgrades: dpkg --audit is clean", amdgpu.audit_is_clean, s.machine)


def case_power_loss(b: Background) -> None:
    required(b.install("7.2.4"))
    b.check("power loss: it was being built", true, b.booted.wait_until_building("7.2.4"))
    b.booted.cut_power()
    b.check("power loss: the old version is in force", same, b.in_force(), "7.2.3")
    b.check("power loss: the record says that it ran", same, b.record("state"), "running")
    b.check("power loss: it boots", true, b.booted.boot())
    b.check("power loss: the boot continues the build, and it ends", true, b.booted.wait_for_unit())
    b.check("power loss: the new version is in force", same, b.in_force(), "7.2.4")
    b.check("power loss: nothing is left to do", absent, b.pending)


def case_killed_unit(b: Background) -> None:
    booted = b.booted
    required(b.install("7.2.1"))
    b.check("killed unit: it was being built", true, booted.wait_until_building("7.2.1"))
    booted.do("systemctl", "kill", "--signal=KILL", UNIT)
    booted.wait_for_unit()
    b.check("killed unit: the old version is in force", same, b.in_force(), "7.2.4")
    required(booted.do("systemctl", "reset-failed", UNIT))
    done = required(booted.install(b.s.versions.packages / "some-package_1_all.deb"))
    b.check("killed unit: the next trigger has it built", has, done,
            "amdgpu is built .* in the background; until then it keeps amdgpu 7.2.4")
    b.check("killed unit: the unit ends", true, booted.wait_for_unit())
    b.check("killed unit: the new version is in force", same, b.in_force(), "7.2.1")


def case_time_limit(b: Background) -> None:
    booted = b.booted
    drop_in = b.s.machine.root / f"etc/systemd/system/{UNIT}.d"
    drop_in.mkdir(parents=True)
    (drop_in / "limit.conf").write_text("[Service]\nTimeoutStartSec=2\n", encoding="utf-8")
    required(booted.do("systemctl", "daemon-reload"))
    required(b.install("7.2.2"))
    b.check("time limit: the unit ends", true, booted.wait_for_unit())
    b.check("time limit: the old version is in force", same, b.in_force(), "7.2.1")
    b.check("time limit: the record says failed", same, b.record("state"), "failed")
    b.check("time limit: and why", has, b.record("reason"), "longer than the time limit")
    b.check("time limit: no boot tries again", absent, b.pending)
    shutil.rmtree(drop_in)
    required(booted.do("systemctl", "daemon-reload"))
    required(booted.do("systemctl", "reset-failed", UNIT))


def case_purge_while_building(b: Background) -> None:
    booted = b.booted
    required(booted.do("dpkg-reconfigure", "rocmfix-dkms"))
    b.check("purge while building: it was being built", same, booted.unit_state(), "activating")
    b.check("purge while building: dpkg exits 0", exits_0, booted.do("dpkg", "--purge", "rocmfix-dkms"))
    b.check("purge while building: nothing is being built", has_not,
            booted.do("sh", "-c", "cat /proc/[0-9]*/comm"), "^(dkms|make)$")
    b.check("purge while building: nothing is left", amdgpu.nothing_left, b.s.machine)
    b.check("purge while building: the stock amdgpu is in place", amdgpu.is_stock, b.s.machine)


def prepare(s: Story) -> None:
    s.install_tools("background", "systemd", "systemd-sysv", "dbus", "unattended-upgrades")
    make_trigger(s.versions.packages, "some-package")
    for version in (f"7.2.{number}" for number in (1, 2, 3, 4)):
        s.versions.make([version])
        s.versions.while_building(
            version, f"{{ nice; ionice; }} >>/srv/priority; echo {version} >>/srv/building; sleep 8")
    required(s.install_source(s.kernel.source))
    lists = s.machine.root / "srv/lists"
    lists.mkdir()
    (lists / "updates.list").symlink_to("/etc/apt/sources.list.d/updates.list")


def run(s: Story) -> None:
    if shutil.which("systemd-nspawn") is None:
        s.check("there is systemd-nspawn (scripts/setup vm)", true, False)
        return
    prepare(s)
    b = Background(s, Booted(s.machine, s.work / "console"))
    try:
        b.check("background: the system boots", true, b.booted.boot())
        b.publish(s.versions.packages / "some-package_1_all.deb")
        case_background(b)
        case_terminal(b)
        case_unattended(b)
        case_power_loss(b)
        case_killed_unit(b)
        case_time_limit(b)
        case_purge_while_building(b)
    finally:
        b.booted.cut_power()
