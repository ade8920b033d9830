# SPDX-License-Identifier: MIT
"""The wheel with each Python of this machine, and with uv. Those of the releases are in check_installed.py."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import HERE, ROOTS

VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
VARIABLES = {"PATH": os.defpath, "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}
CODE = "import rocmfix, sys; print('%d.%d' % sys.version_info[:2], rocmfix.version())"


def built(version):
    """Those of pyenv."""
    return sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}"))


def interpreter(version):
    """Debian's, or one of pyenv's."""
    found = shutil.which(f"python{version}", path="/usr/bin:/usr/local/bin")
    return Path(found) if found else next(reversed(built(version)), None)


def run(*command, **variables):
    done = subprocess.run([str(word) for word in command], env={**VARIABLES, **variables}, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout
    return done.stdout


def check(prefix, version, wheel):
    assert run(prefix / "bin/python3", "-c", CODE) == f"{version} {wheel.name.split('-')[1]}\n"
    assert "gfx1031" in run(prefix / "bin/rocmfix", "status", "--root", ROOTS / "rx6700xt")
    assert run(prefix / "bin/rocmfix-run", "--root", ROOTS / "rx6700xt", "sh", "-c", "echo $LD_PRELOAD") == (
        f"{prefix}/lib/rocmfix/librocmfix-hip.so\n")
    assert "rocmfix-yolo" in run(prefix / "bin/rocmfix-yolo", "--help")


@pytest.mark.parametrize("version", VERSIONS)
def test_python(version, wheel, tmp_path):
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    run(python, "-m", "venv", tmp_path / "environment")
    run(tmp_path / "environment/bin/python3", "-m", "pip", "install", "--no-index", wheel)
    check(tmp_path / "environment", version, wheel)


def test_a_prefix_as_conda_makes_it(wheel, tmp_path):
    """Not a virtual environment: a Python of its own, with its packages and programs, in a folder of the user."""
    pythons = [found for version in VERSIONS for found in built(version)]
    if not pythons:
        pytest.skip("pyenv has no Python here")
    version = pythons[0].name.removeprefix("python")
    prefix = tmp_path / "environment"
    shutil.copytree(pythons[0].parents[1], prefix, symlinks=True,
                    ignore=shutil.ignore_patterns("test", "tests", "__pycache__", "*.a"))
    (prefix / "conda-meta").mkdir()
    run(prefix / "bin/python3", "-m", "pip", "install", "--no-index", wheel)
    check(prefix, version, wheel)
    code = "from rocmfix.yolo.launcher import find_python; print(find_python(None))"
    assert run(prefix / "bin/python3", "-c", code) == f"{prefix}/bin/python3\n"
    run(prefix / "bin/python3", "-m", "pip", "uninstall", "--yes", "rocmfix")
    assert not [path for path in prefix.rglob("*rocmfix*") if "__pycache__" not in path.parts]


def test_uv(wheel, tmp_path):
    tool = tmp_path / "tool"
    run("/usr/bin/python3", "-m", "venv", tool)
    subprocess.run([tool / "bin/pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes",
                    "-r", HERE / "requirements.txt"], check=True)
    uv, prefix = tool / "bin/uv", tmp_path / "environment"
    version = run("/usr/bin/python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])").strip()
    cache = {"UV_CACHE_DIR": str(tmp_path / "cache"), "UV_OFFLINE": "1", "UV_PYTHON_DOWNLOADS": "never"}
    run(uv, "venv", "--python", "/usr/bin/python3", prefix, **cache)
    before = set(prefix.rglob("*"))
    run(uv, "pip", "install", "--python", prefix / "bin/python3", "--no-index", wheel, **cache)
    check(prefix, version, wheel)
    run(uv, "pip", "uninstall", "--python", prefix / "bin/python3", "rocmfix", **cache)
    # It leaves empty folders, which pip does not, and a lock of its own.
    assert {path.name for path in set(prefix.rglob("*")) - before
            if "__pycache__" not in path.parts and not path.is_dir()} <= {".lock"}
