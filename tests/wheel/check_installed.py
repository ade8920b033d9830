# SPDX-License-Identifier: MIT
"""The wheel in an environment of each release, installed without a network, with nothing of this checkout
but the wheel and the synthetic roots."""

import json
import subprocess
from pathlib import Path

import pytest

import faults
import suites
from conftest import BUILD, ROOTS, glibc

FAULT = ("Memory access fault by GPU node-1 (Agent handle: 0x1) on address 0x7f0000000000. "
         "Reason: Page not present or supervisor privilege.\n")


class Environment:
    """A virtual environment in `top`, which is visible in a chroot of `suite` at its own path."""

    def __init__(self, suite, top, wheel, name="environment"):
        self.suite = suite
        self.top = top
        self.prefix = top / name
        self.wheel = wheel
        self.run("python3", "-m", "venv", self.prefix)
        self.before = self.files()
        self.installed = self.pip("install", "--no-index", wheel).stdout

    def run(self, *command, status=0):
        """A command that inherits no variable: neither PATH nor VIRTUAL_ENV names the environment."""
        done = suites.run(self.suite, command, (self.top, ROOTS, self.wheel.parent))
        assert status is None or done.returncode == status, done.stdout + done.stderr
        return done

    def program(self, name, *words, **options):
        return self.run(self.prefix / "bin" / name, *words, **options)

    def pip(self, *words, **options):
        return self.program("python3", "-m", "pip", "--disable-pip-version-check", *words, **options)

    def files(self):
        return {path.relative_to(self.prefix) for path in self.prefix.rglob("*")
                if "__pycache__" not in path.parts}


@pytest.fixture(name="environment", scope="module", params=[suites.OLDEST, *suites.HIP])
def fixture_environment(request, wheel, tmp_path_factory):
    if glibc(wheel) > suites.glibc(request.param):
        pytest.skip(f"the glibc of {request.param} is older than that of this wheel")
    return Environment(request.param, tmp_path_factory.mktemp(request.param), wheel)


def test_it_installs_without_a_network(environment):
    assert "Successfully installed rocmfix-" in environment.installed
    assert {Path("bin/rocmfix"), Path("bin/rocmfix-run"), Path("bin/rocmfix-yolo"),
            Path("lib/rocmfix/librocmfix-hip.so")} <= environment.files() - environment.before


@pytest.mark.parametrize("name", ["rocmfix", "rocmfix-run"])
def test_a_program_says_which_one_it_is(environment, name):
    version = environment.wheel.name.split("-")[1]
    assert environment.program(name, "--version").stdout == (
        f"{name} {version}, Python wheel in {environment.prefix}\n")


@pytest.mark.parametrize("root", ["rx5600xt", "rx6700xt", "no-amd", "rx5600xt-origin"])
def test_the_doctor_says_what_a_build_says(environment, root):
    argv = ["doctor", "--json", "--root", ROOTS / root]
    ours = subprocess.run([BUILD / "bin/rocmfix", *argv], stdout=subprocess.PIPE, text=True, check=False,
                          env={"PATH": "/usr/bin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8"})
    theirs = environment.program("rocmfix", *argv, status=ours.returncode)
    assert json.loads(theirs.stdout) == json.loads(ours.stdout)


def test_a_log_is_explained(environment):
    log = environment.top / "log"
    log.write_text(FAULT)
    assert "0x7f0000000000" in environment.program("rocmfix", "explain", log).stdout


def test_a_program_that_dies_of_gpu_faults_is_started_again(environment):
    note = environment.top / "note"
    run = environment.run("env", f"HOME={environment.top}", environment.prefix / "bin/rocmfix-run", "--root",
                          ROOTS / "rx6700xt", "--retries", "5", "--", "python3", "-c", faults.program(), note,
                          environment.top / "kmsg", "layer", "layer", "7", status=7)
    assert len(note.read_text().splitlines()) == 3
    assert "rocmfix-run: " in run.stderr and "Memory access fault by GPU" in run.stderr


def test_a_hip_program_runs_on_the_simulated_card_with_the_interposer(environment):
    if environment.suite not in suites.HIP:
        pytest.skip(f"{environment.suite} has no HIP runtime")
    out = environment.program("rocmfix-run", "--simulate", "rx5600xt", "--", "sh", "-c",
                              "rocminfo; echo $LD_PRELOAD").stdout
    assert "gfx1010" in out
    for name in ("librocmfix-sim.so", "librocmfix-hip.so"):
        assert f"{environment.prefix}/lib/rocmfix/{name}" in out


def test_python_loads_the_library_of_the_wheel(environment):
    code = ("import rocmfix; print(rocmfix.version());"
            "print(*{line.split()[-1] for line in open('/proc/self/maps') if 'rocmfix' in line}, sep='\\n')")
    version, *loaded = environment.program("python3", "-c", code).stdout.splitlines()
    assert version in environment.wheel.name
    modules = next((environment.prefix / "lib").glob("python3*")) / "site-packages"
    re2, library = sorted(loaded)
    assert (library, re2.rpartition("-")[0]) == (f"{modules}/rocmfix/librocmfix.so.1",
                                                 f"{modules}/rocmfix.libs/libre2")


def test_python_explains_a_fault(environment):
    code = f"from rocmfix import librocmfix; print(librocmfix.explain({FAULT!r})[0].events[0]['address'])"
    assert environment.program("python3", "-c", code).stdout == "0x7f0000000000\n"


def test_the_python_side_is_in_order(environment):
    run = environment.run("env", f"ROCMFIX_ROOT={ROOTS}/rx6700xt", environment.prefix / "bin/python3", "-m", "rocmfix")
    assert ", 0 failed\n" in run.stdout
    assert f"rocmfix-run: {environment.prefix}/bin/rocmfix-run\n" in run.stdout


def test_rocmfix_yolo_starts(environment):
    assert "rocmfix-yolo" in environment.program("rocmfix-yolo", "--help").stdout


def test_pips_target_has_the_command_and_the_package_and_says_what_it_has_not(environment):
    folder = environment.top / "target"
    environment.pip("install", "--no-index", "--target", folder, environment.wheel)
    code = f"import sys; sys.path.insert(0, '{folder}'); import rocmfix; print(rocmfix.version())"
    assert environment.run("python3", "-c", code).stdout.strip() in environment.wheel.name
    assert "gfx1031" in environment.run(folder / "bin/rocmfix", "status", "--root", ROOTS / "rx6700xt").stdout
    run = environment.run(folder / "bin/rocmfix-run", "--root", ROOTS / "rx6700xt", "true", status=None)
    assert run.returncode == 0 or "hint: install the wheel into an environment" in run.stderr


def test_zz_uninstalling_leaves_nothing(environment):
    environment.pip("uninstall", "--yes", "rocmfix")
    assert environment.files() == environment.before
    assert not [path for path in environment.prefix.rglob("*") if "rocmfix" in path.name]


def test_a_prefix_with_spaces(wheel, tmp_path):
    environment = Environment("trixie", tmp_path, wheel, name="my environment")
    assert "gfx1031" in environment.program("rocmfix", "status", "--root", ROOTS / "rx6700xt").stdout
    assert "rocmfix-yolo" in environment.program("rocmfix-yolo", "--help").stdout
    assert environment.program("python3", "-c", "import rocmfix; print(rocmfix.version())").stdout
    run = environment.program("rocmfix-run", "--root", ROOTS / "rx6700xt", "true", status=125)
    assert "LD_PRELOAD cannot contain a path with a space" in run.stderr and "\nhint: " in run.stderr
    environment.program("rocmfix-run", "--root", ROOTS / "rx6700xt", "--no-hip", "true")


def test_an_environment_that_was_moved(wheel, tmp_path):
    environment = Environment("trixie", tmp_path, wheel)
    environment.prefix = environment.prefix.rename(tmp_path / "moved")
    assert environment.program("rocmfix-run", "--version").stdout.endswith(f" in {tmp_path}/moved\n")
    run = environment.program("rocmfix-run", "--root", ROOTS / "rx6700xt", "sh", "-c", "echo $LD_PRELOAD")
    assert run.stdout == f"{tmp_path}/moved/lib/rocmfix/librocmfix-hip.so\n"


def test_a_glibc_that_is_too_old_is_refused(wheel, tmp_path):
    prefix = tmp_path / "environment"
    binds = (tmp_path, wheel.parent)
    assert suites.run(suites.TOO_OLD, ["python3", "-m", "venv", prefix], binds).returncode == 0
    run = suites.run(suites.TOO_OLD, [prefix / "bin/pip", "install", "--no-index", wheel], binds)
    assert run.returncode == 1
    assert "is not a supported wheel on this platform" in run.stderr
