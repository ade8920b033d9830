# SPDX-License-Identifier: MIT
"""The releases that the wheel is installed in, as chroots in the cache: Debian's with their HIP runtimes,
Ubuntu 22.04 because no Debian has the glibc 2.35 that the wheel's tag promises, and Debian 11, whose glibc is
older.
"""

import os
import platform
import subprocess
import tempfile
from pathlib import Path

import cache
import chroot
import debian
from commands import as_root, need_root, quietly, say
from runtime_chroot import RuntimeChroot

HIP = ("bookworm", "trixie", "sid")
OLDEST = "jammy"  # glibc 2.35, Python 3.10
TOO_OLD = "bullseye"  # glibc 2.31
# The release of this machine, and so of the packages in dist/. sid's codename is that of the next release.
CODENAME = platform.freedesktop_os_release().get("VERSION_CODENAME")
OWN = CODENAME if CODENAME in HIP else "sid"
PACKAGES = "python3,python3-venv,ca-certificates"


def _debian_sources(suite):
    return f"deb {debian.SIGNED} {debian.mirror(debian.host_targets(), security=False)} {suite} main\n"


def _make(suite, directory):
    say(f"{suite}: making a chroot in {directory} (a minute)")
    new = directory.with_name(f"{suite}.new")
    RuntimeChroot.remove(new)
    if suite == OLDEST:
        chroot.make(suite, new, [f"--include={PACKAGES}"])
    else:
        _make_debian(suite, new)
    quietly(f"renaming {new}", as_root("mv", "-T", str(new), str(directory)))


def _make_debian(suite, new):
    """Of the release alone: updates of the oldest are elsewhere by now."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder, "apt.conf")
        settings.write_text(debian.host_network_settings() + chroot.APT_SETTINGS, encoding="utf-8")
        argv = chroot.make_argv(suite, new, str(settings), [f"--include={PACKAGES}"])
        quietly(f"mmdebstrap {suite}", as_root(*argv), text=_debian_sources(suite))


def get(suite):
    """The chroot's directory; it is made if it is not there."""
    need_root("make check-wheel")
    if suite in HIP:
        runtime = RuntimeChroot(suite, cache.directory())
        runtime.get()
        return runtime.chroot
    directory = cache.directory() / "wheel" / suite
    directory.parent.mkdir(parents=True, exist_ok=True)
    with cache.locked(directory.with_name(f"{suite}.lock"), suite):
        if not directory.is_dir():
            _make(suite, directory)
    return directory


def run(suite, command, binds, *, network=False):
    """A command as the caller, who has no variables and no network there; what `binds` name is visible."""
    words = [str(word) for word in command]
    argv = chroot.enter(get(suite), words, user=f"{os.getuid()}:{os.getgid()}",
                        binds=chroot.same_path(*map(str, binds)))
    offline = [] if network else ["unshare", "--net"]
    return subprocess.run(as_root(*offline, *argv), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False, timeout=600)


def glibc(suite):
    """The 36 of Debian 12's glibc 2.36."""
    code = "import os; print(os.confstr('CS_GNU_LIBC_VERSION').rpartition('.')[2])"
    return int(run(suite, ["python3", "-c", code], ()).stdout)
