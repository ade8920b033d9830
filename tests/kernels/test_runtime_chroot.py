# SPDX-License-Identifier: MIT
"""When the chroot of a HIP runtime is made, and when the one that is there is taken; with no archive and
no root."""

import os
import subprocess
from pathlib import Path

import pytest

import chroot
import commands
import runtime_chroot
from commands import Failure
from runtime_chroot import PACKAGES, RuntimeChroot

COMMAND = Path(commands.__file__).resolve().parents[1] / "sim/suite"


@pytest.fixture(name="made")
def fixture_made(monkeypatch):
    """The chroots that are made: nothing but a folder."""
    made = []

    def make(release, folder, more):
        folder.mkdir()
        (folder / "number").write_text(str(len(made)))
        made.append((release, list(more)))

    monkeypatch.setattr(chroot, "make", make)
    monkeypatch.setattr(chroot, "enter", lambda root, command, **_: (
        ["echo", "libamdhip64-5=5.2.3-8"] if command[0] == "dpkg-query" else ["true"]))
    monkeypatch.setattr(runtime_chroot, "as_root", lambda *command: list(command))
    monkeypatch.setattr(runtime_chroot, "need_root", lambda how: None)
    # Or it would be pytest that becomes another program.
    monkeypatch.setattr(runtime_chroot, "become", lambda command: None)
    return made


@pytest.fixture(name="runtime")
def fixture_runtime(tmp_path, made):
    return RuntimeChroot("bookworm", tmp_path)


def number(runtime):
    return (runtime.chroot / "number").read_text()


def test_from_nothing(runtime, made):
    assert runtime.get() == (f"suite=bookworm\nchroot={runtime.chroot}\npackages={' '.join(PACKAGES)}\n"
                             "libamdhip64-5=5.2.3-8\n")
    assert made == [("bookworm", [f"--include={','.join(PACKAGES)}"])]
    assert sorted(path.name for path in runtime.chroot.parent.iterdir()) == [
        "bookworm", "bookworm.env", "bookworm.lock"]


def test_one_that_is_there_is_taken_without_root(runtime, monkeypatch):
    text = runtime.get()
    monkeypatch.setattr(runtime_chroot, "need_root", lambda how: pytest.fail("asks for root"))
    assert runtime.get() == text
    assert number(runtime) == "0"


def test_fresh_rebuilds_it(runtime):
    runtime.get()
    runtime.get(fresh=True)
    assert number(runtime) == "1"


def test_one_for_other_packages_is_rebuilt(runtime, monkeypatch):
    runtime.get()
    monkeypatch.setattr(runtime_chroot, "PACKAGES", (*PACKAGES, "gdb"))
    assert "gdb" in runtime.get()
    assert number(runtime) == "1"


def test_a_record_without_a_chroot_is_not_enough_and_neither_is_a_chroot_without(runtime):
    for gone in (lambda: (runtime.chroot / "number").unlink() or runtime.chroot.rmdir(), runtime.record.unlink):
        runtime.get()
        gone()
        assert not runtime.is_whole()
        runtime.get()
        assert runtime.is_whole()


def test_one_that_could_not_be_made_leaves_none_and_its_remains_do_not_matter(runtime, monkeypatch):
    make = chroot.make

    def fail(release, folder, more):
        make(release, folder, more)
        raise Failure("failed: mmdebstrap")

    runtime.get()
    monkeypatch.setattr(chroot, "make", fail)
    with pytest.raises(Failure, match="mmdebstrap"):
        runtime.get(fresh=True)
    assert not runtime.is_whole()
    monkeypatch.setattr(chroot, "make", make)
    assert "libamdhip64" in runtime.get()
    assert runtime.is_whole()


def test_it_cannot_be_entered_before_it_is_whole(runtime):
    with pytest.raises(Failure, match="there is no chroot of bookworm") as caught:
        runtime.run(["true"], user="0:0", directory="/", binds=[])
    assert caught.value.hint == "tests/sim/suite get bookworm"


def test_what_it_becomes_sees_the_cache_and_what_is_bound_and_has_the_callers_place(runtime, monkeypatch):
    runtime.get()
    become = []
    monkeypatch.setattr(runtime_chroot, "become", become.append)
    entered = {}
    monkeypatch.setattr(chroot, "enter", lambda root, command, **given: entered.update(given, root=root) or command)
    runtime.run(["a", "b"], user="7:8", directory="/w", binds=["/x"])
    assert become == [["a", "b"]]
    assert (entered["root"], entered["user"], entered["directory"]) == (runtime.chroot, "7:8", "/w")
    assert [bind.target for bind in entered["binds"]] == [str(runtime.cache), "/x"]


def test_who_comes_second_waits_for_the_first(runtime):
    """And finds it made."""
    text = runtime.get()
    holder = subprocess.Popen(["flock", runtime.chroot.with_name("bookworm.lock"), "sh", "-c", "echo held; read line"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "held\n"
    second = subprocess.Popen([COMMAND, "get", "bookworm"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env=os.environ | {"ROCMFIX_CACHE": str(runtime.cache)})
    assert second.stderr.readline() == "bookworm: waiting for another process that uses the chroot\n"
    assert second.poll() is None
    holder.communicate("\n")
    assert second.communicate(timeout=60)[0] == text


def run(*words, **variables):
    return subprocess.run([COMMAND, *words], capture_output=True, text=True, check=False, env=os.environ | variables)


def test_the_list_of_releases():
    assert run("list").stdout.split() == ["bookworm", "trixie", "sid"]


@pytest.mark.parametrize("words", [[], ["get"], ["get", "woody"], ["get", "--new", "sid"], ["run", "sid"],
                                   ["run", "--bind", "/nowhere", "sid", "true"], ["list", "sid"]])
def test_wrong_usage_is_status_2_with_a_hint(words):
    done = run(*words)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.endswith("hint: tests/sim/suite --help\n")


def test_the_command_says_that_there_is_no_chroot(tmp_path):
    done = run("run", "sid", "true", ROCMFIX_CACHE=str(tmp_path))
    assert (done.returncode, done.stderr) == (
        1, "error: there is no chroot of sid\nhint: tests/sim/suite get sid\n")


def test_help_is_the_text_of_the_file():
    assert "usage: tests/sim/suite list" in run("--help").stdout
