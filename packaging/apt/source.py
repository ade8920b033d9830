# SPDX-License-Identifier: MIT
"""The source that packages are built from: the files of the work tree, or those of a commit, with an entry of
debian/changelog for the build. The work tree itself is left alone.
"""

from __future__ import annotations

import re
import subprocess
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

from commands import Failure

TOP = Path(__file__).resolve().parents[2]


def copy_tree(target: Path) -> None:
    """What git knows or would know, committed or not; ignored files are left out."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=TOP,
                            stdout=subprocess.PIPE, check=True).stdout
    # Files that are deleted but not yet committed are still listed.
    names = [name for name in listed.split(b"\0") if name and (TOP / name.decode()).is_file()]
    target.mkdir(parents=True)
    packed = subprocess.Popen(["tar", "-c", "--null", "--verbatim-files-from", "-T", "-"], cwd=TOP,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with subprocess.Popen(["tar", "-x", "--no-same-owner", "-C", target], stdin=packed.stdout) as unpack:
        assert packed.stdin is not None
        packed.stdin.write(b"\0".join(names))
        packed.stdin.close()
    if packed.wait() != 0 or unpack.returncode != 0:
        raise Failure("the files of the work tree cannot be copied")


def copy_commit(commit: str, target: Path) -> None:
    target.mkdir(parents=True)
    with subprocess.Popen(["git", "archive", commit], cwd=TOP, stdout=subprocess.PIPE) as archive:
        subprocess.run(["tar", "-x", "-C", target], stdin=archive.stdout, check=True)
    if archive.returncode != 0:
        raise Failure(f"git cannot give the files of {commit}", "a shallow clone lacks them: git fetch --unshallow")


def version_of(text: str) -> str:
    """Of the newest entry of a changelog."""
    found = re.match(r"rocmfix \(([^)]+)\)", text)
    if found is None:
        raise Failure("debian/changelog does not begin with 'rocmfix (VERSION'")
    return found[1]


def add_entry(changelog: Path, suffix: str, suite: str, version: str = "") -> str:
    """An entry on top for the build, a second younger than the one below: a build depends on its source alone.
    Its version, which it returns, is that of the entry below (or `version`) with the suffix."""
    text = changelog.read_text(encoding="utf-8")
    version = (version or version_of(text)) + suffix
    signed = re.search(r"^( -- .*>  )(.*)$", text, re.MULTILINE)
    if signed is None:
        raise Failure("debian/changelog has no line with maintainer and date")
    date = parsedate_to_datetime(signed[2]) + timedelta(seconds=1)
    changelog.write_text(f"rocmfix ({version}) {suite}; urgency=medium\n\n"
                         f"  * Build for {suite}; no other change.\n\n{signed[1]}{format_datetime(date)}\n\n{text}", encoding="utf-8")
    return version
