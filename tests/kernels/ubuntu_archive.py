# SPDX-License-Identifier: MIT
"""Where apt finds Ubuntu, and the keys that it is signed with."""

from __future__ import annotations

import hashlib
import urllib.request
from pathlib import Path

from commands import Failure, quietly

RELEASES = ("jammy", "noble", "resolute")
MIRROR = "http://archive.ubuntu.com/ubuntu"
# Debian 12 has no package of Ubuntu's keys. Their fingerprints are in Ubuntu's own documentation.
KEYS_PACKAGE = f"{MIRROR}/pool/main/u/ubuntu-keyring/ubuntu-keyring_2021.03.26_all.deb"
KEYS_SHA256 = "0d0e7ed6b112f5d03eabf3c7eb01ebdacf9c57714b279e90495cfc58c8c4520f"


def sources(release: str) -> str:
    """The lines of sources.list for a release."""
    return "".join(f"deb {MIRROR} {one} main universe\n"
                   for one in (release, f"{release}-updates", f"{release}-security"))


def fetch_keys(folder: Path) -> Path:
    """The keyring, unpacked in `folder`, for an apt that has none of Ubuntu's."""
    with urllib.request.urlopen(KEYS_PACKAGE, timeout=120) as answer:
        package = answer.read()
    if hashlib.sha256(package).hexdigest() != KEYS_SHA256:
        raise Failure(f"{KEYS_PACKAGE} has changed", "compare its keys with those that Ubuntu documents")
    (folder / "keys.deb").write_bytes(package)
    quietly("unpacking Ubuntu's keys", ["dpkg-deb", "-x", str(folder / "keys.deb"), str(folder)])
    return folder / "usr/share/keyrings/ubuntu-archive-keyring.gpg"
