# SPDX-License-Identifier: MIT
"""dkms/common.bash: the options, messages and questions that the scripts share; and that both
packages install it with everything else their scripts need."""

import shutil
import subprocess
from pathlib import Path

import pytest

from parts import TOP

SCRIPT = """#!/bin/bash
set -euo pipefail
. "$(dirname "$(realpath "$0")")/common.bash"
usage() { echo "usage: script"; }
kernel='' source_tree=/usr/src no_registers=no
read_options "kernel= source-tree= no-registers" "$@"
require_options kernel
echo "$kernel|$source_tree|$no_registers"
"""


@pytest.fixture(name="directory")
def fixture_directory(tmp_path):
    for name in ("common.bash", "names"):
        shutil.copy(TOP / "dkms" / name, tmp_path)
    return tmp_path


@pytest.fixture(name="script")
def fixture_script(directory):
    def run(*arguments, text=SCRIPT, **environment):
        path = directory / "script"
        path.write_text(text)
        path.chmod(0o755)
        done = subprocess.run([path, *arguments], capture_output=True, text=True, check=False,
                              env={"PATH": "/usr/bin:/bin", **environment})
        return done.returncode, done.stdout, done.stderr
    return run


def question(code):
    return SCRIPT.split("usage()", maxsplit=1)[0] + code + "\n"


def test_options_set_the_variables_of_their_names(script):
    assert script("--kernel", "6.1", "--no-registers", "--source-tree", "/a b")[:2] == (0, "6.1|/a b|yes\n")
    assert script("--kernel", "--no-registers")[:2] == (0, "--no-registers|/usr/src|no\n")


def test_help_is_no_error(script):
    for name in ("--help", "-h"):
        assert script("--kernel", "6.1", name) == (0, "usage: script\n", "")


@pytest.mark.parametrize("arguments, what", [
    (["--kernle", "6.1"], "unknown argument '--kernle'"),
    (["--kernel=6.1"], "unknown argument '--kernel=6.1'"),
    (["--kernel="], "unknown argument '--kernel='"),
    (["--kernel source-tree", "x"], "unknown argument '--kernel source-tree'"),
    (["6.1"], "unknown argument '6.1'"),
    ([""], "unknown argument ''"),
    (["--kernel"], "--kernel needs a value"),
    (["--source-tree", "/usr/src"], "--kernel is missing"),
    (["--kernel", ""], "--kernel is missing"),
])
def test_wrong_options_are_named_with_the_way_to_the_right_ones(script, arguments, what):
    assert script(*arguments) == (2, "", f"error: {what}\nhint: type: script --help\n")


@pytest.mark.parametrize("verb, status", [("fail", 1), ("skip", 77)])
def test_trouble_is_two_lines_and_a_status(script, verb, status):
    said = "error: no room\nhint: make some\n"
    assert script(text=question(f'{verb} "no room" "make some"')) == (status, "", said)


def test_error_without_a_hint_is_one_line(script):
    assert script(text=question('fail "no room"')) == (1, "", "error: no room\n")


def test_value_of_a_key_is_that_of_its_first_line(script):
    text = question(r"""value_of version <<<$'subversion=0\nversion=a=b\nversion=2'
        value_of absent <<<version=1
        value_of version /nonexistent; echo "still here" """)
    assert script(text=text) == (0, "a=b\nstill here\n", "")


def test_modules_are_found_however_they_are_compressed(script, directory):
    for name in ("a/amdgpu.ko.xz", "b/amdgpu.ko", "b/amdgpu.ko.zst", "b/amdgpu.ko.sig"):
        (directory / name).parent.mkdir(exist_ok=True)
        (directory / name).touch()
    text = question('list_amdgpu "$here/none" "$here"/[ab] | sed "s|$here/||"')
    assert script(text=text) == (0, "a/amdgpu.ko.xz\nb/amdgpu.ko\nb/amdgpu.ko.zst\n", "")


def test_sources_next_to_it_tell_which_package_it_is(script, directory):
    assert script(text=question("package_name"))[1] == "rocmfix-dkms\n"
    (directory / "livepatch").mkdir()
    assert script(text=question("package_name"))[1] == "rocmfix-livepatch-dkms\n"


def test_room_is_a_number_of_mib(script):
    assert int(script(text=question("free_mib /"))[1]) > 0


def test_programs_are_asked_in_one_language_and_found_in_sbin(script):
    text = question('bash -c "echo \\$LC_ALL"; echo "${PATH##*:/usr/sbin}"')
    assert script(text=text, LC_ALL="de_DE.UTF-8")[1] == "C\n:/sbin\n"


def test_names_are_those_of_the_packages(tmp_path):
    """What the library is told with them is where the packages have it."""
    lines = (TOP / "dkms/names").read_text(encoding="utf-8").splitlines()
    names = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    control = (TOP / "debian/control").read_text(encoding="utf-8").splitlines()
    for package in (names["module_package"], names["livepatch_package"]):
        assert f"Package: {package}" in control
    subprocess.run([TOP / "dkms/assemble", "--version", "1.2.3", "--variant", "rocmfix-livepatch",
                    "--output", tmp_path / "src", "--root", tmp_path / "root"], check=True)
    assert (tmp_path / "root" / names["switch_program"][1:]).is_file()


@pytest.mark.parametrize("variant", ["rocmfix", "rocmfix-livepatch"])
def test_each_installed_script_finds_what_it_sources(tmp_path, variant):
    """As the package has it: by --help, each one runs with nothing but what is installed with it."""
    source, root = tmp_path / "src", tmp_path / "root"
    subprocess.run([TOP / "dkms/assemble", "--version", "1.2.3", "--variant", variant,
                    "--output", source, "--root", root], check=True)
    scripts = [path for directory in (source, root / f"usr/libexec/{variant}-dkms")
               for path in sorted(directory.iterdir())
               if path.is_file() and path.read_bytes().startswith(b"#!/bin/bash")]
    assert {"each-kernel", "find-source", "build-module", "keep-source"} <= {path.name for path in scripts}
    for path in scripts:
        done = subprocess.run([path, "--help"], capture_output=True, text=True, check=False, cwd="/",
                              env={"PATH": "/usr/bin:/bin"})
        assert (done.returncode, done.stderr) == (0, ""), path
        assert done.stdout.split()[:2] == ["usage:", path.name], path


def test_no_script_has_an_error_of_its_own():
    """The words of an error and a hint are printed by print_error."""
    scripts = [path for path in Path(TOP / "dkms").rglob("*") if path.is_file() and path.name != "common.bash"]
    own = [path.name for path in scripts if "'error: %s" in path.read_text(encoding="utf-8")]
    # What another program said, passed on.
    assert own == ["messages.bash"]
