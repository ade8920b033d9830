# SPDX-License-Identifier: MIT
"""A Debian kernel, unpacked in the cache: boot/vmlinuz-* and lib/modules. Never installed, since it
would want an initramfs. It belongs to one version, which is noted in it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from archive import PointRelease
from commands import Failure, as_root, quietly

# In the chroot.
DOWNLOADS = "/var/cache/rocmfix-image"


def is_whole(image: Path, version: str) -> bool:
    try:
        return (image / "version").read_text(encoding="utf-8") == f"{version}\n"
    except FileNotFoundError:
        return False


def arrange(tree: Path, release: str) -> None:
    """Later Debian has all of it in /usr; kmod and the tests look where it was."""
    if not (tree / "lib").exists() and (tree / "usr/lib").is_dir():
        (tree / "lib").symlink_to("usr/lib")
    kernel = tree / "usr/lib/modules" / release / "vmlinuz"
    if kernel.is_file():
        (tree / "boot").mkdir(exist_ok=True)
        kernel.rename(tree / f"boot/vmlinuz-{release}")


def get(image: Path, point: PointRelease, chroot: Path,
        inside: Callable[[Sequence[str]], list[str]]) -> None:
    """`inside` gives what runs a command in the chroot."""
    new = image.with_name(image.name + ".new")
    for path in (image, new):
        shutil.rmtree(path, ignore_errors=True)
    new.mkdir(parents=True)
    quietly(f"download of {' '.join(point.image)}", inside(
        ["sh", "-euc", 'rm -rf "$0"; mkdir -p "$0"; cd "$0"; apt-get -qq download "$@"',
         DOWNLOADS, *point.image]))
    downloads = chroot / DOWNLOADS.removeprefix("/")
    for deb in sorted(downloads.glob("*.deb")):
        quietly(f"unpacking {deb.name}", ["dpkg-deb", "-x", str(deb), str(new)])
    quietly(f"removal of {downloads}", as_root("rm", "-rf", str(downloads)))
    arrange(new, point.release)
    if not ((new / f"boot/vmlinuz-{point.release}").is_file()
            and (new / f"lib/modules/{point.release}/modules.builtin").is_file()):
        raise Failure(f"no kernel {point.release} in {' '.join(point.image)}")
    (new / "version").write_text(f"{point.version}\n", encoding="utf-8")
    new.rename(image)
