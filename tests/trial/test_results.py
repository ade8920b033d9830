# SPDX-License-Identifier: MIT
"""Documents of trials that others are to believe: --check, scripts/check-results, the table, the report."""

import copy
import json
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest
from conftest import FAULTS_UNLESS_GOOD

SOURCE = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((SOURCE / "docs/results/trial.schema.json").read_text(encoding="utf-8"))
FILE = "rx5600xt-20261127-someone.json"


@pytest.fixture(name="document", scope="module")
def fixture_document():
    """Of one trial: its document, and its account for people."""
    return {}


@pytest.fixture(name="made")
def fixture_made(document, trial):
    """Made once; a test gets a copy of its own."""
    if not document:
        trial("--arms", "stock,GOOD=1", "--seed", "3", command=("sh", "-c", FAULTS_UNLESS_GOOD))
        document["json"] = json.loads(trial("--json", resume=True).out)
        document["text"] = trial(resume=True).out
    return copy.deepcopy(document["json"])


@pytest.fixture(name="check")
def fixture_check(environment, tmp_path):
    def check(document):
        path = tmp_path / FILE
        path.write_text(json.dumps(document), encoding="utf-8")
        return subprocess.run(["rocmfix", "trial", "--check", path], env=environment, text=True,
                              capture_output=True, timeout=60)  # fmt: skip

    return check


def test_a_document_has_the_form_of_the_schema(made):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(made, SCHEMA)
    assert made["machine"]["kernel"] == "6.1.0-56-amd64"
    assert made["machine"]["framework"] is None


def test_a_document_is_concluded_again_to_the_same_account(made, check, document):
    checked = check(made)
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout == document["text"]


def test_the_last_digits_may_be_another_machines(made, check):
    made["comparisons"][0]["log_e"] *= 1 + 1e-13
    assert check(made).returncode == 0


def test_a_bisections_document_is_concluded_again(trial, check):
    found = trial.json("--bisect", "--arms", "stock,GOOD=1+OTHER=1", "--seed", "1", "--runs", "30",
                       command=("sh", "-c", FAULTS_UNLESS_GOOD))  # fmt: skip
    jsonschema.validate(found, SCHEMA)
    assert found["bisection"]["found"] == ["GOOD=1"]
    assert check(found).returncode == 0
    found["bisection"]["found"] = ["OTHER=1"]
    assert "/bisection/found/0: not what follows" in check(found).stderr


def test_a_trial_that_needs_boots_is_concluded_again(trial, root, check):
    parameter = root / "sys/module/amdgpu/parameters/noretry"
    parameter.parent.mkdir(parents=True, exist_ok=True)
    for value, status in (("-1\n", 1), ("1\n", 0)):
        parameter.write_text(value)
        done = trial("--json", *(() if status == 0 else ("--arms", "stock,retry", "--runs", "2")),
                     command=() if status == 0 else ("true",), resume=status == 0, status=status)  # fmt: skip
    found = json.loads(done.out)
    assert [run["arm"] for run in found["runs"]] == ["stock"] * 2 + ["retry"] * 2
    assert check(found).returncode == 0


def swap_runs(made):
    first, second = made["runs"][:2]
    first["arm"], second["arm"] = second["arm"], first["arm"]


CHANGES = {
    "a rate": (lambda made: made["arms"][0].update(rate=0.5), "/arms/0/rate"),
    "a verdict": (lambda made: made["comparisons"][0].update(verdict="more"), "/comparisons/0/verdict"),
    "an outcome": (lambda made: made["runs"][0].update(outcome="failed"), "/arms/"),
    "no such outcome": (lambda made: made["runs"][0].update(outcome="well"), "/runs/0: not the next run"),
    "an order": (swap_runs, "/runs/0: not what the seed has next"),
    "a seed": (lambda made: made.update(seed=4), "not what the seed has next"),
    "a run left out": (lambda made: made["runs"].pop(3), "/runs/3: not the next run"),
    "a run too many": (lambda made: made.update(runs_an_arm=3), "/runs/6: not the next run"),
    "a time": (lambda made: made["runs"][0].update(ms=99_000_000), "/runs/0: longer than the timeout"),
    "the whole time": (lambda made: made.update(elapsed_ms=1), "/elapsed_ms"),
    "the load": (lambda made: made.update(other_load=True), "/other_load"),
    "an arm twice": (lambda made: made["arms"][0].update(name="GOOD=1"), "an arm without a name of its own"),
    "one arm": (lambda made: made["arms"].pop(), "/arms: a trial has 2 to 12"),
    "an end": (lambda made: made.update(end="well"), "/end: no end of a trial"),
    "no number": (lambda made: made.update(seed=-1), "/seed, /runs_an_arm"),
    "another kind": (lambda made: made.update(kind="selftest"), "no document of rocmfix trial"),
    "another schema": (lambda made: made.update(schema=2), "no document of rocmfix trial"),
    "no run": (lambda made: made.update(runs=[1]), "/runs/0: no run"),
    "a bisection of nothing": (lambda made: made.update(bisection={"factors": "x"}), "/bisection"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_does_not_follow_from_the_runs_is_refused_with_its_place(made, check, name):
    change, words = CHANGES[name]
    change(made)
    checked = check(made)
    assert checked.returncode == 1
    assert words in checked.stderr
    assert "hint: " in checked.stderr


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '{"kind": "trial", "schema": 1}', "\0" * 100])
def test_what_is_no_document_is_refused(environment, tmp_path, text):
    path = tmp_path / FILE
    path.write_text(text)
    run = subprocess.run(["rocmfix", "trial", "--check", path], env=environment, text=True,
                         capture_output=True, timeout=60)  # fmt: skip
    assert run.returncode == 1 and "error: " in run.stderr


def check_results(environment, build, *paths, top=SOURCE):
    return subprocess.run([top / "scripts/check-results", *paths], text=True, capture_output=True,
                          timeout=100, env={**environment, "ROCMFIX_BUILD_DIR": str(build)})  # fmt: skip


@pytest.fixture(name="contribute")
def fixture_contribute(environment, build, tmp_path):
    def contribute(document, name=FILE):
        path = tmp_path / name
        path.write_text(json.dumps(document), encoding="utf-8")
        return check_results(environment, build, path)

    return contribute


def test_a_contribution_is_accepted(made, contribute):
    run = contribute(made)
    assert (run.returncode, run.stdout) == (0, f"ok - {FILE}\n1 passed, 0 failed\n")


REFUSED = {
    "simulated": (lambda made: made["machine"].update(simulated=True), "a simulated card measures nothing"),
    "no card": (lambda made: made["machine"].update(gpus=[]), "without a card"),
    "another card": (lambda made: made["machine"]["gpus"][0].update(gfx="gfx1030"), "is not a card of gfx1030"),
    "not whole": (lambda made: made.update(end="stopped"), "end: not a whole trial"),
    "the future": (lambda made: made["runs"][0].update(time="2999-01-01T00:00:00Z"), "in the future"),
    "more than the form has": (lambda made: made.update(note="x"), "Additional properties"),
    "figures": (lambda made: made["arms"][1].update(rate=0.1), "/arms/1/rate"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_contribution_that_says_nothing_of_a_card_is_refused(made, contribute, name):
    change, words = REFUSED[name]
    change(made)
    run = contribute(made)
    assert run.returncode == 1
    assert words in run.stdout and run.stdout.endswith("0 passed, 1 failed\n")


def test_a_contribution_has_a_name_that_can_be_a_link(made, contribute):
    assert "its name is not CARD-YYYYMMDD-NAME.json" in contribute(made, "x](y).json").stdout


SELFTEST = {
    "schema": 1, "kind": "selftest", "rocmfix": "0.1.0", "began": "2026-11-27T20:00:00Z", "seconds": 600, "seed": 1,
    "round_seconds": 600, "rounds": 1, "complete": True, "device": 0,
    "machine": {"simulated": False, "distribution": "Debian", "kernel": "6.1.0-56-amd64", "driver": {"amdgpu": "stock"},
                "environment": {}, "compute_programs": 0,
                "gpus": [{"name": "AMD Radeon RX 5600 XT", "pci_id": "1002:731f", "bdf": "0000:03:00.0",
                          "gfx": "gfx1010", "vram_mib": 6144}]},
    "outcomes": {"right": 1, "silent": 1},
    "tests": [{"name": name, "group": "faults", "outcome": outcome, "detail": "", "runs": 1, "complaints": complaints,
               "seconds": 1, "figures": {}, "stderr": ""}
              for name, outcome, complaints in (("lanes", "right", 0), ("fault-read", "silent", 1))],
}  # fmt: skip


def test_a_self_test_is_accepted(contribute):
    assert contribute(SELFTEST).returncode == 0


@pytest.mark.parametrize("change, words", [
    ({"complete": False}, "complete: a self-test that was interrupted"),
    ({"outcomes": {"right": 2}}, "outcomes: not those of its tests"),
    ({"began": "2999-01-01T00:00:00Z"}, "in the future"),
    ({"machine": {**SELFTEST["machine"], "simulated": True}}, "a simulated card measures nothing"),
    ({"kind": "song"}, "kind: no result that is known here")])  # fmt: skip
def test_a_self_test_that_says_nothing_of_a_card_is_refused(contribute, change, words):
    run = contribute(SELFTEST | change)
    assert run.returncode == 1 and words in run.stdout


def test_the_table_has_a_row_a_file_and_its_text_is_no_markup(made, environment, build, tmp_path):
    for name in ("scripts", "userspace/data", "docs", "tests/data"):
        shutil.copytree(SOURCE / name, tmp_path / name)
    made["machine"]["framework"] = "torch | 2"
    contributed = tmp_path / "docs/results/contributed"
    contributed.mkdir(exist_ok=True)
    (contributed / FILE).write_text(json.dumps(made), encoding="utf-8")
    stale = check_results(environment, build, top=tmp_path)
    assert stale.returncode == 1 and "not ok - the table has 1 results" in stale.stdout
    subprocess.run([tmp_path / "scripts/make-docs"], check=True)
    page = (tmp_path / "docs/results/table.md").read_text()
    assert page.endswith("## Self-tests\n\nNone yet.\n")
    rows = [line for line in page.splitlines() if line.startswith("| AMD")]
    assert rows == ["| AMD Radeon RX 5600 XT (gfx1010) | 6.1.0-56-amd64 | stock | - | torch \\| 2 | "
                   "stock: 4 of 4 (40 to 100 %); GOOD=1: 0 of 4 (0 to 60 %) | GOOD=1: fewer faults | "
                   f"[file](contributed/{FILE}) |"]
    (contributed / "rx5600xt-20261127-other.json").write_text(json.dumps(SELFTEST), encoding="utf-8")
    subprocess.run([tmp_path / "scripts/make-docs"], check=True)
    row = (tmp_path / "docs/results/table.md").read_text().splitlines()[-1]
    assert row == ("| AMD Radeon RX 5600 XT (gfx1010) | 6.1.0-56-amd64 | stock | 10 min | 1 right, 1 silent | "
                   "fault-read: silent | [file](contributed/rx5600xt-20261127-other.json) |")
    current = check_results(environment, build, top=tmp_path)
    assert current.returncode == 0 and current.stdout.endswith("3 passed, 0 failed\n")


def test_a_report_carries_results_without_names(made, environment, root, tmp_path):
    made["directory"] = "/home/erika/rocmfix-trial"
    path = tmp_path / FILE
    path.write_text(json.dumps(made), encoding="utf-8")
    words = ["rocmfix", "--root", root, "report", "--preview"]
    run = subprocess.run([*words, "--result", path, "--result", path], env=environment, text=True,
                         capture_output=True, timeout=100)  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert "result-1.json" in run.stdout and "result-2.json" in run.stdout
    assert '"verdict": "fewer"' in run.stdout and "erika" not in run.stdout
    path.write_text("{}")
    run = subprocess.run([*words, "--result", path], env=environment, text=True,
                         capture_output=True, timeout=100)  # fmt: skip
    assert run.returncode == 1
    assert "is no result of rocmfix" in run.stderr
