# SPDX-License-Identifier: MIT
"""docs/architecture.md has a line for every folder, and librocmfix's folders keep their order."""

import re
import subprocess
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
LIBRARY = SOURCE / "userspace/librocmfix/src"
# From the lowest; a folder includes from those in lines above it only.
FLOORS = [{"base"}, {"software", "modprobe", "explain", "restart", "builds"}, {"machine"}, {"policy"},
          {"verify"}, {"doctor"}, {"report"}]
# What is below one of these is described by its own documents.
WHOLE = ("tests", "kernel/patches", "debian", "dkms", "docs/upstream", "userspace/sim/kernel/linux")


def tracked(*patterns):
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "--", *patterns],
                            cwd=SOURCE, capture_output=True, text=True, check=True)
    return [Path(line) for line in listed.stdout.splitlines() if (SOURCE / line).is_file()]


def described():
    text = (SOURCE / "docs/architecture.md").read_text(encoding="utf-8")
    table = text.split("## The folders", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)


def folders():
    found = set()
    for path in tracked():
        folder = str(path.parent)
        for whole in WHOLE:
            if folder.startswith(whole + "/"):
                folder = whole
        found.add(folder)
    return found - {".", "userspace", "userspace/librocmfix", "tests"}


def test_every_folder_has_its_line():
    assert folders() - set(described()) == set()


def test_every_line_is_of_a_folder():
    gone = [folder for folder in described() if not (SOURCE / folder).is_dir()]
    assert not gone
    assert len(described()) == len(set(described()))


def owner_of(header):
    """The folder of the library that a public header's functions are in."""
    name = Path(header).stem
    found = [path.parent.name for path in LIBRARY.glob(f"*/{name}.cpp")]
    return found[0] if len(found) == 1 else None


def test_librocmfix_includes_from_lower_folders_only():
    floor = {folder: number for number, folders in enumerate(FLOORS) for folder in folders}
    assert set(floor) == {path.name for path in LIBRARY.iterdir() if path.is_dir()}
    looked_at, upward = 0, []
    for path in tracked("userspace/librocmfix/src/*/*.?pp"):
        own = (SOURCE / path).relative_to(LIBRARY).parts[0]
        for header in re.findall(r'#include "([^"]+)"', (SOURCE / path).read_text(encoding="utf-8")):
            folder = owner_of(header) if header.startswith("rocmfix/") else header.split("/")[0]
            if folder not in floor or folder == own:
                continue
            looked_at += 1
            if floor[folder] >= floor[own]:
                upward.append(f"{path} includes {header}")
    assert looked_at > 50
    assert not upward
