# SPDX-License-Identifier: MIT
"""What a kernel of the list is built against: a chroot of its Debian release with headers and
compiler, amdgpu's source, and if asked the kernel itself. Of the newest point release that the
archive has; a newer one replaces the old.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import amdgpu_source
import archive
import chroot
import debian
import kernel_image
from archive import PointRelease
from cache import Record, is_recent, locked
from chroot import Bind
from commands import Failure, as_root, call, foreground, need_root, output_of, quietly, say
from kernels import Kernel

# How long apt's lists count as fresh.
FRESH_MINUTES = 360
# What a build needs in addition to the compiler, which comes with the headers; W=1 has kernel-doc
# run, in Perl or in Python.
TOOLS = ("make", "patch", "xz-utils", "kmod", "perl", "python3-minimal")
APT_INSTALL = ("apt-get", "-qq", "-y", "-o", "Dpkg::Use-Pty=0", "--no-install-recommends")
# Two lines a package of the archives that are given.
LIST_PACKAGES = r"""
for release; do
	apt-get indextargets --format '$(FILENAME)' 'Identifier: Packages' "Release: $release"
done | while read -r list; do
	/usr/lib/apt/apt-helper cat-file "$list"
done | { grep -E '^(Package|Version): ' || test $? = 1; }
"""
REMOVE_OLD = """dpkg-query -W -f '${Package}\\n' "linux-*-$1*" | xargs apt-get -qq -y purge --auto-remove"""


class Environment:
    kept: Sequence[str] = amdgpu_source.KEPT

    def __init__(self, kernel: Kernel, cache: Path, how_as_root: str) -> None:
        self.kernel = kernel
        self.cache = cache
        self.how_as_root = how_as_root
        self.debian = debian.release_of(kernel.suite)
        self.chroot = cache / "suites" / self.debian
        self.updated = cache / "suites" / f"{self.debian}.updated"
        self.record = Record(cache / "kernels" / f"{kernel.name}.env")
        self.image = cache / "kernels" / f"{kernel.name}.image"
        self.point: PointRelease | None = None

    # --- what is there

    def is_whole(self) -> bool:
        return self.record.is_whole(" ".join(TOOLS))

    def image_is_whole(self) -> bool:
        return kernel_image.is_whole(self.image, self.record.values().get("version", ""))

    def is_fresh(self, want_image: bool) -> bool:
        """Looked up in lists that are fresh still."""
        return (is_recent(self.updated, FRESH_MINUTES) and not self.record.is_older_than(self.updated)
                and self.is_whole() and (not want_image or self.image_is_whole()))

    # --- in the chroot

    def locked(self, kind: str, *, shared: bool = False) -> AbstractContextManager[None]:
        return locked(self.cache / "suites" / f"{self.debian}.{kind}", self.debian, shared=shared)

    def inside(self, command: Sequence[str], *, user: str = "0:0", directory: str = "/",
               binds: Iterable[Bind] = ()) -> list[str]:
        return as_root(*chroot.enter(self.chroot, command, user=user, directory=directory, binds=binds))

    def make_chroot(self) -> None:
        if self.chroot.is_dir():
            return
        say(f"{self.debian}: making a chroot in {self.chroot} (half a minute)")
        new = self.chroot.with_name(self.chroot.name + ".new")
        quietly(f"removal of {new}", as_root("rm", "-rf", "--one-file-system", str(new)))
        self.updated.unlink(missing_ok=True)
        chroot.make(self.debian, new)
        quietly(f"renaming {new}", as_root("mv", "-T", str(new), str(self.chroot)))

    def update_lists(self, now: bool) -> bool:
        """Whether the archive was asked, now or a short while ago. Without it what is there has to do,
        but with a message."""
        if not now and is_recent(self.updated, FRESH_MINUTES):
            return True
        say(f"{self.debian}: asking the archive for news")
        status, text = call(self.inside(["apt-get", "-qq", "-o", "APT::Update::Error-Mode=any",
                                         "-o", "Acquire::Retries=2", "update"]),
                            output=subprocess.PIPE, errors=subprocess.STDOUT)
        if status == 0:
            self.updated.touch()
            return True
        say(text.rstrip())
        if now or not self.is_whole():
            raise Failure("the archive cannot be reached")
        say(f"warning: the archive cannot be reached; {self.kernel.name} stays at "
            f"{self.record.values()['version']}")
        return False

    # --- its parts

    def find_newest(self) -> PointRelease:
        if self.point is None:
            packages = output_of(f"the list of packages of {self.kernel.suite}", self.inside(
                ["bash", "-euo", "pipefail", "-c", LIST_PACKAGES, "list",
                 *debian.archives_of(self.kernel.suite)]))
            self.point = archive.newest(archive.parse(packages), self.kernel.series)
        if self.point is None:
            raise Failure(f"{self.kernel.suite} has no linux-source-{self.kernel.series} with kernel headers",
                          f"is the line of {self.kernel.name} in tests/kernels/list out of date?")
        return self.point

    def packages(self, point: PointRelease) -> list[str]:
        """What is installed in the chroot."""
        return [f"linux-source-{self.kernel.series}={point.version}",
                f"linux-headers-{point.release}={point.version}", "gcc", *TOOLS]

    def tarball(self, point: PointRelease) -> Path:
        return self.chroot / f"usr/src/linux-source-{self.kernel.series}.tar.xz"

    def quietly_inside(self, what: str, command: Sequence[str]) -> None:
        quietly(what, self.inside(command), hint="see the lines above; for a chroot from the start: "
                                                 f"rm -rf {self.chroot} (as root)")

    def install_packages(self, point: PointRelease, until_done: ExitStack) -> None:
        old = self.record.values()
        wanted = self.packages(point)
        say(f"{self.kernel.name}: getting linux-source and headers {point.version}")
        # Of an apt that was killed.
        call(self.inside(["dpkg", "--configure", "-a"]), output=subprocess.DEVNULL,
             errors=subprocess.DEVNULL)
        self.quietly_inside(f"download of {' '.join(wanted)}",
                            [*APT_INSTALL, "--download-only", "install", *wanted])
        # What only adds harms no build that runs. Otherwise there is no environment until the new
        # record is written.
        if old and old.get("version") != point.version:
            until_done.enter_context(self.locked("use"))
            self.record.path.unlink(missing_ok=True)
        self.quietly_inside(f"installation of {' '.join(wanted)}", [*APT_INSTALL, "install", *wanted])
        if old.get("release", point.release) != point.release:
            self.quietly_inside(f"removal of the headers of {old['release']}",
                                ["sh", "-euc", REMOVE_OLD, "remove", old["release"]])
        self.quietly_inside("apt-get clean", ["apt-get", "clean"])

    def refresh(self) -> None:
        point = self.find_newest()
        old = self.record.values()
        if self.is_whole() and (old["version"], old["release"]) == (point.version, point.release):
            self.record.path.touch()
            return
        with ExitStack() as until_done:
            self.install_packages(point, until_done)
            self.unpack_and_record(point)

    def unpack_and_record(self, point: PointRelease) -> None:
        headers = f"/usr/src/linux-headers-{point.release}"
        tarball = self.tarball(point)
        if not Path(f"{self.chroot}{headers}").is_dir() or not tarball.is_file():
            raise Failure(f"the packages of {point.version} do not hold what they should")
        with locked(self.cache / "sources.lock", self.kernel.name):
            pristine = self.record.values().get("pristine", "")
            if not pristine or not Path(pristine).is_dir():
                say(f"{self.kernel.name}: unpacking amdgpu's source")
                pristine = str(amdgpu_source.unpack(tarball, self.cache / "sources", self.kept))
            self.record.write({
                "name": self.kernel.name, "suite": self.kernel.suite, "series": self.kernel.series,
                "release": point.release, "version": point.version, "chroot": str(self.chroot),
                "headers": headers, "pristine": pristine, "tarball": str(tarball),
                "tools": " ".join(TOOLS)})
            amdgpu_source.drop_unused(self.cache / "sources", self.cache / "kernels")
        if not self.image_is_whole():
            shutil.rmtree(self.image, ignore_errors=True)

    # --- verbs

    def get(self, *, want_image: bool, update: bool) -> str:
        """Makes or refreshes it. What it is, as KEY=VALUE lines."""
        if update or not self.is_fresh(want_image):
            for name in ("suites", "kernels"):
                (self.cache / name).mkdir(parents=True, exist_ok=True)
            need_root(self.how_as_root)
            with self.locked("lock"):
                # Another process may have seen to it.
                if update or not self.is_fresh(want_image):
                    self.bring_up_to_date(want_image, update)
        return self.record.text() + (f"image={self.image}\n" if want_image else "")

    def bring_up_to_date(self, want_image: bool, update: bool) -> None:
        self.make_chroot()
        if self.update_lists(update):
            self.refresh()
        if want_image and not self.image_is_whole():
            say(f"{self.kernel.name}: getting the kernel {self.find_newest().release}")
            kernel_image.get(self.image, self.find_newest(), self.chroot, self.inside)

    def run(self, command: Sequence[str], *, user: str, directory: str, binds: Iterable[Bind]) -> int:
        """The status of a command in it. Meanwhile nobody replaces packages there."""
        if not self.is_whole():
            raise Failure(f"there is no environment of {self.kernel.name}",
                          f"tests/kernels/environment get {self.kernel.name}")
        need_root(self.how_as_root)
        with self.locked("use", shared=True):
            return foreground(self.inside(command, user=user, directory=directory, binds=binds))
