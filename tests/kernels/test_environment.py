# SPDX-License-Identifier: MIT
"""When an environment is made, replaced or kept, with an archive and a chroot that are played here.

The archive is a text, and apt in the chroot a Python function that leaves the files which the real
one would.
"""

import os
import subprocess
import time
from pathlib import Path

import pytest

import build_environment
import chroot
from build_environment import Environment
from commands import Failure
from kernels import Kernel, find, read

COMMAND = Path(build_environment.__file__).with_name("environment")
KERNEL = Kernel("bookworm-6.1", "bookworm", "6.1", "6.1")


def packages(*points):
    """What the archive has of (version, release)s."""
    return "".join(f"Package: linux-source-6.1\nVersion: {version}\n"
                   f"Package: linux-headers-{release}\nVersion: {version}\n"
                   f"Package: linux-image-{release}\nVersion: {version}\n" for version, release in points)


OLD = ("6.1.190-1", "6.1.0-55-amd64")
NEW = ("6.1.192-2", "6.1.0-56-amd64")


class Archive:
    """apt, dpkg and what they are called by."""

    def __init__(self, folder):
        self.folder = folder
        self.has = packages(OLD)
        self.reachable = True
        self.fails = ""
        self.calls = []
        self.asked_for_root = []
        self.records_during_install = []

    def inside(self, environment, command):
        """Does the work of a command in the chroot; the command that then runs says so."""
        words = " ".join(command)
        self.calls.append(words)
        if self.fails and self.fails in words:
            return ["sh", "-c", "echo no; exit 1"]
        if command[0] == "bash":
            return ["printf", "%s", self.has]
        if words.endswith(" update"):
            return ["true"] if self.reachable else ["sh", "-c", "echo unreachable; exit 100"]
        if " install linux-source" in words and "--download-only" not in words:
            self.records_during_install.append(environment.record.path.exists())
            self.install(environment.chroot, next(w for w in command if w.startswith("linux-headers-")))
        if "rocmfix-image" in words:
            return ["sh", "-c", self.image_package(environment, command[-1].partition("=")[0])]
        return ["true"]

    def install(self, chroot_folder, headers):
        usr_src = chroot_folder / "usr/src"
        usr_src.mkdir(parents=True, exist_ok=True)
        name, _, version = headers.partition("=")
        (usr_src / name).mkdir(exist_ok=True)
        tree = self.folder / "tree/linux-source-6.1"
        (tree / "drivers/gpu/drm/amd/amdgpu").mkdir(parents=True, exist_ok=True)
        for part in ("lib/kunit", "include/kunit"):
            (tree / part).mkdir(parents=True, exist_ok=True)
        (tree / "Makefile").write_text(version)
        subprocess.run(["tar", "-C", tree.parent, "-cJf", usr_src / "linux-source-6.1.tar.xz", tree.name],
                       check=True)

    def image_package(self, environment, name):
        release = name.removeprefix("linux-image-")
        tree = self.folder / "package"
        for path in ("DEBIAN/control", f"boot/vmlinuz-{release}", f"lib/modules/{release}/modules.builtin"):
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).touch()
        (tree / "DEBIAN/control").write_text(f"Package: {name}\nVersion: 1\nArchitecture: all\n"
                                             "Maintainer: t <t@example.org>\nDescription: t\n")
        there = f"{environment.chroot}/var/cache/rocmfix-image"
        return f"mkdir -p {there} && dpkg-deb -b {tree} {there}/{name}.deb"


@pytest.fixture(name="archive")
def fixture_archive(tmp_path, monkeypatch):
    archive = Archive(tmp_path)
    monkeypatch.setattr(Environment, "inside",
                        lambda self, command, **_: archive.inside(self, command))
    monkeypatch.setattr(build_environment, "need_root", archive.asked_for_root.append)
    monkeypatch.setattr(build_environment, "as_root", lambda *command: list(command))
    monkeypatch.setattr("kernel_image.as_root", lambda *command: list(command))
    monkeypatch.setattr(chroot, "make", lambda release, folder: folder.mkdir())
    return archive


@pytest.fixture(name="cache")
def fixture_cache(tmp_path):
    return tmp_path / "cache"


def get(cache, want_image=False, update=False):
    text = Environment(KERNEL, cache, "x").get(want_image=want_image, update=update)
    return dict(line.split("=", 1) for line in text.splitlines())


def a_day_later(cache):
    for path in (cache / "suites/bookworm.updated", cache / "kernels/bookworm-6.1.env"):
        then = time.time() - 24 * 3600
        os.utime(path, (then, then))


def test_from_nothing(archive, cache):
    values = get(cache)
    assert (values["version"], values["release"]) == OLD
    assert list(values) == ["name", "suite", "series", "release", "version", "chroot", "headers", "pristine",
                            "tarball", "tools"]
    assert (Path(values["pristine"]) / "Makefile").read_text() == OLD[0]
    assert Path(values["chroot"] + values["headers"]).is_dir()
    assert any("--download-only" in call for call in archive.calls)
    assert archive.asked_for_root == ["x"]


def test_what_is_fresh_is_printed_without_root_or_archive(archive, cache, monkeypatch):
    values = get(cache)
    archive.calls.clear()
    monkeypatch.setattr(build_environment, "need_root", lambda how: pytest.fail("asks for root"))
    assert get(cache) == values
    assert not archive.calls


def test_update_asks_the_archive_now(archive, cache):
    get(cache)
    archive.has = packages(OLD, NEW)
    assert get(cache)["version"] == OLD[0]
    assert get(cache, update=True)["version"] == NEW[0]


def test_after_six_hours_the_archive_is_asked(archive, cache):
    get(cache)
    archive.has = packages(OLD, NEW)
    a_day_later(cache)
    assert get(cache)["version"] == NEW[0]


def test_lists_that_another_kernel_of_the_release_has_brought_up_to_date_are_looked_at(archive, cache):
    get(cache)
    archive.has = packages(NEW)
    then = time.time() - 60
    os.utime(cache / "kernels/bookworm-6.1.env", (then, then))
    archive.calls.clear()
    assert get(cache)["version"] == NEW[0]
    assert not any(call.endswith(" update") for call in archive.calls)


def test_a_newer_point_release_replaces_the_old_one(archive, cache):
    old = get(cache)
    archive.has = packages(NEW)
    new = get(cache, update=True)
    assert new["release"] == NEW[1]
    assert (Path(new["pristine"]) / "Makefile").read_text() == NEW[0]
    assert not Path(old["pristine"]).exists()
    assert any(call.startswith("sh -euc dpkg-query") and call.endswith(OLD[1]) for call in archive.calls)


def test_while_packages_are_replaced_there_is_no_record(archive, cache):
    get(cache)
    archive.has = packages(NEW)
    get(cache, update=True)
    assert archive.records_during_install == [False, False]


def test_a_download_that_fails_keeps_what_was_there(archive, cache):
    old = get(cache)
    archive.has, archive.fails = packages(NEW), "--download-only"
    with pytest.raises(Failure, match="failed: download of linux-source-6.1=6.1.192-2"):
        get(cache, update=True)
    assert Environment(KERNEL, cache, "x").record.values() == old
    assert Environment(KERNEL, cache, "x").is_whole()


def test_an_installation_that_fails_leaves_no_environment_until_one_succeeds(archive, cache):
    get(cache)
    archive.has, archive.fails = packages(NEW), "install linux-source"
    archive.fails = "--no-install-recommends install linux-source"
    with pytest.raises(Failure, match="failed: installation"):
        get(cache, update=True)
    assert not Environment(KERNEL, cache, "x").is_whole()
    archive.fails = ""
    assert get(cache)["version"] == NEW[0]


def test_an_interrupted_apt_is_completed_first(archive, cache):
    get(cache)
    calls = [call for call in archive.calls if call.startswith(("dpkg", "apt-get -qq -y"))]
    assert calls[0] == "dpkg --configure -a"


def test_the_same_release_again_installs_nothing(archive, cache):
    get(cache)
    archive.calls.clear()
    get(cache, update=True)
    assert not any("install" in call for call in archive.calls)
    # And counts as looked up now.
    assert Environment(KERNEL, cache, "x").is_fresh(False)


def test_other_tools_than_it_was_made_with_are_installed(archive, cache, monkeypatch):
    get(cache)
    monkeypatch.setattr(build_environment, "TOOLS", ("make", "bc"))
    archive.calls.clear()
    assert get(cache)["tools"] == "make bc"
    assert any(call.endswith(" make bc") for call in archive.calls)


def test_without_the_archive_what_is_there_has_to_do_and_it_says_so(archive, cache, capsys):
    old = get(cache)
    a_day_later(cache)
    archive.reachable = False
    assert get(cache) == old
    said = capsys.readouterr().err
    assert "unreachable\n" in said
    assert "warning: the archive cannot be reached; bookworm-6.1 stays at 6.1.190-1\n" in said


def test_without_the_archive_nothing_can_be_updated_or_made(archive, cache):
    archive.reachable = False
    with pytest.raises(Failure, match="the archive cannot be reached"):
        get(cache)
    archive.reachable = True
    get(cache)
    archive.reachable = False
    with pytest.raises(Failure, match="the archive cannot be reached"):
        get(cache, update=True)


def test_a_series_that_the_archive_does_not_have(archive, cache):
    archive.has = ""
    with pytest.raises(Failure, match="bookworm has no linux-source-6.1 with kernel headers") as caught:
        get(cache)
    assert "tests/kernels/list" in caught.value.hint


def test_the_kernel_itself_only_when_asked_and_of_the_same_version(archive, cache):
    assert "image" not in get(cache)
    image = Path(get(cache, want_image=True)["image"])
    assert (image / f"boot/vmlinuz-{OLD[1]}").is_file()
    assert (image / "version").read_text() == f"{OLD[0]}\n"
    archive.has = packages(NEW)
    get(cache, update=True)
    assert not image.exists()
    assert get(cache, want_image=True)["image"] == str(image)
    assert (image / f"boot/vmlinuz-{NEW[1]}").is_file()


def test_a_chroot_that_could_not_be_made_is_not_there(archive, cache, monkeypatch):
    def fail(release, folder):
        folder.mkdir()
        raise Failure("failed: mmdebstrap")

    monkeypatch.setattr(chroot, "make", fail)
    with pytest.raises(Failure, match="mmdebstrap"):
        get(cache)
    assert not (cache / "suites/bookworm").exists()
    monkeypatch.setattr(chroot, "make", lambda release, folder: folder.mkdir())
    assert get(cache)["version"] == OLD[0]


def test_run_needs_an_environment(archive, cache):
    with pytest.raises(Failure, match="there is no environment of bookworm-6.1") as caught:
        Environment(KERNEL, cache, "x").run(["true"], user="0:0", directory="/", binds=[])
    assert caught.value.hint == "tests/kernels/environment get bookworm-6.1"


def test_packages_are_not_replaced_while_something_runs(archive, cache, monkeypatch):
    get(cache)
    use = cache / "suites/bookworm.use"
    monkeypatch.setattr(archive, "inside", lambda *_: ["flock", "--nonblock", "--conflict-exit-code", "9",
                                                       str(use), "true"])
    environment = Environment(KERNEL, cache, "x")
    assert environment.run(["true"], user="0:0", directory="/", binds=[]) == 9
    assert subprocess.run(["flock", "--nonblock", use, "true"], check=False).returncode == 0


def test_nor_is_anything_run_while_packages_are_replaced(archive, cache, monkeypatch):
    get(cache)
    archive.has = packages(NEW)
    ended = []
    monkeypatch.setattr(archive, "install", lambda *_: ended.append(subprocess.run(
        ["flock", "--shared", "--nonblock", "--conflict-exit-code", "9", cache / "suites/bookworm.use", "true"],
        check=False).returncode))
    with pytest.raises(Failure):
        get(cache, update=True)
    assert ended == [9]


def command(*words, **variables):
    return subprocess.run([COMMAND, *words], capture_output=True, text=True, check=False,
                          env=os.environ | variables)


def test_the_list(tmp_path):
    assert command("list").stdout.split() == [kernel.name for kernel in read()]
    assert find("bookworm-6.1") == KERNEL
    bad = tmp_path / "list"
    bad.write_text("# name\n\none two\n")
    with pytest.raises(Failure, match=":3: not understood: one two"):
        read(bad)


@pytest.mark.parametrize("words", [[], ["get"], ["get", "x", "--what"], ["run", "x"], ["put", "x"],
                                   ["run", "--bind", "/nowhere", "bookworm-6.1", "true"]])
def test_wrong_usage_is_status_2_with_a_hint(words):
    done = command(*words)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.endswith("hint: tests/kernels/environment --help\n")


def test_a_kernel_that_is_not_in_the_list():
    done = command("get", "woody-2.4")
    assert done.returncode == 1
    assert done.stderr.startswith("error: no kernel 'woody-2.4' in tests/kernels/list or tests/kernels/ubuntu-list\nhint: one of: bookworm-6.1 ")
    assert done.stdout == ""


def test_the_command_says_that_there_is_no_environment(tmp_path):
    done = command("run", "bookworm-6.1", "true", ROCMFIX_CACHE=str(tmp_path))
    assert (done.returncode, done.stderr) == (
        1, "error: there is no environment of bookworm-6.1\nhint: tests/kernels/environment get bookworm-6.1\n")


def test_help_is_the_text_of_the_file():
    assert "usage: tests/kernels/environment list" in command("--help").stdout
