# SPDX-License-Identifier: MIT
"""The parts of the package test, one after another, each on a machine of its own.

A plain runner rather than pytest: a part is one long story, in which a check needs all that happened before it
but not that the checks before it passed, and every check counts.
"""

from __future__ import annotations

import tempfile
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

import background
import cache
import debian
import install
import livepatch
import protection
import trouble
import ubuntu_layout
import ubuntu_real
import upgrade
from kernels import Kernel, UbuntuKernel
from machine import Machine, remove
from standin import Product
from story import Story, TestedKernel
from tap import Tap
from ubuntu_environment import environment_of

RUN: dict[str, Callable[[Story], None]] = {
    "trouble": trouble.run, "upgrade": upgrade.run, "protection": protection.run,
    "background": background.run, "install": install.run, "livepatch": livepatch.run,
    "ubuntu": ubuntu_layout.run, "ubuntu-small": ubuntu_layout.run_small,
    "ubuntu-real": ubuntu_real.run}
USUAL = ("trouble", "upgrade", "protection", "background", "install")


def point_release(kernel: Kernel) -> TestedKernel:
    """As its environment for builds has it, which is made where there is none."""
    environment = environment_of(kernel, cache.directory(), "")
    environment.get(want_image=False, update=False)
    values = environment.record.values()
    drivers = f"{kernel.drivers}-{kernel.release}" if isinstance(kernel, UbuntuKernel) else ""
    return TestedKernel(kernel.name, values["suite"], values["series"], kernel.patches, values["release"],
                        values["version"], Path(values["pristine"]), drivers)


def run_part(tap: Tap, part: str, machine: Machine, kernel: TestedKernel, product: Product, work: Path) -> None:
    """What ends it early is a failure, and those that follow run all the same."""
    work.mkdir()
    try:
        RUN[part](Story(tap, machine, kernel, product, work))
    except Exception:
        tap.fail(f"{part}: it ended early", traceback.format_exc(), machine.last_output())
    tap.end_part(f"tests/package/{part}")


def run(wanted: Sequence[str], kernel: TestedKernel, product: Product) -> int:
    """The exit status."""
    tap = Tap()
    release = debian.release_of(kernel.suite)
    work = Path(tempfile.mkdtemp(prefix="rocmfix-package."))
    # apt fetches as the user _apt.
    work.chmod(0o755)
    try:
        tap.say(f"# {kernel.name}: making the base system, {release} with kernel {kernel.release}")
        base = Machine(work / "base", kernel.release)
        base.make(release, kernel.prefer)
        for part in wanted:
            machine = base.copy_to(work / part)
            run_part(tap, part, machine, kernel, product, work / f"{part}-files")
            remove(machine.root)
    finally:
        remove(work)
    return tap.end()
