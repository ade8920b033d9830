# SPDX-License-Identifier: MIT
"""Each build by the tools of its own release: lintian; blhc on the log; hardening of the programs."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from build_chroot import BuildChroot
from chroot import Bind
from context import Context
from expect import Done, Unexpected, exits_0, prints
from machine import finished
from part_ubuntu import unpack
from suites import Build

# An override can be for a tag that this release's lintian has no more, or not yet.
LINTIAN = ("lintian", "--no-cfg", "--suppress-tags", "alien-tag", "--allow-root",
           "--fail-on", "error,warning,info,pedantic", "-EI", "--pedantic")
# As hardening-check says it. A library is position-independent anyway, and what calls nothing that can be fortified
# has no such call.
HARDENED = {"Position Independent Executable": "yes|no, regular shared library", "Stack protected": "yes",
            "Fortify Source functions": "yes|unknown", "Read-only relocations": "yes", "Immediate binding": "yes"}


def in_build_chroot(c: Context, build: Build, *command: str) -> Done:
    """With the build's products in /products."""
    layer = c.work / f"layer-{build.name}-{command[0]}"
    layer.mkdir()
    chroot = BuildChroot(build.chroot, c.cache)
    return finished(chroot.argv(command, layer=layer, directory="/products",
                                binds=[Bind(str(c.packages / build.name), "/products")]))


def is_hardened(program: Path) -> None:
    said = subprocess.run(["hardening-check", program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False).stdout
    for feature, wanted in HARDENED.items():
        if not re.search(rf"^ {feature}: ({wanted})", said, re.MULTILINE):
            raise Unexpected(said)


def run(c: Context) -> None:
    for build in c.builds:
        [changes] = (c.packages / build.name).glob("*.changes")
        # Of the names of suites.
        profile = "ubuntu" if build.name == "ubuntu" else "debian"
        done = in_build_chroot(c, build, *LINTIAN, "--profile", profile, changes.name)
        c.log = lambda done=done: done.text  # type: ignore[misc]
        c.check(f"{build.name}: lintian of {build.chroot} says nothing", prints, done, "")
        done = in_build_chroot(c, build, "blhc", "--all", "--debian", "log")
        c.log = lambda done=done: done.text  # type: ignore[misc]
        # --debian: position-independent programs are the default of gcc, and need no flag.
        c.check(f"{build.name}: every file was compiled with the hardening flags", exits_0, done)
        for program in unpack(sorted((c.packages / build.name).glob("*.deb")), c.work / f"programs-{build.name}"):
            # As Debian built it.
            if program.name.startswith("libre2.so"):
                continue
            c.check(f"{build.name}: {program.name} is hardened", is_hardened, program)
