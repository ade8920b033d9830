# SPDX-License-Identifier: MIT
"""scripts/check: a suite that dies, vanishes or does not begin makes it fail."""

import subprocess

import pytest

from checkout import SOURCE, WELL

# Writes the report that it is asked for, of one test.
CTEST = """
while (($#)); do
  case $1 in
    --output-junit) report=$2 ;;
    -R) suite=$2 ;;
  esac
  shift
done
%s
"""
REPORTS = f"""echo '{WELL.format("one")}' >"$report"
"""
# As tests/sim/check-hip and tests/hip/check: the report is pytest's.
RUNTIME = f"""
for word; do
  [[ $word != --junitxml=* ]] || echo '{WELL.format("one")}' >"${{word#--junitxml=}}"
done
"""
FLOORS = """
unit.root 1 0
unit.plan 1 0
hip.ledger 1 0
tests-cli 1 0
tests-sim 1 0
tests-hip 1 0
"""


@pytest.fixture(name="tree")
def fixture_tree(checkout):
    checkout.take("scripts/check", "scripts/suites.bash")
    for path in ("tests/unit/root_test.cpp", "tests/unit/plan_test.cpp",
                 "tests/hip/unit/ledger_test.cpp", "tests/hip/test_hip.py", "tests/sim/test_sim.py"):
        checkout.write(path, "")
    for path in ("kernel", "dkms", "userspace", "bench"):
        (checkout.top / path).mkdir()
    checkout.write("tests/cli/test_cli.py", "def test_one():\n    pass\n")
    checkout.write("tests/floors", FLOORS)
    checkout.script("bin/ctest", CTEST % REPORTS)
    checkout.script("tests/sim/check-hip", RUNTIME)
    checkout.script("tests/hip/check", RUNTIME)
    return checkout


def check(tree):
    return tree.run("scripts/check")


def failure_of(tree, suite):
    status, out = check(tree)
    assert status == 1
    assert f"FAILED {suite}" in out, out
    assert " 1 failed" in out.splitlines()[-1], out
    return out


def test_all_suites_that_report_pass(tree):
    status, out = check(tree)
    assert status == 0, out
    assert out.endswith("6 passed, 0 failed\n")


def test_the_suites_are_those_of_the_tree(tree):
    tree.write("dkms/tests/test_new.py", "")
    tree.write("userspace/cli/new.case", "")
    tree.write("tests/unit/new_test.cpp", "")
    status, out = tree.run("scripts/check", "--list")
    assert status == 0
    assert out.split() == ["hip.ledger", "unit.new", "unit.plan", "unit.root", "dkms/tests",
                           "tests/cli", "tests/hip", "tests/sim", "userspace/cli"]


def test_an_unknown_argument_runs_nothing(tree):
    tree.write("build/reports/unit.root.xml", WELL.format("one"))
    for words in (["--help"], ["tests/cli"], ["--list", "tests/cli"]):
        status, out = tree.run("scripts/check", *words)
        assert (status, out.startswith("error: unknown argument")) == (2, True), out
        assert "hint: " in out
    assert (tree.top / "build/reports/unit.root.xml").exists()


def test_a_unit_suite_without_a_report_fails(tree):
    tree.script("bin/ctest", CTEST % f"[[ $suite == *plan* ]] || {REPORTS}")
    failure_of(tree, "unit.plan: no report")


def test_a_ctest_that_dies_fails(tree):
    tree.script("bin/ctest", CTEST % f"{REPORTS}[[ $suite != *root* ]] || kill -SEGV $$")
    status, out = check(tree)
    assert status == 1
    assert "unit.root: ctest said nothing" in out


def test_a_ctest_that_is_not_there_fails(tree):
    tree.script("bin/ctest", "exit 127")
    status, out = check(tree)
    assert status == 1
    assert out.endswith("3 passed, 3 failed\n")


def test_an_empty_report_of_ctest_fails(tree):
    tree.script("bin/ctest", CTEST % (REPORTS + '[[ $suite != *ledger* ]] || : >"$report"'))
    failure_of(tree, "hip.ledger: no report")


def test_a_new_file_of_tests_that_is_not_compiled_fails(tree):
    tree.write("tests/unit/new_test.cpp", "")
    tree.script("bin/ctest", CTEST % f"[[ $suite == *new* ]] || {REPORTS}")
    failure_of(tree, "unit.new: no report")


@pytest.mark.parametrize("text", [
    "import os\nos.abort()\n",
    "def test_one():\n    import os\n    os._exit(0)\n",
])
def test_a_suite_that_ends_before_its_report_fails(tree, text):
    tree.write("tests/cli/test_cli.py", text)
    failure_of(tree, "tests-cli: no report")


def test_a_suite_that_cannot_be_imported_fails(tree):
    tree.write("tests/cli/test_cli.py", "import no_such_module\n")
    status, out = check(tree)
    assert status == 1
    assert "tests.cli.test_cli" in out


def test_a_suite_without_tests_fails(tree):
    tree.write("tests/cli/test_cli.py", "import pytest\n\n\n"
               "@pytest.mark.parametrize('x', [])\ndef test_one(x):\n    pass\n")
    failure_of(tree, "tests-cli: no test passed")


@pytest.mark.parametrize("runner", ["sim/check-hip", "hip/check"])
def test_a_runner_of_the_runtimes_that_does_nothing_fails(tree, runner):
    tree.script(f"tests/{runner}", "")
    failure_of(tree, f"tests-{runner.partition('/')[0]}: no report")


def test_an_old_report_is_not_mistaken_for_this_runs(tree):
    assert check(tree)[0] == 0
    assert (tree.reports / "unit.plan.xml").exists()
    tree.script("bin/ctest", CTEST % f"[[ $suite == *plan* ]] || {REPORTS}")
    failure_of(tree, "unit.plan: no report")


def test_every_suite_of_this_checkout_has_a_floor():
    listed = subprocess.run([SOURCE / "scripts/check", "--list"], text=True, check=True,
                            capture_output=True).stdout.split()
    lines = (SOURCE / "tests/floors").read_text(encoding="utf-8").splitlines()
    floors = {line.split()[0] for line in lines if line and not line.startswith("#")}
    assert listed
    assert {suite.replace("/", "-") for suite in listed} <= floors
