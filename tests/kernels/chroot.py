# SPDX-License-Identifier: MIT
"""The one way into a chroot: how one is made, and how a command runs in it.

A command runs in a mount namespace of its own, with which every mount goes away, however the
command ends. Nothing here changes a mount of this machine.
"""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import debian
import ubuntu_archive
from commands import as_root, quietly

PATH = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"
# As apt and dkms expect it, on every machine alike.
ENVIRONMENT = (PATH, "HOME=/root", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", "INITRD=No")

# The archive's files can be past their Valid-Until (sid's often are), and apt's own user cannot
# enter a cache in somebody's home.
APT_SETTINGS = """\
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
APT::Sandbox::User "root";
APT::Install-Recommends "false";
"""
# What no test reads.
LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*")

# Names are resolved by the machine's own means. Replaced, never written through: in a chroot it can
# be a link, which would lead to the machine's own file.
COPY_NAMES = """\
for file in resolv.conf hosts; do
	cp -L "/etc/$file" {root}/etc/.$file.$$
	mv -T {root}/etc/.$file.$$ {root}/etc/$file
done
"""


def make_argv(release: str, directory: Path, apt_settings: str, more: Sequence[str] = ()) -> list[str]:
    """mmdebstrap, which reads the sources from stdin. Packages are unpacked without waiting for the
    disk."""
    return ["mmdebstrap", "--quiet", "--mode=root", "--variant=apt", "--format=directory",
            f"--aptopt={apt_settings}", "--dpkgopt=force-unsafe-io",
            *(f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT), *more,
            release, str(directory), "-"]


def make(release: str, directory: Path, more: Sequence[str] = ()) -> None:
    """Makes `directory` a chroot of a Debian or Ubuntu release; `more` are arguments of mmdebstrap."""
    with tempfile.TemporaryDirectory(prefix="rocmfix-apt.") as folder:
        # apt reads them as a user of its own.
        Path(folder).chmod(0o755)
        settings = Path(folder, "apt.conf")
        settings.write_text(debian.host_network_settings() + APT_SETTINGS, encoding="utf-8")
        if release in ubuntu_archive.RELEASES:
            # In the chroot, apt has its own keys.
            more = [*more, f"--keyring={ubuntu_archive.fetch_keys(Path(folder))}"]
            sources = ubuntu_archive.sources(release)
        else:
            sources = debian.host_sources(release)
        quietly(f"mmdebstrap {release}", as_root(*make_argv(release, directory, str(settings), more)), text=sources)


@dataclass(frozen=True)
class Bind:
    """A file or directory of this machine, and where it is visible in the chroot."""

    source: str
    target: str


def same_path(*paths: str) -> list[Bind]:
    return [Bind(path, path) for path in paths]


def _bind(root: str, bind: Bind) -> str:
    source, target = shlex.quote(bind.source), root + shlex.quote(bind.target)
    return (f"[ -e {target} ] || if [ -d {source} ]; then mkdir -p {target}; "
            f"else mkdir -p \"$(dirname {target})\" && : >{target}; fi\n"
            f"mount --bind {source} {target}\n")


def enter(root: Path, command: Iterable[str], *, user: str = "0:0", directory: str = "/",
          binds: Iterable[Bind] = ()) -> list[str]:
    """What root types to run a command in a Debian chroot: with its own /proc, /sys to be read, this
    machine's devices, and nothing of the caller's environment. It begins in `directory` where that is
    visible. Programs in it can have mounts and namespaces of theirs."""
    top = shlex.quote(str(root))
    script = (f"mount --rbind {top} {top}\n"
              f"mount -t proc proc {top}/proc\n"
              f"mount -t sysfs -o ro sys {top}/sys\n"
              f"mount --rbind /dev {top}/dev\n"
              + COPY_NAMES.format(root=top)
              + "".join(_bind(top, bind) for bind in binds)
              + f"exec chroot --userspec={shlex.quote(user)} {top} env -i {shlex.join(ENVIRONMENT)} "
              + "sh -c 'cd \"$0\" 2>/dev/null || cd /; exec \"$@\"' "
              + f"{shlex.quote(directory)} \"$@\"\n")
    return ["unshare", "--mount", "--propagation", "private", "sh", "-euc", script, "enter", *command]


def enter_overlaid(root: Path, command: Iterable[str], *, binds: Iterable[Bind] = ()) -> list[str]:
    """The same for a tree that is no Debian, such as a synthetic root: this machine's /usr, over which
    `.upper` of the tree is laid. /sys and /dev are the tree's own. Its processes end with the first."""
    top = shlex.quote(str(root))
    layers = shlex.quote(f"lowerdir=/usr,upperdir={root}/.upper,workdir={root}/.work")
    script = (f"mount -t overlay overlay -o {layers} {top}/usr\n"
              f"mount -t proc proc {top}/proc\n"
              + "".join(_bind(top, bind) for bind in binds)
              + f"{PATH} exec chroot {top} \"$@\"\n")
    return ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child",
            "sh", "-euc", script, "enter", *command]
