# SPDX-License-Identifier: MIT
"""One build of the packages, in a layer over a clean chroot. Without the unit tests, which are make check's."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import build_chroot
import chroot
import source
from build_chroot import BuildChroot
from chroot import Bind
from commands import Failure, as_root, call, quietly, say
from suites import Build

# The same in every build: paths go into debug information.
PLACE = "/build/rocmfix"
PRODUCTS = ("*.deb", "*.buildinfo", "*.changes")


def script(build: Build, ccache: str) -> str:
    """What runs in the chroot. The products are left in /build."""
    profiles = " ".join(("nocheck", *build.profiles))
    lines = [f"export DEB_BUILD_PROFILES='{profiles}' DEB_BUILD_OPTIONS='nocheck noautodbgsym'"]
    if ccache:
        lines.append(f"export CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_DIR={ccache} CCACHE_NOHASHDIR=1")
    lines.append("exec dpkg-buildpackage --unsigned-source --unsigned-changes --build=binary")
    return "\n".join(lines)


def run(build: Build, output: Path, cache: Path, *, ccache: str = "", fresh: bool = False, version: str = "",
        copy: Callable[[Path], None] = source.copy_tree) -> None:
    """Builds into `output`, which is replaced. `copy` puts the source into a folder."""
    begun = time.monotonic()
    work = Path(tempfile.mkdtemp(prefix="rocmfix-build."))
    try:
        tree = work / "build/rocmfix"
        copy(tree)
        version = source.add_entry(tree / "debian/changelog", build.suffix, build.suites[0], version)
        base = BuildChroot(build.chroot, cache)
        base.get(source.TOP, fresh=fresh)
        say(f"{build.name}: building {version} in a clean {build.chroot} (8 minutes of CPU time)")
        binds = [Bind(str(work / "build"), "/build"), *(chroot.same_path(ccache) if ccache else [])]
        with (work / "log").open("wb") as log:
            status, _ = call(base.argv(["sh", "-euc", script(build, ccache)], layer=work / "layer",
                                       directory=PLACE, binds=binds), output=log.fileno(), errors=log.fileno())
        build_chroot.remove(output)
        output.mkdir(parents=True)
        shutil.move(work / "log", output / "log")
        if status != 0:
            for line in (output / "log").read_text(encoding="utf-8", errors="replace").splitlines()[-30:]:
                say(line)
            raise Failure(f"the packages cannot be built in {build.chroot}", f"the whole log: {output}/log")
        for product in sorted(path for pattern in PRODUCTS for path in (work / "build").glob(pattern)):
            quietly(f"taking {product.name}", as_root("mv", str(product), str(output)))
    finally:
        # What root wrote in it, too.
        build_chroot.remove(work)
    say(f"{build.name}: {version} is in {output} ({time.monotonic() - begun:.0f} s)")
