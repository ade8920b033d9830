# SPDX-License-Identifier: MIT
"""The signed repository as static files, made by aptly from the builds: any web server can serve them.

The secret key is read from a file into a keyring that lives as long as this does. None is kept.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from commands import Failure
from suites import Build, Repository

# The public key, as users put it into /etc/apt/keyrings.
PUBLIC_KEY = "rocmfix.asc"
KEY_PLACE = f"/etc/apt/keyrings/{PUBLIC_KEY}"


def _run(home: Path, *command: str) -> str:
    done = subprocess.run(command, env={**os.environ, "GNUPGHOME": str(home)}, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise Failure(f"failed: {' '.join(command[:4])}\n{done.stdout}{done.stderr}".rstrip())
    return done.stdout


class Keyring:
    """GnuPG's folder with one secret key."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def gpg(self, *words: str) -> str:
        return _run(self.home, "gpg", "--batch", "--no-tty", "--pinentry-mode", "loopback", *words)

    def fingerprint(self) -> str:
        lines = self.gpg("--with-colons", "--list-secret-keys").splitlines()
        found = [lines[index + 1].split(":")[9] for index, line in enumerate(lines)
                 if line.startswith("sec:") and index + 1 < len(lines)]
        if len(found) != 1:
            raise Failure(f"the file has {len(found)} secret keys instead of one",
                          "gpg --armor --export-secret-keys KEY-ID >FILE")
        return found[0]

    def public_key(self) -> str:
        return self.gpg("--armor", "--export", self.fingerprint())


@contextlib.contextmanager
def keyring(secret: Path | None) -> Iterator[Keyring]:
    """With the key of a file, or with a new one that nobody else will ever have."""
    with tempfile.TemporaryDirectory(prefix="rocmfix-gnupg.") as name:
        ring = Keyring(Path(name))
        try:
            if secret is None:
                ring.gpg("--passphrase", "", "--quick-generate-key", "rocmfix throw-away key", "ed25519", "sign", "1y")
            else:
                ring.gpg("--import", str(secret))
            yield ring
        finally:
            subprocess.run(["gpgconf", "--kill", "all"], env={**os.environ, "GNUPGHOME": name}, check=False)


def packages_of(build: Build, packages: Path) -> list[Path]:
    """The packages of a build that its suites have."""
    found = [path for path in sorted((packages / build.name).glob("*.deb"))
             if path.name.partition("_")[0] not in build.left_out]
    if not found:
        raise Failure(f"there are no packages of the build {build.name} in {packages}",
                      f"packaging/apt/make-repository build {build.name}")
    return found


def source_of(repository: Repository, url: str, suite: str) -> str:
    """The deb822 source of a suite, as users put it into /etc/apt/sources.list.d."""
    return (f"Types: deb\nURIs: {url}\nSuites: {suite}\nComponents: {repository.component}\n"
            f"Architectures: amd64\nSigned-By: {KEY_PLACE}\n")


def publish(repository: Repository, builds: list[Build], packages: Path, output: Path, ring: Keyring, *,
            url: str = "") -> None:
    """Replaces `output` with a repository of these builds, whole or not at all. With the URL that it will be
    served at, there is a source of each suite in it, too."""
    with tempfile.TemporaryDirectory(prefix="rocmfix-aptly.") as name:
        work = Path(name)
        config = work / "aptly.conf"
        config.write_text(json.dumps({"rootDir": str(work), "gpgProvider": "gpg"}), encoding="utf-8")

        def aptly(*words: str) -> None:
            _run(ring.home, "aptly", f"-config={config}", *words)

        for build in builds:
            for suite in build.suites:
                aptly("repo", "create", f"-component={repository.component}", suite)
                aptly("repo", "add", suite, *map(str, packages_of(build, packages)))
                aptly("publish", "repo", "-batch", f"-gpg-key={ring.fingerprint()}", f"-distribution={suite}",
                      f"-origin={repository.origin}", f"-label={repository.label}", "-architectures=amd64",
                      "-acquire-by-hash", "-skip-contents", suite)
        made = work / "public"
        if url:
            for suite in [suite for build in builds for suite in build.suites]:
                (made / f"{suite}.sources").write_text(source_of(repository, url, suite), encoding="utf-8")
        (made / PUBLIC_KEY).write_text(ring.public_key(), encoding="utf-8")
        new = output.with_name(f".{output.name}.new")
        shutil.rmtree(new, ignore_errors=True)
        new.parent.mkdir(parents=True, exist_ok=True)
        # A copy: aptly links files, and these would still be those of the builds.
        shutil.copytree(made, new, symlinks=True)
        shutil.rmtree(output, ignore_errors=True)
        new.rename(output)
