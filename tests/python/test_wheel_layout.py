# SPDX-License-Identifier: MIT
"""Where a package that was installed from a wheel finds its parts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rocmfix import librocmfix
from rocmfix.yolo import launcher
from rocmfix.yolo.errors import Failure

PACKAGE = Path(librocmfix.__file__).resolve().parent


def copy_of_the_package(folder):
    """As pip lays it out, with a file that is no library under the library's name."""
    package = folder / "lib/python3.11/site-packages/rocmfix"
    package.parent.mkdir(parents=True)
    subprocess.run(["cp", "-r", PACKAGE, package], check=True)
    (package / librocmfix.SONAME).write_text("no library")
    return package


def test_the_library_of_the_wheel_is_the_only_one_that_is_tried(tmp_path):
    package = copy_of_the_package(tmp_path)
    code = "import rocmfix; rocmfix.version()"
    run = subprocess.run([sys.executable, "-c", code], cwd=package.parent, capture_output=True, text=True, check=False,
                         env={name: value for name, value in os.environ.items() if name != "ROCMFIX_LIBRARY"})
    assert f"cannot load librocmfix.so.1: {package}/librocmfix.so.1: " in run.stderr


@pytest.fixture(name="nothing_is_active")
def fixture_nothing_is_active(monkeypatch):
    for name in ("VIRTUAL_ENV", "ROCMFIX_PYTHON"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(launcher.shutil, "which", lambda name, **_: f"/path/{name}")


def test_a_launcher_that_is_nowhere_is_said_with_what_installs_it(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/nowhere/rocmfix-yolo"])
    monkeypatch.setattr(launcher.shutil, "which", lambda name: None)
    with pytest.raises(Failure, match="rocmfix-run was not found") as caught:
        launcher.find_launcher()
    assert caught.value.hint == librocmfix.launcher_hint()


@pytest.mark.usefixtures("nothing_is_active")
def test_the_worker_runs_in_the_virtual_environment_of_the_program(monkeypatch):
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    monkeypatch.setattr(sys, "prefix", "/opt/venv")
    monkeypatch.setattr(sys, "executable", "/opt/venv/bin/python3")
    assert launcher.find_python(None) == "/opt/venv/bin/python3"


@pytest.mark.usefixtures("nothing_is_active")
def test_the_worker_runs_in_the_conda_environment_of_the_program(monkeypatch, tmp_path):
    (tmp_path / "conda-meta").mkdir()
    for name in ("prefix", "base_prefix"):
        monkeypatch.setattr(sys, name, str(tmp_path))
    monkeypatch.setattr(sys, "executable", f"{tmp_path}/bin/python3")
    assert launcher.find_python(None) == f"{tmp_path}/bin/python3"


@pytest.mark.usefixtures("nothing_is_active")
def test_a_program_of_the_distribution_takes_the_python_in_path(monkeypatch):
    for name in ("prefix", "base_prefix"):
        monkeypatch.setattr(sys, name, "/usr")
    assert launcher.find_python(None) == "/path/python3"


def test_the_active_environment_comes_before_that_of_the_program(monkeypatch):
    monkeypatch.delenv("ROCMFIX_PYTHON", raising=False)
    monkeypatch.setenv("VIRTUAL_ENV", "/opt/other")
    monkeypatch.setattr(sys, "prefix", "/opt/venv")
    monkeypatch.setattr(launcher.shutil, "which", lambda name, **_: name)
    assert launcher.find_python(None) == "/opt/other/bin/python3"


def test_the_launcher_of_an_environment_that_is_not_active_is_found(tmp_path):
    """python3 -m rocmfix looks where this interpreter's scripts are, before PATH."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path], check=True)
    (tmp_path / "bin/rocmfix-run").symlink_to("/bin/true")
    code = "from rocmfix import __main__ as main; print(main.check_launcher())"
    run = subprocess.run([tmp_path / "bin/python3", "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True,
                         check=False, env={"PATH": "/nonexistent"})
    assert run.stdout == f"{tmp_path}/bin/rocmfix-run\n", run.stderr
