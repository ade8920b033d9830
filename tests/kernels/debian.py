# SPDX-License-Identifier: MIT
"""Where apt finds Debian from here, on whichever Debian this machine runs.

Mirror and network settings are those of the machine's own apt. No other mirror is known here than
Debian's default.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from commands import output_of

DEFAULT_MIRROR = "http://deb.debian.org/debian"
SIGNED = "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
# What apt needs on this network: proxies, certificates, snapshots of the past.
NETWORK_SETTING = re.compile(
    r"Acquire::((http|https)::(Proxy|CaInfo|Verify)|Retries|Check-(Valid-Until|Date))")


def network_settings(dump: str) -> str:
    """The lines of `apt-config dump` that say how the network is reached."""
    return "".join(f"{line}\n" for line in dump.splitlines() if NETWORK_SETTING.match(line))


def host_network_settings() -> str:
    return network_settings(output_of("apt-config", ["apt-config", "dump"]))


def mirror(targets: Iterable[str], *, security: bool) -> str:
    """Out of lines "SITE RELEASE", the site that has Debian's releases, or its security updates."""
    for line in targets:
        words = line.split()
        if len(words) == 2 and words[1].endswith("-security") == security:
            return words[0]
    return DEFAULT_MIRROR + ("-security" if security else "")


def host_targets() -> list[str]:
    return output_of("apt-get indextargets",
                     ["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)",
                      "Identifier: Packages", "Origin: Debian"]).splitlines()


def sources(release: str, targets: Iterable[str]) -> str:
    """The lines of sources.list for a release; the first is that of the release itself."""
    targets = list(targets)
    main = f"deb {SIGNED} {mirror(targets, security=False)}"
    security = f"deb {SIGNED} {mirror(targets, security=True)}"
    lines = [f"{main} {release} main"]
    if release != "sid":
        lines += [f"{main} {release}-updates main", f"{security} {release}-security main"]
        # Nothing is wanted from bookworm's.
        if release != "bookworm":
            lines.append(f"{main} {release}-backports main")
    return "".join(f"{line}\n" for line in lines)


def host_sources(release: str) -> str:
    return sources(release, host_targets())


def release_of(suite: str) -> str:
    """The release that a suite belongs to: its chroot has that name."""
    return suite.removesuffix("-backports")


def archives_of(suite: str) -> list[str]:
    """The releases, as apt calls them, in which the packages of a suite are looked up."""
    if suite == "sid" or suite.endswith("-backports"):
        return [suite]
    return [suite, f"{suite}-updates", f"{suite}-security"]
