# SPDX-License-Identifier: MIT
"""A machine of the package tests: a chroot of a clean Debian release with one of its kernels, and a
local repository of packages. Made and entered by tests/kernels/chroot.py; it is expected to be in a
mount namespace of the tests' own, so that no mount of it outlives them.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import chroot
from chroot import Bind
from commands import Failure, call, quietly
from expect import Done

# Without a terminal, whose lines would end in CR.
APT = ("apt-get", "-y", "-q", "-o", "Dpkg::Use-Pty=0")
# Where a boot splash is installed, amdgpu is in the initramfs; here it is asked for. And nothing else
# of 400 MB of modules, nor well compressed, at every update.
SMALL_INITRAMFS = {
    "etc/dracut.conf.d/small.conf": 'drivers+=" amdgpu "\ncompress="cat"\n',
    "etc/initramfs-tools/conf.d/small": "MODULES=list\nCOMPRESS=gzip\nCOMPRESSLEVEL=1\n",
    "etc/initramfs-tools/modules": "amdgpu\n",
}


class Machine:
    """`kernel` is the release of its kernel, as uname -r has it."""

    def __init__(self, root: Path, kernel: str) -> None:
        self.root = root
        self.kernel = kernel
        self.binds: tuple[Bind, ...] = ()
        # What is shown when a check fails.
        self.last = Done(0, "")

    # --- how it is made

    def make(self, debian: str, prefer: Sequence[str] = ()) -> None:
        """As on a user's machine: no headers, no dkms. `prefer` are options of apt for the kernel."""
        chroot.make(debian, self.root, ["--include=debconf", '--aptopt=APT::Install-Recommends "true"'])
        for name, text in SMALL_INITRAMFS.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(text, encoding="utf-8")
        quietly("apt-get update", self.argv(*APT, "update"))
        image = f"linux-image-{self.kernel}"
        quietly(f"installation of {image}", self.argv(*APT, "-o", "Dpkg::Options::=--force-confold",
                                                      "install", *prefer, image))

    def copy_to(self, root: Path) -> Machine:
        quietly(f"copying {self.root}", ["cp", "-a", str(self.root), str(root)])
        return Machine(root, self.kernel)

    # --- what runs on it

    def argv(self, *command: str) -> list[str]:
        """As the user's apt runs it: it updates the initramfs, too."""
        return chroot.enter(self.root, ["env", "-u", "INITRD", *command], binds=self.binds)

    def run(self, *command: str) -> Done:
        """A question: its whole output."""
        return finished(self.argv(*command))

    def ask(self, *command: str) -> str:
        """What it writes to stdout, as $() has it: nothing where it fails at once."""
        _, text = call(self.argv(*command), output=subprocess.PIPE, errors=subprocess.DEVNULL)
        return text.rstrip("\n")

    def do(self, *command: str, under: Sequence[str] = ()) -> Done:
        """A step, whose output is shown when a check after it fails. `under` is a program such as
        strace(1) that starts it."""
        return self.did(finished([*under, *self.argv(*command)]))

    def did(self, done: Done) -> Done:
        self.last = done
        return done

    def last_output(self) -> str:
        return self.last.text

    def apt(self, *words: str) -> Done:
        return self.do(*APT, *words)

    def dpkg_install(self, *packages: Path) -> Done:
        files = self.root / "srv/files"
        files.mkdir(exist_ok=True)
        for package in packages:
            shutil.copy(package, files)
        return self.do("dpkg", "-i", *(f"/srv/files/{package.name}" for package in packages))

    def add_repository(self, packages: Iterable[Path]) -> None:
        """An apt repository that holds just these files, with apt's lists of it."""
        repository = self.root / "srv/rocmfix"
        repository.mkdir(exist_ok=True)
        for package in packages:
            shutil.copy(package, repository)
        index(repository)
        (self.root / "etc/apt/sources.list.d/rocmfix.list").write_text(
            "deb [trusted=yes] copy:/srv/rocmfix ./\n", encoding="utf-8")
        required(self.apt("update"))

    # --- what is put over its files

    @contextlib.contextmanager
    def bound(self, *binds: Bind) -> Iterator[None]:
        """What runs meanwhile sees files of this machine at paths of its own."""
        self.binds = binds
        try:
            yield
        finally:
            self.binds = ()

    @contextlib.contextmanager
    def mounted(self, folder: str, *commands: Sequence[str]) -> Iterator[None]:
        """Meanwhile `folder` is what the commands, of mount(8), have made of it."""
        target = str(self.root / folder)
        for words in commands:
            quietly(f"mount at {folder}", ["mount", *words, target])
        try:
            yield
        finally:
            quietly(f"umount of {folder}", ["umount", target])

    def found(self, *patterns: str) -> list[str]:
        """The paths that match, sorted for each pattern."""
        return [str(path.relative_to(self.root)) for pattern in patterns
                for path in sorted(self.root.glob(pattern))]


def finished(command: Sequence[str]) -> Done:
    return Done(*call(command, output=subprocess.PIPE, errors=subprocess.STDOUT))


def required(done: Done) -> Done:
    """Of a step without which the story cannot continue."""
    if done.status != 0:
        raise Failure(f"exit status {done.status} of a step that has to succeed\n{done.text}")
    return done


def index(repository: Path) -> None:
    """The list of the packages in a folder, for apt."""
    listed = subprocess.run(["apt-ftparchive", "packages", "."], cwd=repository, stdout=subprocess.PIPE,
                            check=True)
    (repository / "Packages").write_bytes(listed.stdout)


def remove(folder: Path) -> None:
    """Mounts first: nothing of this machine may be reached by the removal."""
    mounted = call(["findmnt", "-rno", "TARGET"], output=subprocess.PIPE)[1].splitlines()
    for target in sorted((line for line in mounted if line.startswith(f"{folder}/")), reverse=True):
        subprocess.run(["umount", "-l", target], check=False)
    subprocess.run(["rm", "-rf", "--one-file-system", folder], check=True)
