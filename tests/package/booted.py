# SPDX-License-Identifier: MIT
"""A machine of the package tests as it runs: its init is systemd, in a container (systemd-nspawn --boot)."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import chroot
from expect import Done
from machine import Machine, finished

UNIT = "rocmfix-build.service"
# As in a chroot, but with an initramfs.
VARIABLES = tuple(name for name in chroot.ENVIRONMENT if not name.startswith("INITRD="))


def wait_until(holds: Callable[[], bool], seconds: float, step: float = 1) -> bool:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() >= until:
            return False
        time.sleep(step)
    return True


class Booted:
    """A machine whose init runs, in a container. To be closed by cut_power()."""

    def __init__(self, machine: Machine, console: Path) -> None:
        self.machine = machine
        self.console = console
        self.container: subprocess.Popen[bytes] | None = None
        self.leader = 0

    def boot(self) -> bool:
        """Whether systemd said within two minutes that all is started."""
        with self.console.open("ab") as console:
            self.container = subprocess.Popen(
                ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--console=pipe", "--boot",
                 "-D", str(self.machine.root)], stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        return wait_until(self.is_booted, 120)

    def find_leader(self) -> int:
        """Its init, as this machine numbers it."""
        if self.container is None or self.container.poll() is not None:
            return 0
        children = subprocess.run(["pgrep", "-P", str(self.container.pid)], stdout=subprocess.PIPE, text=True,
                                  check=False).stdout.split()
        return int(children[0]) if children else 0

    def is_booted(self) -> bool:
        self.leader = self.find_leader()
        return self.ask("systemctl", "is-system-running") in ("running", "degraded")

    def argv(self, *command: str) -> list[str]:
        """As apt runs it when nobody is there."""
        if not self.leader:
            return ["false"]
        return ["nsenter", "--target", str(self.leader), "--all", "--root", "--wd",
                "env", "-i", *VARIABLES, *command]

    def ask(self, *command: str) -> str:
        return subprocess.run(self.argv(*command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, errors="replace",
                              check=False).stdout.rstrip("\n")

    def do(self, *command: str) -> Done:
        return self.machine.did(finished(self.argv(*command)))

    def at_terminal(self, command: str) -> Done:
        """As somebody types it, who waits for it and can be asked."""
        return self.do("env", "-u", "DEBIAN_FRONTEND", "TERM=dumb", "script", "--quiet", "--return",
                       "--command", command, "/dev/null")

    def install(self, deb: Path) -> Done:
        shutil.copy(deb, self.machine.root / "srv")
        return self.do("dpkg", "-i", f"/srv/{deb.name}")

    def unit_state(self) -> str:
        return self.ask("systemctl", "show", "--property", "ActiveState", "--value", UNIT)

    def wait_for_unit(self) -> bool:
        return wait_until(lambda: self.unit_state() not in ("activating", "deactivating"), 120)

    def wait_until_building(self, version: str) -> bool:
        building = self.machine.root / "srv/building"
        return wait_until(lambda: building.exists() and version in building.read_text().split(), 60, 0.5)

    def cut_power(self) -> None:
        """Nothing has a chance to clean up."""
        if self.leader:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.leader, signal.SIGKILL)
        if self.container is not None:
            if not self.leader:
                self.container.kill()
            self.container.wait()
        self.leader, self.container = 0, None
