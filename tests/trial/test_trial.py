# SPDX-License-Identifier: MIT
"""`rocmfix trial` on commands that fault as they are told to (a model: no card is in these tests)."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time

import faults
import pytest
from conftest import FAULT, FAULTS_UNLESS_GOOD

STOCK_OR_GOOD = ("--arms", "stock,GOOD=1")
SHELL = ("sh", "-c")


def outcomes(document):
    return [run["outcome"] for run in document["runs"]]


def test_a_difference_that_is_plain_ends_the_trial_after_four_pairs(trial):
    run = trial(*STOCK_OR_GOOD, command=(*SHELL, FAULTS_UNLESS_GOOD))
    assert "GOOD=1 faults less often than stock." in run.out
    assert re.search(r"stock +4 +0 +4 +0 +0 +0 +0 +100 % \(40 to 100 %\)", run.out)
    assert "no fault in 4 runs: the rate may still be 53 % (95 %)" in run.out
    assert run.err.count("\nrocmfix trial: run ") == 8
    assert "stock: fault after" in run.err
    assert [entry["kind"] for entry in trial.journal()] == ["trial", *["begin", "run"] * 8, "end"]


def test_the_document_has_every_run_and_figure_and_no_secret(trial):
    document = trial.json(*STOCK_OR_GOOD, "--seed", "7", command=(
        *SHELL, FAULTS_UNLESS_GOOD, "x", "--api-key", "hunter2secret"))
    assert document["schema"] == 1 and document["kind"] == "trial"
    assert document["end"] == "decided" and document["seed"] == 7
    assert document["machine"]["gpus"][0]["gfx"] == "gfx1010"
    assert document["machine"]["simulated"] is False
    stock, good = document["arms"]
    assert (stock["fault"], stock["rate"], good["completed"], good["rate"]) == (4, 1.0, 4, 0.0)
    assert good["rate_at_most"] == pytest.approx(0.527, abs=0.001)
    comparison = document["comparisons"][0]
    assert comparison["verdict"] == "fewer" and comparison["pairs"] == 4
    assert comparison["log_e"] == pytest.approx(3.606, abs=0.001)
    assert comparison["fisher_p"] == pytest.approx(0.0286, abs=0.0001)
    assert len(document["runs"]) == 8
    assert "hunter2secret" not in json.dumps(document)


def test_a_block_has_every_arm_once_in_an_order_that_the_seed_gives(trial, tmp_path):
    arms = ["stock", "A=1", "B=1"]
    orders = []
    for seed in ("3", "3", "4"):
        trial.directory = tmp_path / f"trial{len(orders)}"
        document = trial.json("--arms", ",".join(arms), "--runs", "6", "--seed", seed, command=("true",))
        order = [(run["block"], run["arm"]) for run in document["runs"]]
        assert [sorted(arm for block, arm in order if block == b) for b in range(6)] == [sorted(arms)] * 6
        orders.append(order)
    assert orders[0] == orders[1] != orders[2]
    assert len({tuple(arm for block, arm in orders[0] if block == b) for b in range(6)}) > 1


def test_arms_that_do_not_differ_make_all_their_runs(trial):
    run = trial(*STOCK_OR_GOOD, "--runs", "3", command=("true",))
    assert "all runs were made" in run.out
    assert "No difference is shown between GOOD=1 and stock: it may still be there." in run.out
    assert "a run ends within a second. Does the command fork away?" in run.out


def test_stock_has_nothing_of_rocmfix_and_safe_has_what_rocmfix_run_sets(trial, tmp_path):
    note = tmp_path / "note"
    trial("--runs", "1", command=(*SHELL, f"env -0 >{note}-$ROCMFIX_HIP-$ROCMFIX_PLAN"))
    stock, safe = (dict(item.split("=", 1) for item in (tmp_path / name).read_text().split("\0") if item)
                   for name in ("note-0-0", "note-1-1"))
    assert "LD_PRELOAD" not in stock and "librocmfix-hip.so" in safe["LD_PRELOAD"]
    assert (stock["ROCMFIX_COHERENCE"], safe["ROCMFIX_COHERENCE"]) == ("off", "auto")
    assert (stock["ROCMFIX_VRAM_CAP"], safe["ROCMFIX_VRAM_CAP"]) == ("off", "0.8")


def test_a_mitigation_and_a_sum_of_arms_are_arms(trial, tmp_path):
    note = tmp_path / "note"
    trial("--arms", "stock,miopen-implicit-gemm+X=1+Y=2", "--runs", "1",
          command=(*SHELL, f"echo $MIOPEN_DEBUG_CONV_IMPLICIT_GEMM,$X,$Y >>{note}"))
    assert sorted(note.read_text().splitlines()) == [",,", "1,1,2"]


def test_a_factor_is_compared_with_stock(trial):
    document = trial.json("--factor", "coherence", "--runs", "1", command=("true",))
    assert [arm["name"] for arm in document["arms"]] == ["stock", "coherence"]
    factors = trial.journal()[0]["arms"][1]["factors"]
    assert [factor["name"] for factor in factors] == ["interposer", "coherence"]


@pytest.mark.parametrize("how, outcome", [
    ("layer", "fault"), ("kernel", "fault"), ("hang", "reset"), ("abort", "fault"),
    ("exception", "fault"), ("3", "failed"), ("0", "completed")])
def test_an_outcome_is_the_supervisors_diagnosis(trial, tmp_path, how, outcome):
    kmsg = trial.root / "dev/kmsg"
    kmsg.parent.mkdir(exist_ok=True)
    kmsg.write_text("")
    message = "" if how in ("kernel", "hang", "exception") else FAULT
    program = faults.program().replace("MESSAGE + ", "%r + " % message, 1)
    arms = "interposer,interposer+A=1" if how == "layer" else "stock,A=1"
    document = trial.json("--arms", arms, "--runs", "1",
                          command=(sys.executable, "-c", program, tmp_path / "note", kmsg, how))
    assert outcomes(document) == [outcome] * 2
    if how == "layer":
        assert "4096 bytes after the end of a block" in document["runs"][0]["why"]


def test_the_supervisors_reports_stay_with_the_trial_alone(trial, tmp_path):
    program = faults.program()
    kmsg = tmp_path / "kmsg"
    trial("--arms", "interposer,interposer+A=1", "--runs", "1",
          command=(sys.executable, "-c", program, tmp_path / "note", kmsg, "layer"))
    assert len(list(trial.directory.glob("incidents-000[12]/*.json"))) == 2
    assert not (tmp_path / ".local").exists()


def test_a_command_that_fails_for_another_reason_is_told_after_three_runs(trial):
    run = trial(*STOCK_OR_GOOD, status=1, command=(
        sys.executable, "-c", "raise ValueError('no data set')"))
    assert "The command fails under every arm, and not by a GPU fault: exit status 1" in run.out
    assert run.err.count("\nrocmfix trial: run ") == 3
    log = trial.directory / "run-0003.log"
    assert str(log) in run.out and "no data set" in log.read_text()


def test_a_failure_of_one_arm_alone_counts_for_nothing_and_ends_nothing(trial):
    document = trial.json(*STOCK_OR_GOOD, "--runs", "4", command=(*SHELL, 'test -z "$GOOD"'))
    assert document["end"] == "complete"
    assert document["arms"][1]["failed"] == 4 and document["arms"][1]["rate"] is None
    assert document["comparisons"][0]["pairs"] == 0


def test_a_command_that_never_ends_is_a_hang_and_is_told_when_no_run_ends(trial):
    run = trial(*STOCK_OR_GOOD, "--timeout", "1s", status=1, command=("sleep", "1234567"))
    assert "Every run was longer than --timeout." in run.out
    assert run.err.count("hang after 1.") == 6
    assert "sleep 1234567" not in subprocess.run(["ps", "-eo", "args"], capture_output=True,
                                                 text=True, check=True).stdout


def test_an_output_without_end_costs_a_mebibyte_and_a_success_is_found_in_it(trial):
    noisy = "yes | head -c 200000000; echo all went well; exit 5"
    document = trial.json(*STOCK_OR_GOOD, "--runs", "1", "--success", "all .* well$",
                          command=(*SHELL, noisy))
    assert outcomes(document) == ["completed"] * 2
    log = (trial.directory / "run-0001.log").read_bytes()
    assert len(log) < 1.1 * 2**20 and log.endswith(b"all went well\n")
    assert b"bytes left out]" in log


@pytest.mark.parametrize("success, outcome", [("EXIT:5", "completed"), ("EXIT", "failed"),
                                              ("never printed", "failed")])
def test_what_success_is_can_be_said(trial, success, outcome):
    document = trial.json(*STOCK_OR_GOOD, "--runs", "1", "--success", success,
                          command=(*SHELL, "echo done; exit 5"))
    assert outcomes(document) == [outcome] * 2


def test_a_command_that_needs_a_terminal_is_refused_one(trial):
    run = trial(*STOCK_OR_GOOD, status=1, command=(*SHELL, "read line </dev/tty || exit 4"))
    assert "It gets no input and no terminal." in run.out


def test_what_a_command_leaves_behind_is_ended_and_not_waited_for(trial, tmp_path):
    note = tmp_path / "pid"
    began = time.monotonic()
    trial(*STOCK_OR_GOOD, "--runs", "1", command=(*SHELL, f"sleep 300 & echo $! >>{note}"))
    assert time.monotonic() - began < 60
    for pid in note.read_text().split():
        assert not os.path.exists(f"/proc/{pid}/task")


def test_ctrl_c_ends_the_run_and_prints_what_is_known(trial, interrupt, tmp_path):
    note = tmp_path / "note"
    process = trial.start(*STOCK_OR_GOOD, command=(
        *SHELL, f"echo $$ >>{note}; test $(wc -l <{note}) -lt 3 || exec sleep 300"))
    deadline = time.monotonic() + 30
    while not note.exists() or len(note.read_text().split()) < 3:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    interrupt(process)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1, out + err
    assert "stopped; to continue: rocmfix trial --resume" in out
    assert "run 3, " in err and "stopped after" in err
    assert not os.path.exists(f"/proc/{note.read_text().split()[2]}")


def test_a_trial_that_was_killed_continues_where_it_was(trial, tmp_path):
    note = tmp_path / "note"
    process = trial.start(*STOCK_OR_GOOD, "--runs", "3", "--seed", "5", command=(
        *SHELL, f"echo $$ >>{note}; test $(wc -l <{note}) -ne 4 || exec sleep 300"))
    deadline = time.monotonic() + 30
    while not note.exists() or len(note.read_text().split()) < 4:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    process.kill()
    process.communicate()
    document = trial.json(resume=True)
    assert document["end"] == "complete"
    assert outcomes(document) == ["completed"] * 3 + ["stopped"] + ["completed"] * 3
    assert [run["number"] for run in document["runs"]] == list(range(1, 8))
    counted = [(run["block"], run["arm"]) for run in document["runs"] if run["outcome"] == "completed"]
    assert len(set(counted)) == 6
    assert {arm["runs"] for arm in document["arms"]} == {3}


def killed_in_a_run(trial, tmp_path):
    note = tmp_path / "note"
    process = trial.start(*STOCK_OR_GOOD, "--runs", "2", command=(
        *SHELL, f"echo $$ >>{note}; test $(wc -l <{note}) -ne 2 || exec sleep 300"))
    deadline = time.monotonic() + 30
    while not note.exists() or len(note.read_text().split()) < 2:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    process.kill()
    process.communicate()


def test_a_machine_that_went_down_during_a_run_is_told_and_that_run_is_not_made_again(trial, tmp_path):
    boot = trial.root / "proc/sys/kernel/random/boot_id"
    boot.parent.mkdir(parents=True, exist_ok=True)
    boot.write_text("first\n")
    killed_in_a_run(trial, tmp_path)
    boot.write_text("second\n")
    document = trial.json(resume=True)
    assert outcomes(document) == ["completed", "down", "completed", "completed"]
    assert document["runs"][1]["why"] == "the machine went down during the run"


@pytest.mark.parametrize("how", ["outcome", "removed", "inserted", "no journal"])
def test_a_journal_that_was_changed_is_refused(trial, how):
    trial(*STOCK_OR_GOOD, command=(*SHELL, FAULTS_UNLESS_GOOD))
    journal = trial.directory / "journal.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    if how == "outcome":
        at = next(i for i, line in enumerate(lines) if '"outcome":"fault"' in line and '"kind":"run"' in line)
        lines[at] = lines[at].replace('"outcome":"fault"', '"outcome":"completed"')
    elif how == "removed":
        del lines[3:5]
    elif how == "inserted":
        lines.insert(3, lines[2])
    else:
        lines = ["{}\n"]
    journal.write_text("".join(lines))
    run = trial(resume=True, status=1)
    assert re.search(r"error: .*journal.jsonl: line \d+ was changed or damaged\nhint: ", run.err)
    assert run.out == ""


def test_a_last_line_that_was_not_written_whole_is_left_out(trial):
    trial(*STOCK_OR_GOOD, "--runs", "2", command=("true",))
    journal = trial.directory / "journal.jsonl"
    whole = journal.read_text()
    journal.write_text(whole + '{"crc":"0123')
    run = trial(resume=True)
    assert "the last line of the journal was not written whole" in run.err
    assert journal.read_text().startswith(whole + '{"crc":') and '"0123' not in journal.read_text()


@pytest.mark.parametrize("how", ["link", "open to others", "fifo", "missing"])
def test_a_journal_that_others_may_have_written_is_not_obeyed(trial, tmp_path, how):
    trial.directory.mkdir()
    journal = trial.directory / "journal.jsonl"
    if how == "link":
        (tmp_path / "elsewhere").write_text("")
        journal.symlink_to(tmp_path / "elsewhere")
    elif how == "open to others":
        journal.write_text("")
        journal.chmod(0o666)
    elif how == "fifo":
        os.mkfifo(journal)
    run = trial(resume=True, status=1)
    assert run.err.startswith("error: ")


def test_a_trial_that_runs_is_not_resumed(trial, tmp_path):
    note = tmp_path / "note"
    process = trial.start(*STOCK_OR_GOOD, command=(*SHELL, f"echo >>{note}; sleep 300"))
    while not note.exists():
        time.sleep(0.05)
    try:
        assert "is in use: the trial is running" in trial(resume=True, status=1).err
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def test_a_full_disk_ends_the_trial_with_what_is_known(trial):
    def limit():
        import resource
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
    run = trial(*STOCK_OR_GOOD, status=1, preexec_fn=limit, command=("true",))
    assert re.search(r"error: cannot write .*journal.jsonl: File too large", run.err)
    assert "ended by an error" in run.out and "completed" in run.out
    entries = trial.journal()
    assert entries[-1]["kind"] in ("begin", "run", "end") and len(entries) > 3


def test_results_are_for_the_user_alone_and_replace_none(trial):
    trial(*STOCK_OR_GOOD, "--runs", "1", command=("true",))
    assert stat.S_IMODE(trial.directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((trial.directory / "journal.jsonl").stat().st_mode) == 0o600
    assert "File exists" in trial(*STOCK_OR_GOOD, status=1, command=("true",)).err


def test_what_the_card_does_before_a_run_is_recorded_and_other_load_is_told(trial):
    device = (trial.root / "sys/bus/pci/devices/0000:03:00.0").resolve()
    (device / "hwmon/hwmon0").mkdir(parents=True, exist_ok=True)
    for name, text in {"gpu_busy_percent": "97\n", "mem_info_vram_used": str(512 << 20),
                       "hwmon/hwmon0/temp1_input": "61000\n", "power/runtime_status": "active\n",
                       "pp_dpm_sclk": "0: 300Mhz\n1: 800Mhz *\n2: 1750Mhz\n"}.items():
        (device / name).parent.mkdir(exist_ok=True)
        (device / name).write_text(text)
    run = trial("--json", *STOCK_OR_GOOD, "--runs", "1", command=("true",))
    document = json.loads(run.out)
    before = document["runs"][0]["before"]
    assert before.items() >= {"busy_percent": 97, "temperature_c": 61, "sclk_mhz": 800,
                              "vram_used_mib": 512}.items()
    assert document["other_load"] is True
    assert run.err.count("warning: the GPU is busy (97 %)") == 1


def test_an_arm_that_needs_a_reboot_waits_for_it(trial):
    parameter = trial.root / "sys/module/amdgpu/parameters/noretry"
    parameter.write_text("-1\n")
    run = trial("--arms", "stock,retry", "--runs", "2", status=1, command=("true",))
    assert "reboot with amdgpu.noretry=1 on the kernel's command line" in run.out
    assert {entry["arm"] for entry in trial.journal() if entry["kind"] == "run"} == {"stock"}
    parameter.write_text("1\n")
    document = trial.json(resume=True)
    assert document["end"] == "complete"
    assert [run["arm"] for run in document["runs"]] == ["stock"] * 2 + ["retry"] * 2
    assert parameter.read_text() == "1\n"


def test_a_bisection_finds_the_factors_that_matter(trial):
    command = f'test -n "$B" -a -n "$C" || {{ ulimit -c 0; echo "{FAULT}" >&2; kill -ABRT $$; }}'
    run = trial("--bisect", "--arms", "stock,A=1+B=1+C=1", "--seed", "1", "--runs", "30",
                command=(*SHELL, command))
    assert "The smallest set that works: B=1, C=1" in run.out
    trial.directory = trial.directory.with_name("again")
    document = trial.json("--bisect", "--arms", "stock,A=1+B=1+C=1", "--runs", "30",
                          command=(*SHELL, command))
    assert document["bisection"]["found"] == ["B=1", "C=1"]


def test_a_bisection_of_safe_tries_its_factors(trial):
    document = trial.json("--bisect", "--arms", "stock,safe", "--runs", "1", command=("true",))
    assert document["bisection"]["state"] == "no_difference"
    assert trial.journal()[0]["factors"][:3] == ["interposer", "coherence", "vram-cap"]


@pytest.mark.parametrize("options, status, words", [
    (("--arms", "stock,override"), 3, "cannot be set: rocmfix-run would not set HSA_OVERRIDE"),
    (("--arms", "stock,mtype"), 3, "the livepatch is not installed"),
    (("--arms", "stock,nonsense"), 1, "no arm or factor is named 'nonsense'"),
    (("--arms", "stock,1X=2"), 1, "no arm or factor is named '1X=2'"),
    (("--arms", "stock"), 1, "a trial compares 2 to 12 arms, not 1"),
    (("--arms", "stock,stock"), 1, "is given twice"),
    (("--runs", "0"), 1, "--runs: from 1 to 10000"),
    (("--time", "8y"), 1, "--time: not a time: '8y'"),
    (("--timeout", "99999999999999999999s"), 1, "--timeout: not a time"),
    (("--success", "EXIT:x"), 1, "no exit status"),
    (("--success", "(((",), 1, "no regular expression"),
    (("--bisect", "--arms", "stock,stock+stock"), 1, "--bisect needs two arms"),
    (("--bisect", "--arms", "stock,retry"), 1, "--bisect needs two arms")])
def test_what_cannot_be_tried_is_refused_before_anything_is_made(trial, options, status, words):
    run = trial(*options, status=status, command=("true",))
    assert words in run.err and "hint: " in run.err + "hint: " * ("twice" in words or "--runs" in words)
    assert not trial.directory.exists()


def test_without_a_card_there_is_nothing_to_try(trial, roots):
    trial.root = roots / "no-amd"
    assert "no RDNA1 or RDNA2 GPU to try it on" in trial("--runs", "1", status=3, command=("true",)).err


def test_without_a_command_there_is_nothing_to_try(trial):
    assert "no command to try" in trial(status=1).err


def test_a_trial_is_resumed_with_its_own_command(trial):
    trial(*STOCK_OR_GOOD, "--runs", "1", command=("true",))
    assert "resumed with its own command" in trial(resume=True, status=1, command=("false",)).err


def test_the_time_of_the_trial_is_kept(trial):
    document = trial.json(*STOCK_OR_GOOD, "--time", "2s", command=("sleep", "0.7"))
    assert document["end"] == "time_up" and 2 <= len(document["runs"]) <= 4


def test_the_arms_are_listed(environment):
    run = subprocess.run(["rocmfix", "trial", "--list"], env=environment, capture_output=True,
                         text=True, timeout=60, check=True)
    names = [line.split()[0] for line in run.stdout.splitlines()]
    assert names[:2] == ["stock", "safe"]
    assert {"interposer", "coherence", "vram-cap", "override", "mtype", "retry",
            "miopen-solvers"} <= set(names)
