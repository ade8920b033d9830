# SPDX-License-Identifier: MIT
"""piuparts: files, links and processes that an installation and a purge leave behind, every package by name."""

from __future__ import annotations

import subprocess

import system
from commands import quietly
from context import Context
from expect import exits_0
from machine import Machine, finished, remove, required
from part_install import stand_in
from server import serving

PACKAGES = ("rocmfix", "rocmfix-sim", "librocmfix-dev", "python3-rocmfix", "rocmfix-dkms")
# rocmfix-livepatch-dkms conflicts with rocmfix-dkms.
RUNS = (PACKAGES, ("rocmfix-livepatch-dkms",))


def run(c: Context) -> None:
    build = c.build("deb12")
    top = c.publish(c.work / "served-piuparts", [build])
    root = c.work / "piuparts-root"
    with serving(top) as url:
        quietly("copying the clean system", ["cp", "-a", str(system.clean("bookworm", c.cache)), str(root)])
        machine = Machine(root, "")
        stand_in(c, machine)
        required(system.add_source(machine, url, "bookworm", c.ring.public_key()))
        for packages in RUNS:
            command = ["piuparts", "--existing-chroot", str(root), "--distribution", "bookworm", "--keep-sources-list",
                       "--apt", "--no-eatmydata", "--allow-database", "--do-not-verify-signatures",
                       "--warn-on-debsums-errors", "--tmpdir", str(c.work), *packages]
            done = finished(["env", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", *command])
            c.log = lambda done=done: done.text  # type: ignore[misc]
            c.check(f"piuparts: {' '.join(packages)}", exits_0, done)
        remove(root)
    subprocess.run(["rm", "-rf", "--one-file-system", top], check=True)
