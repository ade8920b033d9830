# SPDX-License-Identifier: MIT
"""The pages of docs/ that are made of tables are what the tables say."""

import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]


def make_docs(top, *arguments):
    return subprocess.run([top / "scripts/make-docs", *arguments], capture_output=True, text=True,
                          timeout=60)  # fmt: skip


def test_the_pages_are_current():
    run = make_docs(SOURCE, "--check")
    assert (run.returncode, run.stdout) == (0, ""), "run scripts/make-docs"


def test_a_page_that_is_not_current_is_named_and_can_be_made(tmp_path):
    for name in ("scripts", "userspace/data", "docs", "tests/data"):
        shutil.copytree(SOURCE / name, tmp_path / name)
    page = tmp_path / "docs/checks.md"
    page.write_text("old\n")
    run = make_docs(tmp_path, "--check")
    assert run.returncode == 1
    assert "docs/checks.md" in run.stdout
    assert page.read_text() == "old\n"
    assert make_docs(tmp_path).returncode == 0
    assert page.read_text() == (SOURCE / "docs/checks.md").read_text()
