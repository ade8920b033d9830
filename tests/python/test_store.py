# SPDX-License-Identifier: MIT
"""Verified generations, runs and locks, without torch and without ultralytics."""

import os
import signal
import subprocess
import sys
import time

import pytest

from conftest import SOURCE
from rocmfix import store
from rocmfix.store import Busy, Damaged, Store


@pytest.fixture
def ours(tmp_path):
    return Store(tmp_path, "step", store.new_run(), required=frozenset({"a"}))


def keep(one, number, content=b"content"):
    return one.keep(number, {"a": content, "b": lambda file: file.write(b"written")}, {"wanted": 9})


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_was_kept_comes_back_with_its_facts(ours):
    keep(ours, 500)
    generation, complaints = ours.newest()
    assert (generation.number, generation.facts, generation.run, complaints) == (500, {"wanted": 9}, ours.run, [])
    assert (generation.read("a"), generation.read("b"), generation.size) == (b"content", b"written", 14)


def test_two_are_kept_and_nothing_else_is_left(ours):
    for number in (500, 1000, 123456):
        keep(ours, number)
    assert names(ours.folder) == ["step-01000", "step-123456"]


def test_a_run_does_not_see_the_generations_of_another(ours, tmp_path):
    keep(ours, 900)
    new = Store(tmp_path, "step", store.new_run())
    assert new.newest() == (None, [])
    keep(new, 1)
    keep(new, 2)
    keep(new, 3)
    assert new.newest()[0].number == 3
    assert ours.newest()[0].number == 900, "nor removes them"
    assert [path.name for path in new.foreign()] == ["step-00900"]
    assert store.last_run(tmp_path, "step") == new.run


def test_generations_from_before_there_were_ids_belong_to_the_run_without_one(tmp_path):
    old = Store(tmp_path, "epoch")
    keep(old, 4)
    assert store.last_run(tmp_path, "epoch") == ""
    assert Store(tmp_path, "epoch").newest()[0].number == 4
    assert Store(tmp_path, "epoch", store.new_run()).newest() == (None, [])


def test_what_was_undone_is_not_counted_as_newer(ours):
    for number in (1, 2, 3):
        keep(ours, number)
    (ours.folder / "step-00003/a").write_bytes(b"damaged")
    assert ours.newest()[0].number == 2
    keep(ours, 3, b"again")
    keep(ours, 2, b"again")
    assert ours.newest()[0].number == 2
    assert names(ours.folder) == ["step-00002"]


def test_a_check_that_fails_leaves_what_was_kept(ours):
    def refuse(generation):
        assert generation.read("a") == b"content"
        raise Damaged("no good")

    keep(ours, 1)
    with pytest.raises(Damaged, match="no good"):
        ours.keep(2, {"a": b"content"}, {}, refuse)
    assert names(ours.folder) == ["step-00001"]


def test_a_second_name_costs_no_room(ours):
    first = ours.keep(1, {"a": b"x" * 100, "best": "a"}, {})
    second = ours.keep(2, {"a": b"y", "best": first.directory / "best"}, {})
    assert second.read("best") == b"x" * 100
    assert len({(path / "best").stat().st_ino for path in (first.directory, second.directory)}) == 1


def test_files_that_are_set_aside_are_kept_under_a_number_of_their_own(tmp_path):
    for turn in (1, 2):
        (tmp_path / "one").write_text(str(turn))
        target = store.set_aside([tmp_path / "one", tmp_path / "none"], tmp_path / "earlier")
        assert target == tmp_path / f"earlier-{turn}"
        assert (target / "one").read_text() == str(turn)
    assert store.set_aside([tmp_path / "one"], tmp_path / "earlier") is None


# ---------------------------------------------------------------- a full disk


def test_without_room_the_older_is_given_up_and_the_newer_stays(ours, room):
    keep(ours, 1)
    keep(ours, 2)
    room(2048)
    with pytest.raises(OSError):
        keep(ours, 3, b"x" * 4096)
    assert names(ours.folder) == ["step-00002"]
    assert ours.newest()[0].number == 2 and ours.gave_up
    room(-1)
    keep(ours, 3)
    assert not ours.gave_up


def test_without_room_the_only_one_that_is_whole_stays(ours, room):
    keep(ours, 1)
    keep(ours, 2)
    (ours.folder / "step-00002/a").write_bytes(b"damaged")
    room(2048)
    with pytest.raises(OSError):
        keep(ours, 3, b"x" * 4096)
    assert names(ours.folder) == ["step-00001"]


ON_A_SMALL_DISK = """
import os, sys
sys.path.insert(0, {package!r})
from rocmfix.store import Store
os.chdir({folder!r})
ours = Store(".", "epoch", "0" * 16)
for number in range(1, 6):
    ours.keep(number, {{"a": os.urandom(300_000)}}, {{}})
    print(number, sorted(os.listdir(".")))
"""


def test_on_a_disk_with_room_for_two_and_a_half_every_one_is_kept(tmp_path):
    program = ON_A_SMALL_DISK.format(package=str(SOURCE / "userspace/python"), folder=str(tmp_path))
    mount = f"mount -t tmpfs -o size=800k none {tmp_path} && exec {sys.executable} -c \"$0\""
    done = subprocess.run(["unshare", *([] if os.geteuid() == 0 else ["-r"]), "-m", "sh", "-c", mount, program],
                          capture_output=True, text=True, timeout=120)  # fmt: skip
    if "unshare failed" in done.stderr or "mount:" in done.stderr:
        pytest.skip("no file system can be mounted here")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[2:] == [f"{n} ['epoch-{n - 1:05d}', 'epoch-{n:05d}']" for n in (3, 4, 5)]


# ---------------------------------------------------------------- locks

HOLDER = """
import os, sys, time
sys.path.insert(0, {package!r})
from pathlib import Path
from rocmfix.store import hold
lock = hold(Path({folder!r}))
if os.fork() == 0:  # as torch's loaders: it outlives its parent
    time.sleep(60)
    os._exit(0)
print("held", flush=True)
time.sleep(60)
"""


def start_holder(folder):
    program = HOLDER.format(package=str(SOURCE / "userspace/python"), folder=str(folder))
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True,
                               start_new_session=True)  # fmt: skip
    assert process.stdout.readline() == "held\n"
    return process


def test_a_run_is_held_by_one_process_until_that_dies(tmp_path):
    process = start_holder(tmp_path)
    try:
        with pytest.raises(Busy, match=f"is being trained by process {process.pid}") as caught:
            store.hold(tmp_path, wait=0)
        assert caught.value.hint == f"it can be stopped with: kill -INT {process.pid}"
        assert store.holder(tmp_path).pid == process.pid
        process.kill()
        process.wait(60)
        # Its child lives on.
        store.hold(tmp_path, wait=5).release()
        assert store.holder(tmp_path) is None
    finally:
        os.killpg(process.pid, signal.SIGKILL)


def test_looking_does_not_keep_anybody_out(tmp_path):
    assert store.holder(tmp_path) is None
    assert names(tmp_path) == [], "nor makes a file"
    lock = store.hold(tmp_path)
    assert store.holder(tmp_path, tmp_path / "named").pid == os.getpid()
    lock.release()
    begun = time.monotonic()
    store.hold(tmp_path).release()
    assert time.monotonic() - begun < 1


def test_a_file_system_without_locks_is_no_error(tmp_path, monkeypatch):
    import errno

    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    lock = store.hold(tmp_path)
    assert not lock.supported
    lock.release()
    assert store.holder(tmp_path) is None


def test_a_lock_is_not_written_through_a_link(tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "lock").symlink_to(tmp_path / "mine")
    with pytest.raises(OSError):
        store.hold(tmp_path)
    assert (tmp_path / "mine").read_text() == "mine"
