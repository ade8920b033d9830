# SPDX-License-Identifier: MIT
"""The files by which a desktop and polkit know the program."""

import os
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from conftest import BUILD, SOURCE

DATA = SOURCE / "userspace/gui/data"
NAME = "org.rocmfix.Gui"


@pytest.fixture(name="installed", scope="module")
def fixture_installed(tmp_path_factory):
    """As the package has them."""
    top = tmp_path_factory.mktemp("installed")
    subprocess.run(["cmake", "--install", BUILD / "userspace/gui"], check=True, stdout=subprocess.DEVNULL,
                   env={**os.environ, "DESTDIR": str(top)})
    return top


def usr(installed):
    found = [path for path in (installed / "usr", installed / "usr/local") if (path / "share").is_dir()]
    return found[0]


def test_the_desktop_file_is_valid():
    done = subprocess.run(["desktop-file-validate", DATA / f"{NAME}.desktop"], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout == "", done.stdout


def test_the_appstream_metadata_are_valid():
    done = subprocess.run(["appstreamcli", "validate", "--no-net", "--strict", DATA / f"{NAME}.metainfo.xml"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_everything_is_installed_under_the_names_that_refer_to_it(installed):
    prefix = usr(installed)
    share = prefix / "share"
    desktop = (share / f"applications/{NAME}.desktop").read_text(encoding="utf-8")
    assert f"Icon={NAME}\n" in desktop
    assert (share / f"icons/hicolor/scalable/apps/{NAME}.svg").is_file()
    assert (prefix / "bin/rocmfix-gui").is_file()
    assert (share / "man/man1/rocmfix-gui.1").is_file()
    assert f"{NAME}.desktop" in (share / f"metainfo/{NAME}.metainfo.xml").read_text(encoding="utf-8")


def test_polkit_asks_an_administrator_each_time_for_each_command(installed):
    prefix = usr(installed)
    policy = ElementTree.parse(prefix / "share/polkit-1/actions/org.rocmfix.policy")
    actions = {}
    for action in policy.iter("action"):
        about = {one.get("key").rpartition(".")[2]: one.text for one in action.iter("annotate")}
        actions[action.get("id")] = about["argv1"]
        assert about["path"] == "/" + str((prefix / "bin/rocmfix").relative_to(installed))
        assert {one.text for one in action.find("defaults")} == {"auth_admin"}
    assert actions == {"org.rocmfix.apply": "apply", "org.rocmfix.revert": "revert",
                       "org.rocmfix.livepatch": "livepatch"}


def test_the_installed_program_needs_no_library_of_the_build_tree(installed):
    program = usr(installed) / "bin/rocmfix-gui"
    listed = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True).stdout
    assert "librocmfix.so.1" in listed
    assert "RUNPATH" not in listed and "RPATH" not in listed


def test_no_other_program_needs_qt():
    for program in (BUILD / "bin/rocmfix", BUILD / "bin/rocmfix-run", *Path(BUILD / "lib").glob("lib*.so")):
        listed = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True).stdout
        assert "Qt6" not in listed, program
