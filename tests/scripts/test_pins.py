# SPDX-License-Identifier: MIT
"""What tests get from PyPI is pinned to the byte, and README names the files that say so."""

import re

from checkout import SOURCE

FOLDERS = ("scripts", "tests", "bench", "kernel", "dkms", "userspace")
# tests/training/environment with ULTRALYTICS set: somebody names a version to try.
UNPINNED = ['"$python" -m pip install --no-deps "ultralytics==$version"']


def pip_commands():
    """(file, command) with continued lines joined, of every script that runs pip."""
    for folder in FOLDERS:
        for path in (SOURCE / folder).rglob("*"):
            if not path.is_file() or "corpus" in str(path) or path.name == "test_pins.py":
                continue
            text = re.sub(r"\\\n\s*", "", path.read_text(errors="replace"))
            for command in re.findall(r"\S+ -m pip (?:install|download|wheel)[^;&\n]*", text):
                if not text[: text.index(command)].rpartition("\n")[2].lstrip().startswith("#"):
                    yield path, command.strip()


def test_every_pip_command_requires_hashes():
    found = list(pip_commands())
    assert len(found) >= 2
    for path, command in found:
        assert "--require-hashes" in command or command in UNPINNED, f"{path}: {command}"


def test_every_requirement_has_a_version_and_a_sum_and_readme_names_its_file():
    files = sorted((SOURCE / "tests").rglob("requirements*.txt"))
    assert len(files) >= 2
    for path in files:
        assert str(path.relative_to(SOURCE)) in (SOURCE / "README.md").read_text()
    # What the wheel is built with is no test's.
    for path in [*files, SOURCE / "scripts/wheel-requirements.txt"]:
        for line in path.read_text().splitlines():
            pinned = re.fullmatch(r"[\w.-]+==[\w.]+( --hash=sha256:[0-9a-f]{64})+", line)
            assert pinned or not line or line.startswith("#"), f"{path}: {line}"
