# SPDX-License-Identifier: MIT
"""A run is one run: a second in its directory, a second process, a killed launcher, a full disk."""

import os
import select
import shutil
import signal
import subprocess
import time

import pytest

from lab import Run

ABORT = {"kind": "abort", "event": "on_train_batch_start"}


def command(lab, home, *words, faults=None, **popen):
    return subprocess.Popen(["rocmfix-yolo", *map(str, words)], cwd=popen.pop("cwd", home), text=True,
                            env=lab.environment(home, faults), stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **popen)  # fmt: skip


def run_to_end(lab, home, *words, **popen):
    process = command(lab, home, *words, **popen)
    output, _ = process.communicate(timeout=900)
    return process.returncode, output


def wait_for(path, process):
    deadline = time.monotonic() + 600
    while not path.exists():
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()[0]
        time.sleep(0.1)


def copies(run):
    """What a resume could use of it, with the content of each."""
    found = (path for path in run.rglob("*") if path.suffix in (".pt", ".csv", ".rest"))
    return {path.relative_to(run): path.read_bytes() for path in found}


@pytest.fixture(scope="module")
def given_up(lab):
    """Four epochs wanted, two kept, ended by a fault; and what it has told."""
    run = lab.train("given-up-run", [{**ABORT, "count": 8}], retries=0, epochs=4)
    assert run.statuses == [-signal.SIGABRT], run.outputs[-1]
    assert run.epochs == [1, 2]
    return run


def a_copy(lab, run, name):
    home = lab.directory / name
    shutil.copytree(run.directory.parent, home)
    return Run(home / "run", list(run.outputs))


def test_a_new_run_in_its_directory_is_not_continued_from_an_older_ones_checkpoints(lab, given_up):
    run = a_copy(lab, given_up, "over")
    home = run.directory.parent
    faults = lab.write_faults(home / "new", [{**ABORT, "count": 2}, {**ABORT, "count": 5}])
    words = lab.arguments(home, epochs=2, seed=11, exist_ok=True)
    status, output = run_to_end(lab, home, "train", *words, faults=faults)
    assert status == 0, output
    assert len(list(faults.glob("*.struck"))) == 2
    assert run.epochs == [1, 2] and "finished: 2 of 2 epochs" in output
    earlier = run.directory / "rocmfix/earlier-1"
    assert f"'rocmfix-yolo resume {earlier}' continues it" in output
    undisturbed = lab.train("over-undisturbed", epochs=2, seed=11)
    assert run.rows == undisturbed.rows

    # What was moved aside is a run that can be resumed.
    status, output = run_to_end(lab, home, "resume", earlier)
    assert status == 0, output
    assert Run(earlier).epochs == [1, 2, 3, 4] and "finished: 4 of 4 epochs" in output


def test_a_run_is_trained_by_one_process_which_ends_with_the_launcher(lab):
    home = lab.directory / "one"
    faults = lab.write_faults(home, [{"kind": "wait", "event": "on_train_batch_start", "count": 5}])
    words = lab.arguments(home, epochs=3)
    first = command(lab, home, "train", *words, faults=faults)
    try:
        wait_for(faults / "0.struck", first)
        worker = int((home / "run/rocmfix/lock").read_text())
        before = copies(home / "run")
        told = f"is being trained by process {worker}"
        for again in (("resume", home / "run"), ("train", *words, "exist_ok=True")):
            status, output = run_to_end(lab, home, *again)
            assert status == 1 and told in output, output
            assert "finished" not in output
        assert copies(home / "run") == before
        pidfd = os.pidfd_open(worker)
        first.kill()
        assert select.select([pidfd], [], [], 60)[0], "the worker outlives the launcher"
    finally:
        first.kill()
    both = [command(lab, home, "resume", home / "run") for _ in range(2)]
    ended = sorted((process.communicate(timeout=900)[0], process.returncode) for process in both)
    assert sorted(status for _, status in ended) == [0, 1], ended
    (refusal,) = [output for output, status in ended if status == 1]
    assert "is being trained by process" in refusal
    assert Run(home / "run").epochs == [1, 2, 3]


def test_two_damaged_checkpoints_are_said_and_nothing_is_overwritten(lab, given_up):
    run = a_copy(lab, given_up, "both-damaged")
    for path in run.directory.glob("rocmfix/epoch-*/state.pt"):
        path.write_bytes(path.read_bytes()[:-100])
    before = copies(run.directory)
    status, output = run_to_end(lab, run.directory.parent, "resume", run.directory)
    assert status == 1
    assert f"error: no checkpoint of {run.directory} is whole (epoch-00002: state.pt" in output
    assert f"hint: {run.directory}/weights/last.pt is of epoch 2: 'yolo train resume model=" in output
    assert copies(run.directory) == before


def test_a_directory_that_is_deleted_meanwhile_is_made_again(lab):
    home = lab.directory / "deleted"
    fault = {"kind": "delete", "event": "on_train_epoch_start", "count": 2, "path": str(home / "run")}
    run = lab.train("deleted", [fault, {**ABORT, "count": 1}], epochs=3)
    assert run.statuses == [0], run.outputs[-1]
    assert f"{run.directory} was deleted while it is trained" in run.outputs[-1]
    assert run.epochs == [2, 3]


def test_a_resume_from_elsewhere_finds_what_was_relative(lab, given_up):
    """As `rocmfix-yolo train data=data.yaml` typed next to the data."""
    home = lab.directory / "relative"
    faults = lab.write_faults(home, [{**ABORT, "count": 5}])
    words = [word for word in lab.arguments(home, epochs=2) if not word.startswith("data=")]
    status, output = run_to_end(lab, home, "train", "--retries=0", *words, "data=data.yaml", faults=faults,
                                cwd=lab.data)  # fmt: skip
    assert status == -signal.SIGABRT, output
    status, output = run_to_end(lab, home, "resume", "run")
    assert status == 0, output
    assert f"continuing in {lab.data}, where this run was begun" in output
    assert Run(home / "run").epochs == [1, 2]


def test_after_the_end_only_what_is_useful_is_left(lab, given_up):
    run = a_copy(lab, given_up, "the-end")
    assert "a checkpoint takes " in given_up.outputs[0] and " MB averaged weights" in given_up.outputs[0]
    status, output = run_to_end(lab, run.directory.parent, "resume", run.directory)
    assert status == 0, output
    assert "weights/ has what is left of use" in output
    assert sorted(path.name for path in (run.directory / "rocmfix").iterdir()) == [
        "journal.jsonl", "lock", "session.json"]  # fmt: skip
    before = copies(run.directory)
    status, output = run_to_end(lab, run.directory.parent, "resume", run.directory)
    assert status == 0 and f"{run.directory} is finished: there is nothing to resume" in output
    assert copies(run.directory) == before


ON_A_SMALL_DISK = """
mount -t tmpfs -o size={size}k none {home} || exit 99
{train}
echo "status $?"; ls {home}/run/rocmfix; df -k --output=used {home}
fallocate -l 1T {home}/full 2>/dev/null; rm -f {home}/full
cp -a {home}/run {out}
"""


def test_a_disk_with_room_for_one_checkpoint_and_a_half(lab, given_up):
    size = sum(path.stat().st_size for path in (given_up.directory / "rocmfix/epoch-00002").iterdir())
    weights = (given_up.directory / "weights/last.pt").stat().st_size
    home, out = lab.directory / "small", lab.directory / "small-out"
    home.mkdir()
    faults = lab.write_faults(lab.directory / "small-faults", [{**ABORT, "count": 11}])
    words = ["rocmfix-yolo", "train", *lab.arguments(home, epochs=5)]
    script = ON_A_SMALL_DISK.format(size=(size * 5 // 2 + weights * 3) // 1024, home=home, out=out,
                                    train=" ".join(words))  # fmt: skip
    unshare = ["unshare", *([] if os.geteuid() == 0 else ["-r"]), "-m", "sh", "-c", script]
    done = subprocess.run(unshare, env=lab.environment(lab.directory / "small-home", faults), cwd="/", timeout=900,
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    if done.returncode == 99 or "unshare failed" in done.stdout:
        pytest.skip("no file system can be mounted here")
    assert "status 0\n" in done.stdout, done.stdout
    assert len(list(faults.glob("*.struck"))) == 1
    assert Run(out).epochs == [1, 2, 3, 4, 5]
    assert "does not count" not in done.stdout
    assert done.stdout.count("is nearly full: the older checkpoint is given up") >= 1
