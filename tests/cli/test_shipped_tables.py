# SPDX-License-Identifier: MIT
"""The tables that the build makes mean what the library's own readers take the same files to mean:
laid over the built-in tables, the shipped files change nothing."""

import json
import os
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ROCMFIX_BUILD_DIR", SOURCE / "build"))
ROOTS = Path(os.environ.get("ROCMFIX_TEST_ROOTS", BUILD / "roots"))
DATA = SOURCE / "userspace/data"
LOGS = sorted((SOURCE / "tests/data/logs").glob("*.[dljk]*"))


def answers(root, *calls):
    return [subprocess.run([BUILD / "bin/rocmfix", *call, "--root", root, "--json"],
                           capture_output=True, text=True, check=False) for call in calls]


def with_files(root, copy, *names):
    """A copy of a root, of hard links, with the shipped files where an administrator's own go."""
    subprocess.run(["cp", "-al", root, copy], check=True)
    (copy / "etc/rocmfix").mkdir(parents=True, exist_ok=True)
    for name in names:
        (copy / "etc/rocmfix" / name).write_bytes((DATA / name).read_bytes())
    return copy


@pytest.mark.parametrize("name", sorted(path.name for path in ROOTS.iterdir() if path.is_dir()))
def test_gpus_and_settings(name, tmp_path):
    root = ROOTS / name
    if (root / "etc/rocmfix").exists():
        pytest.skip("has an administrator's own files")
    copy = with_files(root, tmp_path / "root", "gpus.toml", "settings.toml")
    calls = [("status",), ("plan",), ("plan", "--profile", "original"), ("env",)]
    for built_in, laid_over in zip(answers(root, *calls), answers(copy, *calls), strict=True):
        assert laid_over.stdout.replace(str(copy), str(root)) == built_in.stdout
        assert laid_over.returncode == built_in.returncode


def test_builds(tmp_path):
    root = ROOTS / "rx6700xt"
    copy = with_files(root, tmp_path / "root", "builds.toml")
    frameworks = [one["name"] for one in
                  json.loads(answers(root, ("recommend", "--list"))[0].stdout)["frameworks"]]
    assert len(frameworks) >= 9
    calls = [("recommend", "--for", name) for name in frameworks]
    calls += [("recommend", "--for", name, "--gfx", "gfx1010") for name in frameworks]
    for built_in, laid_over in zip(answers(root, *calls), answers(copy, *calls), strict=True):
        assert (laid_over.stdout, laid_over.returncode) == (built_in.stdout, 0), laid_over.stderr


def test_faults(tmp_path):
    root = ROOTS / "rx5600xt"
    copy = with_files(root, tmp_path / "root", "faults.toml")
    assert len(LOGS) > 40
    calls = [("explain", log) for log in LOGS]
    for log, built_in, laid_over in zip(LOGS, answers(root, *calls), answers(copy, *calls),
                                        strict=True):
        assert laid_over.stdout.replace(str(copy), str(root)) == built_in.stdout, log.name
        assert built_in.stdout.startswith("{"), (log.name, built_in.stderr)
