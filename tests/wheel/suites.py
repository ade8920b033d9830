# SPDX-License-Identifier: MIT
"""The releases that the wheel is installed in, as chroots in the cache: Debian's with their HIP runtimes,
Ubuntu 22.04 because no Debian has the glibc 2.35 that the wheel's tag promises, and Debian 11, whose glibc is
older.
"""

import hashlib
import os
import subprocess
import tempfile
import urllib.request
from pathlib import Path

import cache
import chroot
import debian
from commands import as_root, need_root, quietly, say
from runtime_chroot import RuntimeChroot

HIP = ("bookworm", "trixie", "sid")
OLDEST = "jammy"  # glibc 2.35, Python 3.10
TOO_OLD = "bullseye"  # glibc 2.31
PACKAGES = "python3,python3-venv,ca-certificates"
UBUNTU = "http://archive.ubuntu.com/ubuntu"
# Debian 12 has no package of Ubuntu's keys. Their fingerprints are in Ubuntu's own documentation.
KEYS_PACKAGE = f"{UBUNTU}/pool/main/u/ubuntu-keyring/ubuntu-keyring_2021.03.26_all.deb"
KEYS_SHA256 = "0d0e7ed6b112f5d03eabf3c7eb01ebdacf9c57714b279e90495cfc58c8c4520f"


def _ubuntu_sources(suite, folder):
    with urllib.request.urlopen(KEYS_PACKAGE, timeout=120) as answer:
        package = answer.read()
    assert hashlib.sha256(package).hexdigest() == KEYS_SHA256, f"{KEYS_PACKAGE} has changed"
    (folder / "keys.deb").write_bytes(package)
    quietly("dpkg-deb -x", ["dpkg-deb", "-x", str(folder / "keys.deb"), str(folder)])
    signed = f"[signed-by={folder}/usr/share/keyrings/ubuntu-archive-keyring.gpg]"
    return "".join(f"deb {signed} {UBUNTU} {release} main universe\n"
                   for release in (suite, f"{suite}-updates", f"{suite}-security"))


def _debian_sources(suite):
    return f"deb {debian.SIGNED} {debian.mirror(debian.host_targets(), security=False)} {suite} main\n"


def _make(suite, directory):
    say(f"{suite}: making a chroot in {directory} (a minute)")
    new = directory.with_name(f"{suite}.new")
    RuntimeChroot.remove(new)
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder, "apt.conf")
        settings.write_text(debian.host_network_settings() + chroot.APT_SETTINGS, encoding="utf-8")
        sources = _ubuntu_sources(suite, Path(folder)) if suite == OLDEST else _debian_sources(suite)
        argv = chroot.make_argv(suite, new, str(settings), [f"--include={PACKAGES}"])
        quietly(f"mmdebstrap {suite}", as_root(*argv), text=sources)
    quietly(f"renaming {new}", as_root("mv", "-T", str(new), str(directory)))


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
