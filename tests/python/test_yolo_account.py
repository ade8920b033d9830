# SPDX-License-Identifier: MIT
"""What a run is said to have come to, made of its journal and of what rocmfix-run has saved."""

import json
import math
import os
import sys
import time
import types

import pytest

import conftest  # noqa: F401
from rocmfix import sensors
from rocmfix.yolo import incident, launcher, on_fault, plot, summary
from rocmfix.yolo.account import CRASH, GPU_FAULT, KILLED, UNKNOWN, Account, account_of
from rocmfix.yolo.batch import Pressure
from rocmfix.yolo.errors import Failure
from rocmfix.yolo.gpu_watch import GpuWatch
from rocmfix.yolo.journal import Journal
from rocmfix.yolo.last_epoch import count_time_before, why_last
from rocmfix.yolo.session import Session
from rocmfix.yolo.summary import account_text


def events(*rows):
    return [{"event": kind, "time": at, **fields} for at, kind, fields in rows]


def start(first, **fields):
    return {"first": first, "epochs": 6, **fields}


FIRST, AGAIN, FAULT = {"attempt": 1, "pid": 7}, {"attempt": 2, "pid": 8}, {"what": "GPU memory fault"}


def test_the_summary_of_two_faults():
    account = account_of(events(
        (0, "launch", FIRST), (10, "start", start(1)), (20, "epoch", {"epoch": 1}),
        (30, "epoch", {"epoch": 2}),
        (40, "fault", FAULT), (40, "launch", AGAIN), (48, "start", start(3)),  # soon after 30
        (55, "fault", FAULT), (55, "launch", {"attempt": 3}), (60, "start", start(3)),
        (70, "epoch", {"epoch": 3}), (90, "end", {"epoch": 3}), (91, "exit", {"status": 0}),
    ))  # fmt: skip
    assert [(f.time, f.after_epoch, f.lost_seconds) for f in account.faults] == [(30, 2, 18), (48, 2, 12)]
    assert (account.done, account.epochs, account.finished, account.seconds) == (3, 6, True, 90)


def test_faults_before_training_went_on_are_not_counted_twice():
    account = account_of(events(
        (0, "launch", FIRST), (10, "start", start(1)), (20, "launch", AGAIN), (30, "launch", AGAIN),
        (37, "start", start(1)),
    ))  # fmt: skip
    assert [f.lost_seconds for f in account.losses] == [10, 17]


def test_the_users_pause_is_not_a_fault_and_not_lost_time():
    account = account_of(events(
        (0, "launch", FIRST), (10, "start", start(1)), (20, "stop", {}), (21, "exit", {"status": 2}),
        (9000, "launch", FIRST), (9010, "start", start(1)), (9020, "end", {}),
    ))  # fmt: skip
    assert (account.losses, account.seconds, account.finished) == ([], 40, True)


def test_an_end_that_nobody_saw_costs_no_time_and_is_no_fault():
    """The power failed, and the run was resumed a day later."""
    account = account_of(events(
        (0, "launch", FIRST), (10, "start", start(1)), (20, "epoch", {"epoch": 1}),
        (90_000, "launch", FIRST), (90_010, "start", start(2)), (90_020, "end", {}),
    ))  # fmt: skip
    (loss,) = account.losses
    assert (loss.kind, loss.lost_seconds, account.seconds, account.faults) == (UNKNOWN, 0, 40, [])


def test_giving_up_is_reported_by_the_launchers_last_event():
    account = account_of(events(
        (0, "launch", FIRST), (10, "start", start(1)), (24, "fault", FAULT), (25, "exit", {"fault": True})
    ))  # fmt: skip
    assert (len(account.faults), account.lost_seconds, account.finished) == (1, 15, False)


@pytest.mark.parametrize("exit_event, kind, what", [
    ({"killed": True, "what": "SIGKILL"}, KILLED, "SIGKILL"),
    ({"fault": True, "what": "SIGSEGV"}, CRASH, "SIGSEGV"),
])  # fmt: skip
def test_what_rocmfix_run_has_no_report_of_is_no_gpu_fault(exit_event, kind, what):
    account = account_of(events((0, "launch", FIRST), (10, "start", start(1)), (25, "exit", exit_event)))
    (loss,) = account.losses
    assert (loss.kind, loss.what, account.faults) == (kind, what, [])
    assert "; no GPU faults, 1 " in account_text(account, "/run")[0]


def test_a_checkpoint_that_could_not_be_kept_is_told_and_its_epoch_counts_as_trained():
    rows = [(0, "launch", FIRST), (10, "start", start(1))]
    rows += [(20 + n, "epoch", {"epoch": n}) for n in range(1, 6)]
    rows += [(30, "unkept", {"epoch": 6, "what": "No space left on device"}), (31, "end", {"epoch": 6, "why": "epochs"})]
    account = account_of(events(*rows))
    assert account_text(account, "/run") == [
        "finished: 6 of 6 epochs in 31.0 s; no GPU faults",
        "  no checkpoint could be kept of epoch 6: No space left on device",
    ]


def test_after_a_fault_an_epoch_without_a_checkpoint_is_done_no_longer():
    account = account_of(events(
        (0, "launch", FIRST), (10, "start", start(1)), (20, "epoch", {"epoch": 1}),
        (30, "unkept", {"epoch": 2, "what": "full"}), (40, "fault", FAULT), (41, "launch", AGAIN),
        (50, "start", start(2)), (60, "epoch", {"epoch": 2}),
    ))  # fmt: skip
    assert (account.faults[0].after_epoch, account.done, account.unkept) == (1, 2, [])
    assert account.lost_seconds == 30  # the second epoch, too


def test_early_stopping_and_a_limit_of_time_are_ends_of_their_own():
    def text(end, **more):
        return account_text(account_of(events(
            (0, "launch", FIRST), (10, "start", start(1, **more)), (20, "epoch", {"epoch": 1}),
            (30, "epoch", {"epoch": 2}), (31, "end", {"epoch": 2, "why": end}))), "/run")  # fmt: skip

    assert text("patience")[0].startswith("finished: stopped early after 2 of 6 epochs")
    assert text("time", hours=0.5)[0].startswith("finished: 2 epochs, up to the limit of time=0.5 h in 31.0 s")
    assert "of 6 epochs" not in text("time", hours=0.5)[0]


@pytest.mark.parametrize("fields, why", [
    ({"stop": False}, ""),
    ({"epoch": 5}, "epochs"),
    ({"epoch": 2}, "patience"),
    ({"epoch": 2, "hours": 1.0, "used": 3601}, "time"),
    ({"epoch": 5, "hours": 1.0, "used": 3000}, "time"),
    ({"epoch": 2, "hours": 1.0, "used": 3000}, "patience"),
])  # fmt: skip
def test_why_an_epoch_was_the_last_one(monkeypatch, fields, why):
    monkeypatch.setattr("time.time", lambda: 10_000.0)
    trainer = types.SimpleNamespace(
        stop=fields.get("stop", True), epoch=fields.get("epoch", 0), epochs=6,
        args=types.SimpleNamespace(time=fields.get("hours")),
        train_time_start=10_000.0 - fields.get("used", 0))  # fmt: skip
    assert why_last(trainer) == why


def test_a_limit_of_time_counts_over_the_processes_and_not_the_users_pause():
    before = events(
        (0, "launch", FIRST), (100, "start", start(1)), (200, "epoch", {"epoch": 1}), (250, "fault", FAULT),
        (260, "launch", AGAIN), (300, "start", start(2)), (400, "stop", {}),
        (9000, "launch", FIRST), (9100, "start", start(2)),
    )  # fmt: skip
    used = account_of(before, until=9101).training_seconds
    assert used == 300 + 101
    trainer = types.SimpleNamespace(train_time_start=9101.0, start_epoch=1)
    count_time_before(trainer, used)
    assert (trainer.train_time_start, trainer.start_epoch) == (9101 - 401, 0)


def test_an_exception_of_one_process_is_the_fault_of_another():
    account = account_of(events(
        (0, "launch", FIRST), (10, "start", start(1)), (20, "epoch", {"epoch": 1}),
        (30, "error", {"what": "Connection closed by peer"}), (32, "fault", FAULT), (32, "launch", AGAIN),
        (40, "start", start(2)), (50, "end", {"epoch": 2}),
    ))  # fmt: skip
    assert [(fault.what, fault.after_epoch, fault.lost_seconds) for fault in account.faults] == [
        ("GPU memory fault", 1, 20)]  # fmt: skip


def test_changes_and_mitigations_are_listed_at_their_time():
    lines = account_text(account_of(events(
        (0, "launch", FIRST), (10, "start", start(1)), (20, "epoch", {"epoch": 1}),
        (21, "batch", {"old": 8, "new": 4, "why": "out of memory"}), (30, "epoch", {"epoch": 2}),
        (40, "fault", {"what": "GPU hang", "cause": "tunableop, likely", "mitigations": ["cpu"], "at": 35}),
        (41, "launch", AGAIN), (45, "device", {"old": "GPU", "new": "CPU", "why": "all was tried"}),
        (50, "start", start(3)), (60, "end", {"epoch": 6}))), "/run")  # fmt: skip
    assert [line.split(", ", 1)[1] for line in lines[1:]] == [
        "after epoch 1: batch 8 became 4 (out of memory)",
        "after epoch 2: GPU hang; 20.0 s lost; cause: tunableop, likely; continued with cpu",
        "after epoch 2: device GPU became CPU (all was tried)",
    ]


def test_a_hang_is_counted_as_one_and_not_as_a_gpu_fault():
    hang = {"what": "hang in hipStreamSynchronize", "hang": True}
    account = account_of(events(
        (0, "launch", FIRST), (10, "start", start(1)), (20, "epoch", {"epoch": 1}), (30, "fault", hang),
        (31, "launch", AGAIN), (40, "start", start(2)), (45, "fault", FAULT), (46, "launch", AGAIN),
        (50, "start", start(2)), (60, "fault", hang), (60, "exit", {"status": 6, "fault": True})))  # fmt: skip
    lines = account_text(account, "/run")
    assert "; 1 GPU fault, 2 hangs, 40.0 s lost" in lines[0]
    assert lines[1].endswith("after epoch 1: hang in hipStreamSynchronize; 20.0 s lost; cause: not determined")


def test_a_journal_of_nonsense_is_an_account():
    account_text(account_of(events(
        (0, "launch", {"attempt": "x"}), (1, "start", start(1, hours="many")),
        (2, "fault", {"what": 7, "at": "now", "mitigations": {"a": 1}}), (3, "launch", {}),
        (4, "end", {"epoch": [], "why": 3}), (5, "device", {}))), "/run")  # fmt: skip


def test_durations_are_for_people():
    assert [summary.duration(n) for n in (0.25, 75, 3599, 3720, 40_000)] == [
        "0.2 s", "1 min 15 s", "1 h 0 min", "1 h 2 min", "11 h 7 min"]  # fmt: skip


# ---------------------------------------------------------------- what rocmfix-run has saved

REPORT = {
    "kind": "gpu_memory_fault", "time": "2026-11-27T06:00:05Z", "command_pid": 4711,
    "incidents": [{"events": [], "causes": [{"id": "tunableop", "confidence": "likely"}]}],
    "decision": {"verdict": "restart", "measures": ["miopen-solvers"]},
}  # fmt: skip
SECONDS = 1795759205  # the same moment


def save(folder, document, name=f"{SECONDS}-4711-abc.json"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(document if isinstance(document, str) else json.dumps(document))
    (folder / name).chmod(0o600)
    return folder / name


def test_the_report_of_a_worker_is_found_by_its_pid(tmp_path):
    path = save(tmp_path, REPORT)
    save(tmp_path, {**REPORT, "command_pid": 4712}, f"{SECONDS + 1}-4712-abc.json")
    found = incident.find(4711, SECONDS - 60, tmp_path)
    assert found == incident.Incident(str(path), SECONDS, "GPU memory fault", "tunableop, likely", ("miopen-solvers",))
    assert incident.find(4711, SECONDS + 60, tmp_path) is None  # of an earlier process with this pid
    assert incident.find(4713, SECONDS - 60, tmp_path) is None
    assert incident.find(4711, 0, tmp_path / "missing") is None


@pytest.mark.parametrize("hang, what", [
    ({"processes": [{"open_calls": []}, {"open_calls": [{"api": "hipMemcpy"}]}]}, "hang in hipMemcpy"),
    ({"processes": [{"open_calls": []}]}, "hang"),
    ({"processes": {"open_calls": 3}}, "hang"),
    ({"processes": [{"open_calls": [{"api": 3}]}]}, "hang"),
    ([], "GPU hang"),  # that the runtime has reported
])  # fmt: skip
def test_a_report_of_a_hang_says_in_which_call(tmp_path, hang, what):
    save(tmp_path, {**REPORT, "kind": "gpu_hang", "hang": hang})
    found = incident.find(4711, SECONDS - 60, tmp_path)
    assert (found.what, found.fields()["hang"]) == (what, isinstance(hang, dict))


@pytest.mark.parametrize("document", [
    "not json", "[" * 100_000, "[]", '{"command_pid": 4711, "incidents": {"causes": 3}, "decision": [], "kind": 1}',
    '{"command_pid": 4711, "incidents": [1, {"causes": [2, {"id": {}}]}], "time": {}}',
])  # fmt: skip
def test_a_hostile_report_is_none_or_only_text(tmp_path, document):
    save(tmp_path, document)
    found = incident.find(4711, SECONDS - 60, tmp_path)
    assert found is None or (found.what, found.cause, found.mitigations) == ("GPU fault", "", ())


def test_a_report_that_others_can_write_or_that_is_a_link_is_not_read(tmp_path):
    path = save(tmp_path, REPORT)
    path.chmod(0o666)
    assert incident.find(4711, SECONDS - 60, tmp_path) is None
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert incident.find(4711, SECONDS - 60, tmp_path) is None
    path.unlink()
    os.mkfifo(path)
    assert incident.find(4711, SECONDS - 60, tmp_path) is None


@pytest.mark.parametrize("status, saved, expected", [
    (9, False, {"fault": False, "killed": True, "what": "SIGKILL"}),
    (6, False, {"fault": True, "killed": False, "what": "SIGABRT"}),
    (6, True, {"fault": True, "killed": False, "what": "SIGABRT"}),
    (9, True, {"fault": True, "killed": True, "what": "SIGKILL"}),  # a hang that rocmfix-run ended
    (1 << 8, False, {"fault": False, "killed": False, "what": ""}),
    (1 << 8, True, {"fault": True, "killed": False, "what": ""}),  # of a child: torchrun's own status is 1
    (2, False, {}),
])  # fmt: skip
def test_the_launcher_asks_what_rocmfix_run_knew(tmp_path, monkeypatch, status, saved, expected):
    monkeypatch.setenv("ROCMFIX_INCIDENT_DIR", str(tmp_path / "incidents"))
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append("launch", attempt=1, pid=4711)
    journal.append("start", first=1, epochs=6)
    if saved:
        save(tmp_path / "incidents", {**REPORT, "time": ""}, f"{int(journal.read()[0]['time']) + 1}-4711-a.json")
    launcher._write_end(journal, status)
    *_, last = journal.read()
    assert {key: last.get(key) for key in expected} == expected and last["status"] == status
    kinds = [loss.kind for loss in account_of(journal.read()).losses]
    assert kinds == ([GPU_FAULT] if saved else {9: [KILLED], 6: [CRASH]}.get(status, []))


def test_the_account_of_a_run_that_continues_another_has_both(tmp_path):
    for name, rows in (("a", [(0, "launch", FIRST), (1, "start", start(1)), (2, "epoch", {"epoch": 1}),
                              (3, "stop", {})]),
                       ("b", [(4, "launch", AGAIN), (5, "start", start(1)), (7, "end", {"epoch": 5})])):  # fmt: skip
        (tmp_path / name / "rocmfix").mkdir(parents=True)
        lines = "".join(json.dumps(event) + "\n" for event in events(*rows))
        (tmp_path / name / "rocmfix/journal.jsonl").write_text(lines)
    session = Session("train", save_dir=str(tmp_path / "b"), earlier=[str(tmp_path / "a")], earlier_epochs=1)
    total = summary.account_over_runs(session)
    assert (total.done, total.epochs, total.finished, total.seconds) == (6, 7, True, 6)


# ---------------------------------------------------------------- --on-fault


class Watched:
    """A session whose run has had a fault, and a command that notes what it was told."""

    def __init__(self, folder, words):
        self.folder = folder
        self.run = folder / "run $(touch forged)"
        (self.run / "rocmfix").mkdir(parents=True)
        self.journal = Journal(self.run / "rocmfix/journal.jsonl")
        self.session = folder / "session.json"
        Session("train", {"model": "m"}, save_dir=str(self.run)).write(self.session)
        self.command = on_fault.FaultCommand(words, self.session)

    def fault(self, **fields):
        self.journal.append("epoch", epoch=3)
        self.journal.append("fault", what="GPU memory fault", cause="$(touch forged); `touch forged`",
                            mitigations=["cpu", "batch-half"], report="/r.json", **fields)  # fmt: skip

    def notes(self, count):
        deadline = time.monotonic() + 60
        while len(found := sorted(self.folder.glob("note-*"))) < count and time.monotonic() < deadline:
            self.command.look()
            time.sleep(0.02)
        return [dict(line.split("=", 1) for line in path.read_text().splitlines()) for path in found]


NOTE = ["bash", "-c", 'env | grep ^ROCMFIX_FAULT_ >"$0/part-$$" && mv "$0/part-$$" "$0/note-$$"']


def test_a_command_is_told_of_each_fault_once_and_foreign_text_is_never_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    watched = Watched(tmp_path, [*NOTE, str(tmp_path)])
    watched.command.look()
    watched.fault()
    (note,) = watched.notes(1)
    assert note["ROCMFIX_FAULT_WHAT"] == "GPU memory fault" and note["ROCMFIX_FAULT_EPOCH"] == "3"
    assert note["ROCMFIX_FAULT_MITIGATIONS"] == "cpu batch-half" and note["ROCMFIX_FAULT_REPORT"] == "/r.json"
    assert note["ROCMFIX_FAULT_CAUSE"] == "$(touch forged); `touch forged`"
    assert (note["ROCMFIX_FAULT_RUN"], note["ROCMFIX_FAULT_GIVEN_UP"]) == (str(watched.run), "0")
    watched.command.look()
    watched.command.finish()
    assert len(watched.notes(1)) == 1 and not (tmp_path / "forged").exists()
    watched.fault()
    watched.command.look(given_up=True)
    assert sorted(note["ROCMFIX_FAULT_GIVEN_UP"] for note in watched.notes(2)) == ["0", "1"]
    watched.command.finish()


def test_faults_of_before_this_command_are_not_told_again(tmp_path):
    watched = Watched(tmp_path, [*NOTE, str(tmp_path)])
    watched.fault(time=1.0)
    watched.command.look()
    watched.command.finish()
    assert not list(tmp_path.glob("note-*"))


def test_a_command_that_hangs_or_fails_or_is_missing_harms_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(on_fault, "PATIENCE", 0.3)
    for words, told in ((["sh", "-c", "sleep 600 & sleep 600"], "did not end within 0 s: killed"),
                        (["sh", "-c", "exit 3"], "ended with status 3"),
                        (["/nowhere/command"], "No such file")):  # fmt: skip
        folder = tmp_path / told.replace(" ", "")
        folder.mkdir()
        watched = Watched(folder, words)
        watched.fault()
        begun = time.monotonic()
        watched.command.look()
        assert time.monotonic() - begun < 5
        watched.command.finish()
        assert told in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "  ", "mail 'unbalanced"])
def test_an_on_fault_that_is_no_command_is_a_usage_error(text):
    with pytest.raises(Failure) as caught:
        on_fault.words_of(text)
    assert caught.value.status == 2


def test_the_launcher_looks_while_it_waits(monkeypatch):
    monkeypatch.setattr(launcher, "LOOK_PERIOD", 0.05)
    looks = []
    assert launcher.wait_for(["sleep", "1"], lambda: looks.append(1)) == 0
    assert len(looks) >= 2


# ---------------------------------------------------------------- the picture


def picture():
    log = events(
        (0, "launch", FIRST), (360, "start", start(1)), (720, "epoch", {"epoch": 1}),
        (1080, "epoch", {"epoch": 2}), (1440, "fault", {**FAULT, "at": 1400, "mitigations": ["cpu"]}),
        (1450, "launch", AGAIN), (1460, "device", {"new": "CPU"}), (1800, "start", start(3)),
        (2160, "epoch", {"epoch": 3}), (2170, "batch", {"old": 4, "new": 2}), (3600, "exit", {"killed": True}),
    )  # fmt: skip
    rows = {n: {"epoch": n, "train/box_loss": 2.0, "train/cls_loss": 1.0, "metrics/mAP50(B)": n / 10} for n in (1, 2, 3)}
    samples = [sensors.Sample(time, vram_used=2**30) for time in (400, 402, 404, 1800, 1802)]
    return plot.picture_of(log, rows, samples)


def shape(points):
    return [None if math.isnan(value) else value for _, value in points]


def test_lines_are_interrupted_where_nobody_trained_or_measured():
    drawn = picture()
    assert shape(drawn.epochs) == [None, 1, 2, None, 3, None]
    assert shape(drawn.loss) == [None, 3, 3, None, 3, None]
    assert shape(drawn.metrics["metrics/mAP50(B)"]) == [None, 0.1, 0.2, None, 0.3, None]
    assert shape(drawn.sensors["VRAM, GiB"]) == [None, 1, 1, 1, None, 1, 1]


def test_marks_are_at_their_time_and_lost_time_is_an_interval():
    drawn = picture()
    assert [(mark.time, mark.label) for mark in drawn.marks] == [
        (1400, "GPU memory fault, then cpu"), (1460, "on the CPU"), (2160, "killed"), (2170, "batch 2")]  # fmt: skip
    assert [loss.interval for loss in drawn.losses] == [(1080, 1800), (2160, 3600)]


def test_results_with_nonsense_in_them_are_read_as_far_as_possible(tmp_path):
    (tmp_path / "results.csv").write_text("epoch, train/box_loss,x\n1, 2.5,a\nnan,1,1\n2,,3,4\n\n")
    rows = plot.read_results(tmp_path / "results.csv")
    assert rows[1] == {"epoch": 1, "train/box_loss": 2.5} and set(rows) == {1, 2}
    assert plot.read_results(tmp_path / "missing.csv") == {}


def test_it_is_drawn_on_white(tmp_path):
    pytest.importorskip("matplotlib")
    plot.draw(picture(), tmp_path / "a.png")
    Image = pytest.importorskip("PIL.Image")
    assert Image.open(tmp_path / "a.png").convert("RGB").getpixel((2, 2)) == (255, 255, 255)


def test_an_empty_account_has_words():
    assert account_text(Account(), "/run")[-1] == "resume with: rocmfix-yolo resume /run"


# ---------------------------------------------------------------- the GPU's memory in an epoch


def test_the_pressure_is_that_of_the_epoch_and_of_pytorchs_share(monkeypatch, tmp_path):
    stats = {"num_alloc_retries": 3}
    cuda = types.SimpleNamespace(
        reset_peak_memory_stats=lambda device: None, memory_stats=lambda device: dict(stats),
        max_memory_allocated=lambda device: 4 << 30,
        get_device_properties=lambda device: types.SimpleNamespace(total_memory=10 << 30))  # fmt: skip
    monkeypatch.setitem(sys.modules, "torch", types.SimpleNamespace(cuda=cuda))
    monkeypatch.setattr("rocmfix.librocmfix.layer_is_loaded", lambda: False)
    watch, device = GpuWatch(), types.SimpleNamespace(type="cuda", index=0)
    watch.begin_epoch(device)
    assert watch.pressure(device) == Pressure(0.5, False)  # of 80 % of 10 GiB
    stats["num_alloc_retries"] = 4
    assert watch.pressure(device) == Pressure(0.5, True)
    watch.begin_epoch(device)
    assert watch.pressure(device) == Pressure(0.5, False)
    cpu = types.SimpleNamespace(type="cpu")
    watch.begin(cpu, tmp_path / "gpu.csv")
    assert (watch.pressure(cpu), watch.readings()) == (None, "")
