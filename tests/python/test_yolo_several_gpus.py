# SPDX-License-Identifier: MIT
"""--device 0,1: which GPUs, what is refused, and who speaks. tests/training trains with two processes."""

import json
import os
import types

import pytest

import conftest  # noqa: F401
from rocmfix.yolo import cli, errors, incident, several_gpus
from rocmfix.yolo.errors import Failure
from rocmfix.yolo.rank import COMMAND_PID, command_pid, is_lead, rank_of_this_process
from rocmfix.yolo.session import Session
from rocmfix.yolo.several_gpus import check, gpus_of, wait_for_run


@pytest.mark.parametrize("device, gpus", [
    ("", []), ("cpu", []), (0, []), ("0", []), ("cuda:1", []), ([1], []), (None, []), ("-1", []), ("0,", []),
    ("0,1", [0, 1]), ([0, 2], [0, 2]), ((3, 1), [3, 1]), ("cuda:0,cuda:1", [0, 1]), ("[0, 1]", [0, 1]),
])  # fmt: skip
def test_several_gpus_are_named_as_for_ultralytics(device, gpus):
    assert gpus_of(device) == gpus


@pytest.mark.parametrize("device, what", [
    ("-1,-1", "NVIDIA's library"), ("cpu,cpu", "in one process on the CPU"), ("0,x", "is not a list of GPUs"),
    ("0,0", "twice"), ("0,\N{SUPERSCRIPT TWO}", "is not a list"),
])  # fmt: skip
def test_what_ultralytics_cannot_do_is_refused_with_the_reason(device, what):
    with pytest.raises(Failure, match=what) as caught:
        gpus_of(device)
    assert caught.value.status == 2


@pytest.mark.parametrize("count, batch, what", [
    (1, 4, "PyTorch sees 1 GPU$"), (0, 4, "PyTorch sees 0 GPUs"), (2, 3, "cannot be divided among 2 GPUs"),
    (2, -1, "cannot be divided"), (2, 0.8, "cannot be divided"), (2, 4, None),
])  # fmt: skip
def test_gpus_that_are_not_there_and_a_batch_that_cannot_be_divided_are_refused(monkeypatch, count, batch, what):
    torch = types.SimpleNamespace(cuda=types.SimpleNamespace(device_count=lambda: count),
                                  distributed=types.SimpleNamespace(is_available=lambda: True))  # fmt: skip
    monkeypatch.setitem(__import__("sys").modules, "torch", torch)
    if what is None:
        check({"device": "0,1", "batch": batch}, [0, 1])
        return
    with pytest.raises(Failure, match=what):
        check({"device": "0,1", "batch": batch}, [0, 1])


def as_rank(monkeypatch, rank):
    monkeypatch.setenv(COMMAND_PID, "4711")
    monkeypatch.setenv("RANK", str(rank))


def test_only_processes_of_our_launcher_have_a_rank(monkeypatch, capsys):
    monkeypatch.delenv(COMMAND_PID, raising=False)
    monkeypatch.setenv("RANK", "1")  # of somebody else's, in a cluster for example
    assert rank_of_this_process() is None and is_lead() and command_pid() == os.getpid()
    as_rank(monkeypatch, 1)
    assert rank_of_this_process() == 1 and not is_lead() and command_pid() == 4711
    errors.say("twice")
    as_rank(monkeypatch, 0)
    errors.say("once")
    assert capsys.readouterr().err == "rocmfix-yolo: once\n"


def test_under_torchrun_it_says_what_to_type_instead(monkeypatch):
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("LOCAL_RANK", "0")
    with pytest.raises(Failure, match="starts the processes for several GPUs itself"):
        cli.run(["train", "model=m"])


def test_the_launcher_keeps_the_process_number_and_starts_one_worker_for_each(monkeypatch):
    called = []
    ultralytics = types.SimpleNamespace(find_free_network_port=lambda: 12345)
    monkeypatch.setitem(__import__("sys").modules, "ultralytics.utils.dist", ultralytics)
    monkeypatch.setattr(several_gpus.os, "execv", lambda file, words: called.append(words))
    monkeypatch.setenv(COMMAND_PID, "")
    several_gpus.become_launcher(2, ["start_worker.py", "session.json"])
    assert called[0][1:] == ["-m", "torch.distributed.run", "--nproc_per_node", "2", "--max_restarts", "0",
                             "--redirects", "2:3", "--tee", "2:3", "--master_port", "12345", "start_worker.py", "session.json"]  # fmt: skip
    assert command_pid() == os.getpid()


def test_the_others_wait_until_the_first_has_found_the_run(tmp_path):
    Session("train", save_dir="/runs/new", run="f" * 16).write(tmp_path / "session.json")
    mine = Session("train")
    wait_for_run(mine, tmp_path / "session.json", "/runs/old")
    assert (mine.save_dir, mine.run) == ("/runs/new", "f" * 16)


def test_a_lost_context_in_one_of_several_is_reported_in_a_file(tmp_path, monkeypatch):
    """The descriptor is closed on the way, and its number may be something else."""
    read, write = os.pipe()
    for name, value in (("ROCMFIX_INCIDENT_DIR", str(tmp_path / "a/incidents")), ("ROCMFIX_REPORT_TAG", "0123abcd"),
                        ("ROCMFIX_REPORT_FD", str(write))):  # fmt: skip
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(COMMAND_PID, raising=False)
    problem = RuntimeError("HIP error: illegal memory access")
    errors.tell_supervisor_of_a_fault(problem)
    assert json.loads(os.read(read, 4096))["fault"] == {"reason": str(problem)}
    as_rank(monkeypatch, 1)
    errors.tell_supervisor_of_a_fault(problem)
    (path,) = (tmp_path / "a/incidents").iterdir()
    assert incident.NAME.fullmatch(path.name) and f"-{os.getpid()}-0123abcd" in path.name
    assert json.loads(path.read_text())["kind"] == "gpu_memory_fault" and path.stat().st_mode & 0o777 == 0o600
    os.set_blocking(read, False)
    with pytest.raises(BlockingIOError):
        os.read(read, 1)
    monkeypatch.setenv("ROCMFIX_REPORT_TAG", "../../forged")
    errors.tell_supervisor_of_a_fault(problem)
    assert len(list((tmp_path / "a/incidents").iterdir())) == 1
