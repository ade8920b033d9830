# SPDX-License-Identifier: MIT
"""The repository as files: signatures, what each suite has, and that versions grow in the right order."""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path

from context import Context
from expect import Unexpected, exists, same, true
from repository import PUBLIC_KEY, source_of


def is_signed(suite: Path, key: Path) -> None:
    """Both forms, by this key alone."""
    keyring = key.with_suffix(".gpg")
    subprocess.run(["gpg", "--yes", "--dearmor", "-o", keyring, key], check=True, capture_output=True)
    for files in (["InRelease"], ["Release.gpg", "Release"]):
        done = subprocess.run(["gpgv", "--keyring", keyring, *(suite / name for name in files)],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Unexpected(done.stderr)


def paragraphs(text: str) -> list[dict[str, str]]:
    """Of a control file; of several lines only the first."""
    return [dict(re.findall(r"^([A-Z][A-Za-z0-9-]*): (.*)$", part, re.MULTILINE))
            for part in text.split("\n\n") if part.strip()]


def release_says(suite: Path, **wanted: str) -> None:
    [fields] = paragraphs((suite / "Release").read_text(encoding="utf-8"))
    same({name: fields.get(name.replace("_", "-")) for name in wanted}, wanted)


def index_is_by_hash(suite: Path) -> None:
    folder = suite / "main/binary-amd64"
    digest = hashlib.sha256((folder / "Packages").read_bytes()).hexdigest()
    exists(folder / "by-hash/SHA256" / digest)


def every_file_is_there(top: Path, packages: list[dict[str, str]]) -> None:
    for package in packages:
        file = top / package["Filename"]
        same((file.stat().st_size, hashlib.sha256(file.read_bytes()).hexdigest()),
             (int(package["Size"]), package["SHA256"]))


def sorts_before(older: str, newer: str) -> None:
    true(subprocess.run(["dpkg", "--compare-versions", older, "lt", newer], check=False).returncode == 0)


def run(c: Context) -> None:
    top = c.publish(c.work / "repository/apt", url="https://example.org/apt")
    exists(top / PUBLIC_KEY)
    c.check("its files are its own, and not those of the builds", same,
            {path.stat().st_nlink for path in top.glob("pool/**/*.deb")}, {1})
    for build in c.builds:
        for name in build.suites:
            suite = top / "dists" / name
            c.check(f"{name}: it is signed, by the key that users get", is_signed, suite, top / PUBLIC_KEY)
            c.check(f"{name}: Release", release_says, suite, Origin="rocmfix", Label="rocmfix", Codename=name,
                    Suite=name, Components="main", Acquire_By_Hash="yes")
            c.check(f"{name}: its index is there by its hash", index_is_by_hash, suite)
            c.check(f"{name}: its source is there, for this server", same,
                    (top / f"{name}.sources").read_text(encoding="utf-8"),
                    source_of(c.described, "https://example.org/apt", name))
            packages = paragraphs((suite / "main/binary-amd64/Packages").read_text(encoding="utf-8"))
            c.check(f"{name}: every package is there, whole", every_file_is_there, top, packages)
            wanted = {"librocmfix-dev", "librocmfix1", "python3-rocmfix", "rocmfix", "rocmfix-dkms",
                      "rocmfix-livepatch-dkms", "rocmfix-selftest", "rocmfix-sim"} - set(build.left_out)
            c.check(f"{name}: what it has", same, {package["Package"] for package in packages}, wanted)
            c.check(f"{name}: the version is this suite's", same,
                    {package["Version"].partition("~")[2] for package in packages}, {build.suffix[1:]})
    suffixes = {build.name: build.suffix for build in c.described.builds}
    c.check("Debian 12's version is older than Debian 13's", sorts_before, f"1{suffixes['deb12']}",
            f"1{suffixes['deb13']}")
    c.check("Debian 13's version is older than sid's", sorts_before, f"1{suffixes['deb13']}", f"1{suffixes['sid']}")
    c.check("a version with a suffix is older than the one without", sorts_before, f"1{suffixes['sid']}", "1")
