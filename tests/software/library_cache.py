# SPDX-License-Identifier: MIT
"""Real libraries with device code, as packages of Debian and a wheel from PyPI, unpacked in the cache
and never installed. A library is there whole or not at all. Needs no root.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import debian
from cache import locked
from commands import Failure, quietly, say

REQUIREMENTS = Path(__file__).resolve().parent / "requirements.txt"
PYTHON = "/usr/bin/python3"
PYPI = "pypi"


class Origin(NamedTuple):
    place: str  # a release of Debian, or PYPI
    what: str

    def __str__(self) -> str:
        return " ".join(self)


LIBRARIES = {
    "bitsandbytes": Origin(PYPI, "bitsandbytes==0.50.2"),
    "miopen-sid": Origin("sid", "libmiopen1"),
    "rocblas-sid": Origin("sid", "librocblas4"),
    "rocblas-trixie": Origin("trixie", "librocblas0"),
    "rocsparse-sid": Origin("sid", "librocsparse1"),
}


class LibraryCache:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, name: str) -> Path:
        """The folder with its files; fetched where it is not there yet. A package's control file is
        DEBIAN/control in it."""
        origin, folder = LIBRARIES[name], self.folder / name
        self.folder.mkdir(parents=True, exist_ok=True)
        # Whoever comes second waits, and finds it there.
        with locked(folder.with_name(f"{name}.lock"), name):
            if not is_from(folder, origin):
                say(f"{name}: fetching {origin.what} from {origin.place}")
                self.fetch(folder, origin)
        return folder / "tree"

    def fetch(self, folder: Path, origin: Origin) -> None:
        new = folder.with_name(f"{folder.name}.new")
        for old in (folder, new):
            shutil.rmtree(old, ignore_errors=True)
        new.mkdir()
        fetch: Callable[[Origin, Path], None] = self.fetch_wheel if origin.place == PYPI else self.fetch_deb
        fetch(origin, new)
        (new / "origin").write_text(f"{origin}\n", encoding="utf-8")
        new.rename(folder)

    def fetch_deb(self, origin: Origin, folder: Path) -> None:
        apt = ("apt-get", "-q", "-c", str(self.prepare_apt(origin.place)))
        with tempfile.TemporaryDirectory(dir=folder) as download:
            quietly(f"the lists of {origin.place}", [*apt, "update"])
            # It writes to the directory that it begins in.
            quietly(f"download of {origin.what}",
                    ["env", "-C", download, *apt, "download", origin.what])
            [deb] = Path(download).glob("*.deb")
            quietly(f"unpacking {deb.name}", ["dpkg-deb", "--raw-extract", str(deb), str(folder / "tree")])

    def prepare_apt(self, release: str) -> Path:
        """The settings of an apt with lists, status and cache of its own, so that this machine's are
        left alone."""
        apt = self.folder / "apt" / release
        for name in ("lists/partial", "archives/partial"):
            (apt / name).mkdir(parents=True, exist_ok=True)
        (apt / "status").write_text("", encoding="utf-8")
        (apt / "sources.list").write_text(debian.host_sources(release).splitlines()[0] + "\n", encoding="utf-8")
        settings = apt / "apt.conf"
        settings.write_text(debian.host_network_settings() + apt_settings(apt, os.geteuid() == 0), encoding="utf-8")
        return settings

    @staticmethod
    def fetch_wheel(origin: Origin, folder: Path) -> None:
        with tempfile.TemporaryDirectory(dir=folder) as download:
            wanted = Path(download) / "requirements.txt"
            wanted.write_text(requirement(origin.what, REQUIREMENTS.read_text(encoding="utf-8")), encoding="utf-8")
            quietly(f"download of {origin.what}", [
                PYTHON, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "--require-hashes",
                "--python-version", "3.11", "--platform", "manylinux_2_24_x86_64", "--disable-pip-version-check",
                "-d", download, "-r", str(wanted)])
            [wheel] = Path(download).glob("*.whl")
            quietly(f"unpacking {wheel.name}", [PYTHON, "-m", "zipfile", "-e", str(wheel), str(folder / "tree")])


def is_from(folder: Path, origin: Origin) -> bool:
    try:
        return (folder / "origin").read_text(encoding="utf-8") == f"{origin}\n"
    except FileNotFoundError:
        return False


def requirement(what: str, requirements: str) -> str:
    """The line of requirements.txt, with the hash."""
    for line in requirements.splitlines():
        if line.startswith(f"{what} --hash="):
            return f"{line}\n"
    raise Failure(f"tests/software/requirements.txt has no line with a hash for {what}")


def apt_settings(apt: Path, as_root: bool) -> str:
    return (f'Dir::Etc::sourcelist "{apt}/sources.list";\nDir::Etc::sourceparts "-";\n'
            f'Dir::State "{apt}";\nDir::State::lists "{apt}/lists";\nDir::State::status "{apt}/status";\n'
            f'Dir::Cache "{apt}";\nAcquire::Check-Valid-Until "false";\nAcquire::Languages "none";\n'
            + ('APT::Sandbox::User "root";\n' if as_root else ""))
