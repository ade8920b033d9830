# SPDX-License-Identifier: MIT
"""The wheel next to the Debian packages of dist/, in a system of this machine's release that is thrown away."""

import subprocess

import pytest

import chroot
import suites
from commands import as_root
from conftest import CHECKOUT

NAMES = ("librocmfix1", "rocmfix", "python3-rocmfix")
OVERLAY = """\
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" "$1/root"
shift 2
exec "$@"
"""
# Prints "KEY: VALUE" lines.
SCRIPT = """\
set -eu
wheel=$1
shift
loaded="import rocmfix
rocmfix.version()
print(*(line.split()[-1] for line in open('/proc/self/maps') if '/librocmfix.so' in line and 'r-xp' in line))"
say() { printf '%s: %s\\n' "$1" "$2"; }
apt-get -qq update
apt-get -qq -y -o Dpkg::Use-Pty=0 install "$@" >/dev/null
python3 -m venv --system-site-packages /env
say package "$(rocmfix --version)"
say before "$(/env/bin/python3 -c "$loaded")"
/env/bin/pip install --quiet --no-index "$wheel"
say wheel "$(/env/bin/rocmfix --version)"
say package-beside "$(rocmfix --version)"
say in-environment "$(/env/bin/python3 -c "$loaded")"
say in-system "$(/usr/bin/python3 -c "$loaded")"
say first "$(PATH=/env/bin:$PATH; command -v rocmfix-run)"
/env/bin/pip uninstall --quiet --yes rocmfix
say after "$(/env/bin/python3 -c "$loaded")"
/env/bin/pip install --quiet --no-index "$wheel"
apt-get -qq -y purge librocmfix1 rocmfix python3-rocmfix >/dev/null
say instead "$(/env/bin/python3 -c "$loaded") $(/env/bin/rocmfix-run --version)"
"""


@pytest.fixture(name="said", scope="module")
def fixture_said(wheel, tmp_path_factory):
    packages = [found for name in NAMES for found in (CHECKOUT / "dist").glob(f"{name}_*.deb")]
    assert len(packages) == len(NAMES), "make deb"
    top = tmp_path_factory.mktemp("overlay")
    lower = suites.get(suites.OWN)
    enter = chroot.enter(top / "root", ["sh", "-c", SCRIPT, "sh", str(wheel), *map(str, packages)],
                         binds=chroot.same_path(str(CHECKOUT / "dist")))
    argv = ["unshare", "--mount", "--propagation", "private", "sh", "-euc", OVERLAY, "overlay", str(top), str(lower)]
    done = subprocess.run(as_root(*argv, *enter), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(line.split(": ", 1) for line in done.stdout.splitlines() if ": " in line)


def test_each_says_which_one_it_is(said):
    assert "wheel" not in said["package"]
    assert said["package-beside"] == said["package"]
    assert said["wheel"] == f"{said['package']}, Python wheel in /env"


def test_each_python_has_the_library_that_belongs_to_its_package(said):
    debian = "/usr/lib/x86_64-linux-gnu/librocmfix.so.1.0.0"
    assert said["before"] == said["in-system"] == said["after"] == debian
    (version,) = {said["in-environment"].split("/")[3]}
    assert said["in-environment"] == f"/env/lib/{version}/site-packages/rocmfix/librocmfix.so.1"


def test_an_active_environment_comes_first(said):
    assert said["first"] == "/env/bin/rocmfix-run"


def test_the_wheel_needs_no_package(said):
    assert said["instead"].startswith("/env/lib/") and said["instead"].endswith("Python wheel in /env")
