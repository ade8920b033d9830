# SPDX-License-Identifier: MIT
"""A series of patches on the files that it touches, by quilt(1): applied one after another, and written
again where the source has moved. Knows nothing of kernels, and changes only the directories it is given.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from commands import Failure

# As the patches are written: no Index lines, no dates, no names of functions.
REFRESH = ("refresh", "--no-index", "--no-timestamps", "-p", "ab")
# What quilt itself says around the words of patch(1).
OWN_WORDS = re.compile(r"(Applying|Now at|Applied|Refreshed) patch |Patch \S+ (does not apply|is unchanged)|"
                       r"Restoring |File series fully applied|\s*$")


@dataclass(frozen=True)
class Applied:
    name: str
    state: str  # clean, offset, fuzz or reject
    words: list[str]  # patch(1)'s, and the rejected hunks


CHOOSE = Path(__file__).resolve().parents[2] / "dkms/choose-series"


def names(patches: Path) -> list[str]:
    """The patches of a series file."""
    lines = (patches / "series").read_text(encoding="utf-8").splitlines()
    return [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]


def leave_out(patches: Path, tree: Path) -> list[str]:
    """Those whose condition does not hold in this source; they are taken out of the series file."""
    done = subprocess.run([CHOOSE, "--source", tree, "--patches", patches.parent, "--series", patches.name],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(done.stderr.removeprefix("error: ").partition("\n")[0])
    chosen = [line.partition("=") for line in done.stdout.splitlines()]
    (patches / "series").write_text("".join(f"{name}\n" for key, _, name in chosen if key == "patch"),
                                    encoding="utf-8")
    return [name for key, _, name in chosen if key == "left_out"]


def touched(patches: Path) -> list[str]:
    """The files that the patches name, or their conditions."""
    series = (patches / "series").read_text(encoding="utf-8")
    found = {f"drivers/gpu/drm/amd/{file}" for file in re.findall(r"# if (\S+) (?:has|lacks) ", series)}
    for name in names(patches):
        text = (patches / name).read_text(encoding="utf-8")
        found.update(re.findall(r"^(?:---|\+\+\+) [ab]/(\S+)", text, re.MULTILINE))
    return sorted(found)


def context_of(patch: Path) -> int:
    """How many lines of context its hunks have: fewer than three where the third differs between sources."""
    text = patch.read_text(encoding="utf-8")
    return max((hunk.count("\n") for hunk in re.findall(r"^@@ .*\n((?: .*\n)+)", text, re.MULTILINE)), default=3)


def header_of(patch: Path) -> str:
    return patch.read_text(encoding="utf-8").partition("\n---\n")[0]


class Stack:
    """`tree` with the first patches of `patches` applied."""

    def __init__(self, tree: Path, patches: Path) -> None:
        self.tree = tree
        self.patches = patches
        # Nobody's settings: what is written is the same for everyone.
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("QUILT_")}
        self.environment |= {"QUILT_PATCHES": str(patches), "LC_ALL": "C"}

    def _quilt(self, *words: str) -> tuple[bool, list[str]]:
        done = subprocess.run(["quilt", "--quiltrc=-", *words], cwd=self.tree, env=self.environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", check=False)
        return done.returncode == 0, [line for line in done.stdout.splitlines() if not OWN_WORDS.match(line)]

    def push(self, name: str) -> Applied:
        """Applies the next patch as far as it goes."""
        well, words = self._quilt("push", "--fuzz=0", name)
        if well:
            return Applied(name, "offset" if any("offset" in line for line in words) else "clean", words)
        well, words = self._quilt("push", "--fuzz=2", name)
        if well:
            return Applied(name, "fuzz", words)
        _, words = self._quilt("push", "-f", "--leave-rejects", "--fuzz=0", name)
        for path in sorted(self.tree.rglob("*.rej")):
            words += path.read_text(encoding="utf-8", errors="replace").splitlines()
            path.unlink()
        # So that the next one can be tried.
        self.refresh(name)
        return Applied(name, "reject", words)

    def refresh(self, name: str) -> None:
        """Writes the patch that was pushed last again, under its header."""
        header = header_of(self.patches / name)
        well, words = self._quilt(*REFRESH, "-U", str(context_of(self.patches / name)))
        if not well:
            raise Failure("quilt refresh failed: " + " ".join(words))
        if header_of(self.patches / name) != header:
            raise Failure(f"{name}: quilt does not keep its header; nothing was changed",
                          'no line of it but the last may begin with "---", "Index:" or "diff"')

    def files(self) -> dict[str, bytes]:
        """What the tree has now."""
        return {str(path.relative_to(self.tree)): path.read_bytes() for path in self.tree.rglob("*")
                if path.is_file() and path.relative_to(self.tree).parts[0] != ".pc"}
