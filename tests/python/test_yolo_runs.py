# SPDX-License-Identifier: MIT
"""A run is one run: its id, its lock, its directory, and the launcher's death."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from conftest import SOURCE
from rocmfix import store
from rocmfix.yolo import cli, launcher
from rocmfix.yolo.errors import Failure
from rocmfix.yolo.journal import Journal
from rocmfix.yolo.run_directory import RunDirectory
from rocmfix.yolo.session import Session, state_of


def new_session(**more):
    return Session("train", {"model": "m.pt"}, run=store.new_run(), **more)


def directory_of(session, tmp_path, attempt=1):
    return RunDirectory(session, tmp_path / "session-of-the-launcher.json", attempt)


def keep(state, run, number):
    content = {"last.pt": b"last", "state.pt": b"state", "results.csv": b"epoch\n"}
    return store.Store(state, "epoch", run).keep(number, content, {"epochs": 9, "batch": 4})


@pytest.fixture
def old(tmp_path):
    """A run that was ended after two epochs, in a directory that a new one is to have."""
    run = tmp_path / "run"
    (run / "weights").mkdir(parents=True)
    state_of(run).mkdir()
    session = new_session(save_dir=str(run))
    session.write(state_of(run) / "session.json")
    for epoch in (1, 2):
        keep(state_of(run), session.run, epoch)
        Journal(state_of(run) / "journal.jsonl", session.run).append("epoch", epoch=epoch)
    return run, session


def test_a_new_run_in_the_same_directory_keeps_the_old_checkpoints_out_of_its_way(old, tmp_path, capsys):
    run, session = old
    new = directory_of(new_session(), tmp_path)
    new.make_way(run)
    new.adopt(run)
    assert new.newest() is None
    assert [event["event"] for event in new.events()] == ["launch"]
    earlier = state_of(run) / "earlier-1"
    assert sorted(path.name for path in state_of(earlier).iterdir()) == [
        "epoch-00001", "epoch-00002", "journal.jsonl", "session.json"]  # fmt: skip
    assert f"has checkpoints of an earlier run: they are kept, and 'rocmfix-yolo resume {earlier}'" in (
        capsys.readouterr().err)  # fmt: skip
    again = cli.session_of("resume", cli.read_line([str(earlier)]))
    assert (again.run, again.save_dir) == (session.run, str(earlier))
    assert directory_of(again, tmp_path).newest().number == 2


def test_a_number_of_another_run_is_not_compared(old, tmp_path):
    """As rocmfix of before left it, or a copy: the old one's are there, and newer by their number."""
    run, _ = old
    session = new_session(save_dir=str(run))
    keep(state_of(run), session.run, 1)
    assert directory_of(session, tmp_path).newest().number == 1
    assert (state_of(run) / "epoch-00002").is_dir(), "nor removed"


def test_a_number_that_another_run_has_used_does_not_cost_its_checkpoint(old):
    run, session = old
    keep(state_of(run), store.new_run(), 2)
    aside = state_of(run) / "earlier-1"
    assert store.Store(aside, "epoch", session.run).newest()[0].number == 2


def test_a_run_from_before_there_were_ids_is_resumed(tmp_path):
    run = tmp_path / "run"
    state_of(run).mkdir(parents=True)
    document = {"verb": "train", "arguments": {"model": "m.pt"}, "save_dir": "/x"}
    (state_of(run) / "session.json").write_text(json.dumps(document))
    manifest = keep(state_of(run), "", 3).directory / "manifest.json"
    without = {name: value for name, value in json.loads(manifest.read_text()).items() if name not in ("run", "time")}
    manifest.write_text(json.dumps(without))
    Journal(state_of(run) / "journal.jsonl").append("epoch", epoch=3)
    session = cli.session_of("resume", cli.read_line([str(run)]))
    assert directory_of(session, tmp_path).newest().number == 3
    assert "run" not in json.loads((state_of(run) / "journal.jsonl").read_text())


def test_the_id_of_a_run_is_in_all_that_it_leaves(tmp_path):
    session = cli.session_of("train", cli.read_line(["model=m.pt"]))
    assert store.is_run(session.run) and session.run != ""
    run = tmp_path / "run"
    run.mkdir()
    directory_of(session, tmp_path).adopt(run)
    written = Session.read(state_of(run) / "session.json")
    events = Journal(state_of(run) / "journal.jsonl").read()
    assert (written.run, [event["run"] for event in events]) == (session.run, [session.run])


# ---------------------------------------------------------------- one process


TRAINS = """
import sys, time
sys.path.insert(0, {package!r})
from pathlib import Path
from rocmfix.store import hold
hold(Path({state!r}))
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def trained(old):
    run, session = old
    program = TRAINS.format(package=str(SOURCE / "userspace/python"), state=str(state_of(run)))
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield run, session, process
    process.kill()
    process.wait(60)


def test_a_run_that_is_being_trained_is_neither_resumed_nor_overwritten(trained, tmp_path):
    run, session, process = trained
    told = f"{run} is being trained by process {process.pid}"
    with pytest.raises(Failure, match=told) as caught:
        cli.session_of("resume", cli.read_line([str(run)]))
    assert f"kill -INT {process.pid}" in caught.value.hint
    session.save_dir = str(run)
    with pytest.raises(Failure, match=told):  # two at once: the second was not seen by the command line
        directory_of(session, tmp_path).enter()
    before = sorted(path.name for path in state_of(run).iterdir())
    with pytest.raises(Failure, match=told):  # exist_ok=True
        directory_of(new_session(), tmp_path).make_way(run)
    assert sorted(path.name for path in state_of(run).iterdir()) == before


def test_resume_without_a_name_passes_over_runs_in_progress(trained, tmp_path, monkeypatch):
    run, session, process = trained
    (tmp_path / "runs/detect").mkdir(parents=True)
    run.rename(tmp_path / "runs/detect/train2")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Failure, match="no other run under runs/ is left to resume"):
        cli.session_of("resume", cli.read_line([]))
    older = tmp_path / "runs/detect/train"
    state_of(older).mkdir(parents=True)
    session.write(state_of(older) / "session.json")
    os.utime(state_of(older) / "session.json", (1, 1))
    aside = state_of(older) / "earlier-1"
    state_of(aside).mkdir(parents=True)
    session.write(state_of(aside) / "session.json")  # newer than the other
    assert cli.session_of("resume", cli.read_line([])).save_dir == str(older)


def test_a_run_whose_lock_cannot_be_made_is_an_error_and_no_traceback(old, tmp_path):
    run, session = old
    (state_of(run) / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Failure, match="cannot write in .*: Too many levels of symbolic links"):
        directory_of(session, tmp_path).enter()


def test_what_was_refused_is_not_in_the_account(old, tmp_path, capsys):
    run, session = old
    launcher._end(Session.read(state_of(run) / "session.json"), 256, sys.executable)
    assert Journal(state_of(run) / "journal.jsonl").read()[-1]["event"] == "epoch"
    assert capsys.readouterr().err == ""


def test_killing_the_launcher_ends_what_it_started():
    program = (f"import sys; sys.path.insert(0, {str(SOURCE / 'userspace/python')!r})\n"
               "from rocmfix.yolo.launcher import wait_for\n"
               "wait_for(['sh', '-c', 'echo $$; exec sleep 60'])\n")  # fmt: skip
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    command = int(process.stdout.readline())
    pidfd = os.pidfd_open(command)
    process.kill()
    process.wait(60)
    import select

    assert select.select([pidfd], [], [], 30)[0], "it runs on"


def test_a_launcher_that_is_dead_already_is_noticed():
    """Between fork and prctl nobody is told by the kernel."""
    child = os.fork()
    if child == 0:
        launcher.end_with_parent(os.getppid() + 1)
        time.sleep(30)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGTERM


# ---------------------------------------------------------------- nothing to resume from


def test_when_none_is_whole_it_is_said_and_nothing_is_begun_again(old, tmp_path):
    run, session = old
    for epoch in (1, 2):
        (state_of(run) / f"epoch-0000{epoch}/last.pt").write_bytes(b"lost")
    with pytest.raises(Failure, match="no checkpoint of .* is whole .epoch-00002: last.pt .*epoch-00001: ") as caught:
        directory_of(session, tmp_path).newest()
    assert "begin again in another directory" in caught.value.hint
    (run / "weights/best.pt").write_bytes(b"whole")
    with pytest.raises(Failure) as caught:
        directory_of(session, tmp_path).newest()
    assert caught.value.hint.endswith(f"rocmfix-yolo train --model {run}/weights/best.pt ...")


@pytest.mark.parametrize("event", ["epoch", "unkept"])
def test_weights_without_a_checkpoint_are_not_overwritten(tmp_path, event):
    torch = pytest.importorskip("torch")
    run = tmp_path / "run"
    (run / "weights").mkdir(parents=True)
    state_of(run).mkdir()
    session = new_session(save_dir=str(run))
    directory = directory_of(session, tmp_path)
    assert directory.newest() is None, "nothing was trained: it may begin"
    torch.save({"epoch": 4, "model": {"w": torch.ones(1)}, "optimizer": {}}, run / "weights/last.pt")
    directory.record(event, epoch=5)
    with pytest.raises(Failure, match="there is none") as caught:
        directory.newest()
    assert f"is of epoch 5: 'yolo train resume model={run}/weights/last.pt'" in caught.value.hint


def test_a_directory_that_is_gone_is_said(old, tmp_path):
    run, session = old
    run.rename(tmp_path / "elsewhere")
    with pytest.raises(Failure, match=f"there is no {run} to resume"):
        cli.session_of("resume", cli.read_line([str(run)]))
    with pytest.raises(Failure, match=f"{run} is gone"):
        directory_of(session, tmp_path, attempt=2).enter()


def test_a_directory_that_is_deleted_while_it_is_trained_is_made_again(old, tmp_path, capsys):
    run, session = old
    directory = directory_of(session, tmp_path)
    directory.enter()
    assert not directory.make_again()
    run.rename(tmp_path / "deleted")
    assert directory.make_again()
    assert f"{run} was deleted while it is trained" in capsys.readouterr().err
    assert Session.read(state_of(run) / "session.json").run == session.run
    assert store.holder(state_of(run)).pid == os.getpid()
    assert directory.newest() is None
    directory.let_go()


def test_relative_paths_start_where_the_run_was_begun(tmp_path, monkeypatch, capsys):
    begun, other = tmp_path / "begun", tmp_path / "other"
    for directory in (begun, other):
        directory.mkdir()
    monkeypatch.chdir(begun)
    session = cli.session_of("train", cli.read_line(["model=m.yaml", "data=d.yaml"]))
    assert launcher.where_it_was_begun(session) is None
    session.resume = True
    assert launcher.where_it_was_begun(session) is None
    monkeypatch.chdir(other)
    assert launcher.where_it_was_begun(session) == str(begun)
    assert f"continuing in {begun}" in capsys.readouterr().err
    begun.rmdir()
    assert launcher.where_it_was_begun(session) is None
    assert f"{begun}, where this run was begun, is gone" in capsys.readouterr().err


def test_data_named_on_resume_is_where_that_was_typed(old, tmp_path, monkeypatch):
    run, _ = old
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d.yaml").write_text("")
    for typed, meant in (("d.yaml", str(tmp_path / "d.yaml")), ("coco8.yaml", "coco8.yaml")):
        assert cli.session_of("resume", cli.read_line([str(run), f"data={typed}"])).arguments["data"] == meant


def test_a_full_disk_is_an_error_that_says_how_much_to_free(old, tmp_path):
    run, session = old
    failure = directory_of(session, tmp_path).no_room(OSError(28, "No space left on device"))
    assert f"the disk that {run} is on is full" in str(failure) and "No space left on device" in str(failure)
    assert failure.hint == f"free about 0.0 MB there, then: rocmfix-yolo resume {run}"


def test_an_event_that_cannot_be_written_ends_no_training(old, tmp_path, capsys):
    run, session = old
    directory = directory_of(session, tmp_path)
    (state_of(run) / "journal.jsonl").unlink()
    (state_of(run) / "journal.jsonl").symlink_to(tmp_path / "elsewhere")
    for epoch in (3, 4):
        directory.record("epoch", epoch=epoch)
    assert capsys.readouterr().err.count("has no record of what happens now") == 1
    directory.finish(epoch=4, why="epochs")
    assert directory.store.newest()[0].number == 2, "kept, as nothing says that the run is over"


def test_what_is_over_leaves_no_checkpoints_and_is_not_resumed(old, tmp_path, capsys):
    run, session = old
    directory = directory_of(session, tmp_path)
    foreign = keep(state_of(run), store.new_run(), 7).directory
    assert not directory.is_finished()
    directory.finish(epoch=2, why="patience")
    assert "weights/ has what is left of use" in capsys.readouterr().err
    assert directory.is_finished() and directory.store.generations() == [] and foreign.is_dir()


def test_an_end_that_was_killed_is_finished_by_the_next_and_gives_its_account(old, tmp_path, capsys):
    run, session = old
    directory = directory_of(session, tmp_path)
    session.trained = False
    directory.journal.append("end", epoch=2, why="epochs")
    assert directory.is_finished() and directory.store.generations()
    directory.finish_the_end()
    assert "weights/ has what is left of use" in capsys.readouterr().err
    assert directory.store.generations() == [] and session.trained
    session.trained = False
    directory.finish_the_end()
    assert not session.trained and capsys.readouterr().err == ""


RESTORED_ON_A_FULL_DISK = """
import os, sys
sys.path.insert(0, {package!r})
from pathlib import Path
from rocmfix.yolo import checkpoint
last = Path({folder!r}) / "last.pt"
last.write_bytes(b"half" * 150_000)
checkpoint._put(last, b"whole" * 120_000)
assert last.read_bytes() == b"whole" * 120_000
print(os.listdir({folder!r}))
"""


def test_half_a_file_on_a_full_disk_does_not_keep_the_whole_one_out(tmp_path):
    program = RESTORED_ON_A_FULL_DISK.format(package=str(SOURCE / "userspace/python"), folder=str(tmp_path))
    mount = f"mount -t tmpfs -o size=800k none {tmp_path} && exec {sys.executable} -c \"$0\""
    done = subprocess.run(["unshare", *([] if os.geteuid() == 0 else ["-r"]), "-m", "sh", "-c", mount, program],
                          capture_output=True, text=True, timeout=120)  # fmt: skip
    if "unshare failed" in done.stderr or "mount:" in done.stderr:
        pytest.skip("no file system can be mounted here")
    assert (done.returncode, done.stdout) == (0, "['last.pt']\n"), done.stderr
