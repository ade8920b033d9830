# SPDX-License-Identifier: MIT
"""What a run is resumed from: only what the manifest lists, only data, only the user's own."""

import json
import math
import os
import pickle
import random
import sys

import pytest

from rocmfix import sensors
from rocmfix.store import Damaged
from rocmfix.store import trust as trust_of_the_store
from rocmfix.store.files import digest
from rocmfix.yolo import checkpoint, cli, trust
from rocmfix.yolo.errors import Failure
from rocmfix.yolo.account import account_of
from rocmfix.yolo.journal import Journal
from rocmfix.yolo.session import Session, state_of

torch = pytest.importorskip("torch")


def short(content):
    return repr(content[:20])


class Payload:
    """Pickled, it makes a file when it is read by a reader that runs what it names."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.fixture
def run(tmp_path):
    """A run with one kept epoch, as `rocmfix-yolo train` leaves it."""
    run = tmp_path / "run"
    state_of(run).mkdir(parents=True)
    (run / "weights").mkdir()
    for directory in (run, state_of(run), run / "weights"):
        directory.chmod(0o755)
    torch.save({"epoch": 0, "model": {"w": torch.ones(3)}, "optimizer": {}}, run / "weights/last.pt")
    (run / "results.csv").write_text("epoch\n1\n")
    Session("train", {"model": "m.pt", "epochs": "5"}, save_dir=str(run)).write(state_of(run) / "session.json")
    keep(run, {"format": 2, "epoch": 0})
    return run


def keep(run, state):
    return checkpoint.keep(checkpoint.store_of(state_of(run)), 1, run / "weights", False, state, run / "results.csv",
                           {"epochs": 5, "stop": False})  # fmt: skip


def rewrite(run, change):
    """The manifest as somebody would have it who can write there."""
    path = state_of(run) / "epoch-00001/manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def without(name):
    return lambda manifest: manifest["files"].pop(name)


@pytest.mark.parametrize("change", [
    lambda m: m.update(files={}), without("last.rest"), without("state.pt"), without("results.csv"),
    lambda m: m["files"].update({"../session.json": {"bytes": 1, "sha256": ""}}),
    lambda m: m["files"].update({"state.pt": "x"}), lambda m: m["files"]["state.pt"].pop("bytes"),
    lambda m: m["files"]["state.pt"].pop("sha256"), lambda m: m.update(files=[]),
    lambda m: m.update(epoch="1"), lambda m: m.update(epoch=True), lambda m: m.update(facts=None),
    lambda m: m["facts"].update(epochs="x"), lambda m: m.pop("schema"),
])  # fmt: skip
def test_a_manifest_that_does_not_list_what_is_used_does_not_count(run, change):
    rewrite(run, change)
    generation, complaints = checkpoint.store_of(state_of(run)).newest()
    assert generation is None
    assert len(complaints) == 1


@pytest.mark.parametrize("content", [
    b"", b"null", b"[]", b'"x"', b"[" * 50_000, b'{"files":' * 9_000, b'{"epoch": ' + b"9" * 5_000 + b"}", b"\xff\xfe",
    b" " * 100_000,
], ids=short)  # fmt: skip
def test_a_manifest_that_is_none_does_not_count(run, content):
    (state_of(run) / "epoch-00001/manifest.json").write_bytes(content)
    assert checkpoint.store_of(state_of(run)).newest()[0] is None


@pytest.mark.parametrize("name", ["manifest.json", "state.pt"])
@pytest.mark.parametrize("kind", ["fifo", "link", "directory"])
def test_a_file_that_is_not_regular_is_neither_waited_for_nor_followed(run, name, kind):
    path = state_of(run) / "epoch-00001" / name
    path.rename(run / "elsewhere")
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "link":
        path.symlink_to(run / "elsewhere")
    else:
        path.mkdir()
    assert checkpoint.store_of(state_of(run)).newest()[0] is None


def test_a_file_that_the_manifest_does_not_list_is_not_restored(run):
    generation = checkpoint.store_of(state_of(run)).newest()[0]
    (generation.directory / "best.pt").write_bytes(b"not listed")
    checkpoint.restore(generation, run)
    assert not (run / "weights/best.pt").exists()


def test_what_changes_after_it_was_verified_is_not_used(run):
    generation = checkpoint.store_of(state_of(run)).newest()[0]
    path = generation.directory / "state.pt"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(Damaged):
        checkpoint.load_state(generation)


def test_a_state_that_names_code_does_not_run_it(run, tmp_path):
    """With sums that fit: as by somebody who writes the manifest, too."""
    for number, content in enumerate((
        {"json": "{}", "tensors": [], "more": Payload(tmp_path / "ran")}, Payload(tmp_path / "ran"),
    )):  # fmt: skip
        path = state_of(run) / "epoch-00001/state.pt"
        torch.save(content, path)
        if number:
            path.write_bytes(pickle.dumps(content))
        rewrite(run, lambda m: m["files"].update({"state.pt": digest(path.read_bytes())}))
        generation = checkpoint.store_of(state_of(run)).newest()[0]
        with pytest.raises(Damaged):
            checkpoint.load_state(generation)
        assert not (tmp_path / "ran").exists()


def test_keeping_a_checkpoint_runs_nothing_that_it_names(run, tmp_path):
    """ultralytics' last.pt holds whole objects: they are read as objects that do nothing."""
    torch.save({"epoch": 0, "model": Payload(tmp_path / "ran"), "optimizer": {"lr": 0.1},
                "args": {"t": torch.ones(2, dtype=torch.float16)}}, run / "weights/last.pt")  # fmt: skip
    keep(run, {})
    assert not (tmp_path / "ran").exists()
    assert checkpoint.store_of(state_of(run)).newest()[0].number == 1


def test_the_exact_state_is_restored(run):
    numpy = pytest.importorskip("numpy")
    state = {"format": 2, "python": random.getstate(), "lr": numpy.float64(0.1) + 1e-17, "none": None,
             "infinite": math.inf, "whole": True, "big": 2**70, 3: [torch.arange(3), (1, "x")],
             "half": torch.ones(2, dtype=torch.float16), "zeros": torch.zeros(9, 50),
             "minus": torch.zeros(100) * -1}  # fmt: skip
    found = checkpoint.load_state(keep(run, state))
    assert torch.equal(found[3][0], torch.arange(3)) and torch.equal(found["half"], state["half"])
    assert torch.equal(found["zeros"], state["zeros"]) and found["zeros"].dtype == torch.float32
    assert torch.signbit(found["minus"]).all(), "-0.0 is not 0.0"
    assert found[3][1] == (1, "x") and found.keys() == state.keys()
    assert all(found[name] == state[name] for name in ("python", "lr", "none", "infinite", "whole", "big"))


@pytest.mark.parametrize("document", [
    None, [], {}, {"json": "[", "tensors": []}, {"json": "[" * 9000, "tensors": []},
    {"json": '{"tensor": 5}', "tensors": []}, {"json": '{"tensor": "x"}', "tensors": []},
    {"json": '{"dict": 1}', "tensors": []}, {"json": '{"dict": [[[], 1]]}', "tensors": []},
    {"json": "{}", "tensors": []}, {"json": '{"other": 1}', "tensors": []},
    {"json": '{"zeros": ["system", [1]]}', "tensors": []}, {"json": '{"zeros": ["int64", [-1]]}', "tensors": []},
    {"json": '{"zeros": ["int64", [4611686018427387904, 9]]}', "tensors": []}, {"json": "1", "tensors": [1]},
], ids=lambda document: repr(document)[:40])  # fmt: skip
def test_a_state_of_another_form_is_damaged(run, document):
    generation = checkpoint.store_of(state_of(run)).newest()[0]
    path = generation.directory / "state.pt"
    torch.save(document, path)
    generation.files["state.pt"] = digest(path.read_bytes())
    with pytest.raises(Damaged):
        checkpoint.load_state(generation)


@pytest.mark.parametrize("rest", [
    b"", b"{}", b"[" * 9000, b'{"holes": 1}\n', b'{"holes": [[0, 1, 99, true]], "sha256": ""}\n',
    b'{"holes": [[-5, 4000, 0, false]], "sha256": ""}\n', b'{"holes": [["x"]], "sha256": ""}\n',
    b'{"holes": [], "sha256": "00"}\nrest',
], ids=short)  # fmt: skip
def test_a_last_pt_that_cannot_be_put_together_is_damaged(run, rest):
    generation = checkpoint.store_of(state_of(run)).newest()[0]
    (generation.directory / "last.rest").write_bytes(rest)
    generation.files["last.rest"] = digest(rest)
    with pytest.raises(Damaged, match="last.rest"):
        checkpoint.restore(generation, run)


# ---------------------------------------------------------------- owners and modes


def resume(run):
    return cli.session_of("resume", cli.read_line([str(run)]))


def test_a_run_of_ones_own_is_resumed(run):
    assert trust.require_own(run) is None
    assert resume(run).resume


@pytest.mark.parametrize("name", [
    ".", "weights", "weights/last.pt", "rocmfix", "rocmfix/session.json", "rocmfix/epoch-00001",
    "rocmfix/epoch-00001/manifest.json", "rocmfix/epoch-00001/last.rest",
])  # fmt: skip
def test_what_everyone_can_write_is_not_resumed(run, name):
    (run / name).chmod((run / name).stat().st_mode | 0o002)
    with pytest.raises(Failure, match="can be written by everyone") as caught:
        resume(run)
    assert f"chmod -R go-w {run}" in caught.value.hint


@pytest.mark.skipif(os.geteuid() != 0, reason="giving files away needs root")
@pytest.mark.parametrize("name", [".", "rocmfix/session.json", "rocmfix/epoch-00001/state.pt"])
def test_what_another_user_owns_is_not_resumed(run, name):
    os.chown(run / name, 12345, -1)
    with pytest.raises(Failure, match="belongs to user 12345"):
        resume(run)


@pytest.mark.skipif(os.geteuid() != 0, reason="giving files away needs root")
def test_a_group_of_ones_own_may_write_and_another_may_not(run):
    run.chmod(0o775)
    assert trust.require_own(run) is None, "root's own group, as a umask of 002 leaves it"
    os.chown(run, -1, 12345)
    with pytest.raises(Failure, match="can be written by group 12345"):
        resume(run)


def test_a_file_system_without_modes_is_a_warning(run, monkeypatch):
    (run / "weights").chmod(0o777)
    monkeypatch.setattr(trust_of_the_store, "has_modes", lambda directory: False)
    assert "has no permissions" in trust.require_own(run)
    assert resume(run).resume


def test_what_is_kept_can_be_written_by_nobody_else_whatever_the_umask(run):
    before = os.umask(0)
    try:
        generation = keep(run, {})
        Session("train").write(state_of(run) / "session.json")
    finally:
        os.umask(before)
    for path in (generation.directory, *generation.directory.iterdir(), state_of(run) / "session.json"):
        assert path.stat().st_mode & 0o022 == 0, path


# ---------------------------------------------------------------- session.json and the journal

GOOD = {"verb": "train", "arguments": {"model": "m.pt"}, "smallest_batch": 1, "largest_batch": 0,
        "dynamic_batch": True, "resume": False, "save_dir": "/x", "earlier": [], "earlier_epochs": 0}  # fmt: skip
WRONG = (None, True, -1, 1.5, 10**12, "", "x\0y", "\ud800", "train", [], [1], ["\ud800"], {}, {"a": 1}, {"a": "\0"},
         {"\ud800": "x"}, float("nan"), float("inf"), [[[]]], "9" * 5000)  # fmt: skip


def read(path, content):
    path.write_bytes(content)
    try:
        return Session.read(path)
    except Failure as failure:
        str(failure).encode("utf-8", "backslashreplace")
        return None


@pytest.mark.parametrize("name", GOOD)
def test_a_session_with_a_field_of_another_kind_is_an_error(tmp_path, name):
    for value in WRONG:
        session = read(tmp_path / "s.json", json.dumps({**GOOD, name: value}).encode())
        if session is not None:
            assert type(getattr(session, name)) is type(GOOD[name]) or value is None
            os.fsencode(f"{session.save_dir}{''.join(session.earlier)}{''.join(session.arguments.values())}")


@pytest.mark.parametrize("content", [
    b"", b"\xff", b"null", b"1", b"[]", b"{}", b"[" * 100_000, b'{"verb":' * 50_000, b'{"verb": "train", "x": 1}',
    b'{"verb": "fly"}', b'{"verb": "train", "smallest_batch": ' + b"9" * 5_000 + b"}", b'{"verb": "train", "a',
    b'{"verb": "train", "arguments": null}', b'{"verb": "train", "earlier": null}', b" " * (2 << 20),
    b'{"verb": "train", "smallest_batch": NaN}', b'{"verb": "train", "save_dir": "\\ud800"}',
], ids=short)  # fmt: skip
def test_a_hostile_session_is_an_error_and_no_traceback(run, content, capsys, monkeypatch):
    (state_of(run) / "session.json").write_bytes(content)
    monkeypatch.setattr(sys, "argv", ["rocmfix-yolo", "resume", str(run)])
    assert cli.main() == 1
    assert capsys.readouterr().err.startswith("error: cannot read ")


def test_a_thousand_mutated_sessions_are_read_or_refused(tmp_path):
    chance = random.Random(15)
    good = json.dumps(GOOD).encode()
    for _ in range(1000):
        content = bytearray(good)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(content))
            content[at : at + chance.randint(0, 3)] = bytes(chance.choices(b'{}[]",:0e-\\u\0\xff truefalsn', k=2))
        read(tmp_path / "s.json", bytes(content))


@pytest.mark.parametrize("kind", ["fifo", "directory"])
def test_a_session_that_is_not_a_regular_file_is_not_waited_for(tmp_path, kind):
    (os.mkfifo if kind == "fifo" else os.mkdir)(tmp_path / "s.json")
    with pytest.raises(Failure, match="cannot read"):
        Session.read(tmp_path / "s.json")


def test_a_name_that_no_file_system_takes_is_an_error(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["rocmfix-yolo", "resume", "x" * 5000])
    assert cli.main() == 1
    assert "File name too long" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--retries", "--min-batch", "--max-batch"])
def test_a_number_of_thousands_of_digits_is_a_usage_error(option):
    with pytest.raises(Failure, match=f"{option} 9+\\.\\.\\.: a whole number") as caught:
        cli.run(["train", "--model", "m", option, "9" * 5000])
    assert caught.value.status == 2


def test_senseless_lines_of_the_journal_are_skipped(tmp_path):
    lines = [b"[" * 50_000, b'{"event": "start", "time": ' + b"9" * 5_000 + b"}", b'{"event": "start", "time": 1}',
             b'{"event": "epoch", "time": 1, "epoch": "x"}', b'{"event": "epoch", "time": NaN, "epoch": 1}',
             b'{"event": "end", "time": 1e300}', b'{"event": [], "time": 1}', b'{"event": "batch", "time": 1}',
             b'{"event": "start", "time": 1, "first": 1e400, "epochs": null}', b"\xff",
             b'{"event": "launch", "time": 5}']  # fmt: skip
    (tmp_path / "j").write_bytes(b"\n".join(lines) + b"\n")
    events = Journal(tmp_path / "j").read()
    assert [event["time"] for event in events] == [5]
    account_of(events)


def test_senseless_rows_of_the_sensors_are_skipped(tmp_path):
    (tmp_path / "gpu.csv").write_bytes(b"\xff\n1,nan,inf,1,1,1\n1e400,1,1,1,1,1\n5,1,2,3,4,5\n")
    assert [row.time for row in sensors.read_rows(tmp_path / "gpu.csv")] == [5]
