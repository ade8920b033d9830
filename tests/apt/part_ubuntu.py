# SPDX-License-Identifier: MIT
"""Whether the packages for Ubuntu install there, without an Ubuntu: apt's own solver decides, on the versions of
packaging/apt/ubuntu.toml; and the programs need no symbol that the oldest release lacks.
"""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterable
from pathlib import Path

from context import Context
from expect import Done, Unexpected, exits_0, fails, has, has_not, true
from paths import TOP

FACTS = tomllib.loads((TOP / "packaging/apt/ubuntu.toml").read_text(encoding="utf-8"))
WANTED = ("librocmfix-dev", "python3-rocmfix", "rocmfix", "rocmfix-sim")


def packages_text(packages: dict[str, str]) -> str:
    return "".join(f"Package: {name}\nVersion: {version}\nArchitecture: amd64\nMulti-Arch: allowed\n"
                   f"Maintainer: x\nDescription: as recorded\nFilename: ./{name}.deb\nSize: 1\nMD5sum: {'0' * 32}\n\n"
                   for name, version in packages.items())


class Solver:
    """apt with nothing installed, that knows recorded packages and a repository of ours."""

    def __init__(self, folder: Path, recorded: dict[str, str], repository: Path, suite: str) -> None:
        for name in ("state/lists/partial", "cache/archives/partial", "etc", "dpkg", "recorded"):
            (folder / name).mkdir(parents=True)
        (folder / "dpkg/status").touch()
        (folder / "recorded/Packages").write_text(packages_text(recorded), encoding="utf-8")
        (folder / "sources.list").write_text(f"deb [trusted=yes] copy:{folder}/recorded ./\n"
                                             f"deb [trusted=yes] copy:{repository} {suite} main\n", encoding="utf-8")
        self.options = [word for value in (
            "APT::Architecture=amd64", "APT::Architectures=amd64", f"Dir::State={folder}/state",
            f"Dir::State::status={folder}/dpkg/status", f"Dir::Cache={folder}/cache", f"Dir::Etc={folder}/etc",
            f"Dir::Etc::SourceList={folder}/sources.list", f"Dir::Etc::SourceParts={folder}/etc",
            "APT::Sandbox::User=root", "APT::Install-Recommends=false", "Acquire::Languages=none")
            for word in ("-o", value)]

    def apt(self, *words: str) -> Done:
        done = subprocess.run(["apt-get", *self.options, *words], text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return Done(done.returncode, done.stdout)


def unpack(packages: Iterable[Path], folder: Path) -> list[Path]:
    """The programs and libraries in them."""
    for deb in packages:
        subprocess.run(["dpkg-deb", "-x", deb, folder], check=True)
    return [path for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.is_symlink() and path.read_bytes()[:4] == b"\x7fELF"]


def dynamic(program: Path) -> str:
    return subprocess.run(["objdump", "-p", program], stdout=subprocess.PIPE, text=True, check=True).stdout


def number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def needs_no_newer(program: Path, limits: dict[str, str]) -> None:
    """No symbol version above these; those that libstdc++ or glibc call otherwise, such as GLIBC_PRIVATE, neither."""
    needed = re.findall(r"^ +0x[0-9a-f]+ 0x[0-9a-f]+ [0-9]+ ([A-Z]+)_([0-9.]+|[A-Z_]+)$", dynamic(program), re.MULTILINE)
    too_new = [f"{kind}_{version}" for kind, version in needed
               if kind in limits and (not version[0].isdigit() or number(version) > number(limits[kind]))]
    if too_new:
        raise Unexpected(f"{program.name} needs {', '.join(too_new)}")


def run(c: Context) -> None:
    build = c.build("ubuntu")
    top = c.publish(c.work / "ubuntu/apt", [build])
    for release in FACTS["release"]:
        suite = release["codename"]
        solver = Solver(c.work / "ubuntu" / suite, release["packages"], top, suite)
        c.check(f"{release['system']}: apt reads the repository", exits_0, solver.apt("update"))
        done = solver.apt("--simulate", "install", *WANTED)
        c.check(f"{release['system']}: every dependency can be had", exits_0, done)
        c.check(f"{release['system']}: they are this build's", has, done, rf"^Inst rocmfix \([^ ]*{build.suffix} ")
        without = {name: version for name, version in release["packages"].items() if name != "libc6"}
        lacking = Solver(c.work / "ubuntu" / f"{suite}-lacking", without, top, suite)
        lacking.apt("update")
        c.check(f"{release['system']}: the solver says no where one is missing", fails,
                lacking.apt("--simulate", "install", "rocmfix"))
    programs = unpack(sorted((c.packages / build.name).glob("*.deb")), c.work / "ubuntu/programs")
    c.check("there are programs to look at", true, len(programs) >= 6)
    for program in programs:
        c.check(f"{program.name}: needs nothing newer than {FACTS['oldest']['system']}", needs_no_newer, program,
                FACTS["oldest"]["symbols"])
        c.check(f"{program.name}: no library but Ubuntu's and its own", has_not, dynamic(program),
                r"NEEDED +(?! |lib(c|gcc_s|stdc\+\+|m|re2|rocmfix)\.so|ld-linux)")
