# SPDX-License-Identifier: MIT
"""From the first packages of this project to these, by apt upgrade."""

from __future__ import annotations

import amdgpu
import first_release
import system
from context import Context
from expect import exits_0, has, has_not, same
from machine import Machine
from part_install import KERNEL, nothing_left, stand_in, version
from server import serving
from suites import Build

INSTALLED = ("rocmfix", "librocmfix1", "librocmfix-dev", "rocmfix-dkms")


def upgraded(c: Context, machine: Machine, build: Build) -> None:
    suffix = build.suffix
    for package in INSTALLED:
        c.check(f"{package} is the new one", same, version(machine, package).endswith(suffix), True)
    c.check("the command runs", has, machine.run("rocmfix", "--version"), r"^rocmfix [0-9.]+")
    c.check("the launcher runs", has, machine.run("rocmfix-run", "--", "echo", "well"), "^well$")
    c.check("dpkg --audit is clean", amdgpu.audit_is_clean, machine)


def run(c: Context) -> None:
    build = c.build("deb12")
    first_release.packages(c.cache)
    old = Build("first-release", "bookworm", "", ("bookworm",))
    served = c.work / "served-upgrade"
    with system.layered(system.clean("bookworm", c.cache), c.work / "upgrade") as machine:
        c.log = machine.last_output
        stand_in(c, machine)
        with serving(c.work) as url:
            url = f"{url}/{served.name}"
            c.publish(served, [old], c.cache / "apt")
            c.check("apt accepts the first release's repository", exits_0,
                    system.add_source(machine, url, "bookworm", c.ring.public_key()))
            c.check("apt install of the first release", exits_0, machine.apt("install", *INSTALLED))
            c.check("it is the first release", same, version(machine, "rocmfix"), first_release.VERSION)
            conf = machine.root / "etc/modprobe.d/rocmfix.conf"
            conf.write_text("# mine\noptions amdgpu runpm=0\n", encoding="utf-8")
            c.publish(served, [build])
            c.check("apt update", exits_0, system.update(machine))
            # As apt(8) does it: packages that are needed now are new ones.
            done = machine.apt("--with-new-pkgs", "-o", "Dpkg::Options::=--force-confold", "upgrade")
            c.check("apt upgrade", exits_0, done)
            c.check("no package is kept back", has_not, done, "kept back")
            upgraded(c, machine, build)
            c.check("one DKMS source is left", same, machine.found("usr/src/rocmfix-*"),
                    [f"usr/src/rocmfix-{version(machine, 'rocmfix-dkms').partition('~')[0]}"])
            c.check("the user's own parameters are kept", same, conf.read_text(encoding="utf-8"),
                    "# mine\noptions amdgpu runpm=0\n")
            c.check("what to do for a kernel without headers is said again", has, done, f"kernel {KERNEL}: skipped")
            conf.unlink()
            done = machine.apt("purge", "*rocmfix*")
            c.check("apt purge", exits_0, done)
            c.check("nothing of either is left", nothing_left, machine)
