# SPDX-License-Identifier: MIT
"""scripts/lint fails for whatever clang-tidy prints, with the exit status that it has for it."""

import json
import os
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2]
FILE = SOURCE / "userspace/util/formatted.cpp"
QUIET = "12 warnings generated."


def analyze(tmp_path, printed, status):
    """What --analyze, which runs clang-tidy alone, makes of one that does so."""
    (tmp_path / "compile_commands.json").write_text(json.dumps([{"file": str(FILE)}]))
    tool = tmp_path / "clang-tidy-22"
    tool.write_text(f"#!/bin/sh\nprintf '%s\\n' '{printed}'\nexit {status}\n")
    tool.chmod(0o755)
    return subprocess.run(
        [SOURCE / "scripts/lint", "--analyze"], text=True, capture_output=True, check=False,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "ROCMFIX_BUILD_DIR": str(tmp_path)},
    )  # fmt: skip


@pytest.mark.parametrize("status", [0, 1])
def test_what_clang_tidy_finds_is_a_failure(tmp_path, status):
    done = analyze(tmp_path, "formatted.cpp:3:1: error: of a kind", status)
    assert done.returncode == 1
    assert "error: of a kind" in done.stdout
    assert done.stdout.endswith("0 passed, 1 failed\n")


@pytest.mark.parametrize("status", [0, 1])
def test_what_clang_tidy_says_of_itself_is_none(tmp_path, status):
    done = analyze(tmp_path, QUIET, status)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "1 passed, 0 failed")
