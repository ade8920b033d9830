# SPDX-License-Identifier: MIT
"""torchrun around rocmfix-run, within it, and both: two ranks with gloo on the CPU, one of which aborts
from a fault that the real HIP runtime reports, while the other hangs in a collective.

What is shown here is the table of launchers in docs/training.md.
"""

import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab import BUILD, SOURCE
from test_faults import hip_runtime

HERE = Path(__file__).resolve().parent
CARD = "rx5600xt+largebar"
STEPS = 6
TOTAL = sum(3 * step for step in range(1, STEPS + 1))  # of ranks 1 and 2
# With Python 3.11 torchrun of torch 1.13 fails with its default of no redirection, so another rank's
# (of which there is none) is redirected.
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--redirects=9:3", "--tee=9:3"]
ONE_MACHINE = [*TORCHRUN, "--standalone", "--nproc_per_node=2", "--monitor_interval=0.2"]
SCRIPT = str(HERE / "rank.py")


class Job:
    """The ranks' folder, and the commands that start them."""

    def __init__(self, folder):
        self.folder = folder
        self.run = [str(BUILD / "bin/rocmfix-run"), "--simulate", CARD]
        packages = [HERE / "faulty", SOURCE / "userspace/python"]
        self.environment = {
            "PATH": "/usr/bin:/bin", "HOME": str(folder), "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1",
            "XDG_STATE_HOME": str(folder / "state"), "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": ":".join(map(str, packages)), "ROCMFIX_TEST_HIP": hip_runtime(),
        }  # fmt: skip

    def script(self, *faults):
        return [SCRIPT, str(self.folder), *faults]

    def launched(self, *faults):
        """For torchrun --no-python."""
        return [*self.run, sys.executable, *self.script(*faults)]

    def start(self, command, **more):
        return subprocess.Popen(command, env={**self.environment, **more}, cwd=self.folder, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT)  # fmt: skip

    def __call__(self, *command, **more):
        process = self.start(command, **more)
        output = process.communicate(timeout=240)[0]
        print(output)
        return process.returncode, output

    @property
    def started(self):
        lines = (self.folder / "started").read_text().splitlines()
        return sorted((json.loads(line) for line in lines), key=lambda one: (one["begin"], one["RANK"]))

    @property
    def incidents(self):
        folder = self.folder / "state/rocmfix/incidents"
        return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]

    def check(self):
        """The end is that of a job without a fault."""
        assert json.loads((self.folder / "kept").read_text()) == [STEPS, TOTAL]


@pytest.fixture
def job(tmp_path):
    if hip_runtime() is None:
        pytest.skip("no HIP runtime (apt install libamdhip64-dev)")
    return Job(tmp_path)


def assert_told_once(output, rank):
    assert output.count("rocmfix-run: GPU memory fault after") == 1
    assert re.search(rf"process \d+ \(python3[.\d]*\), rank {rank}\b", output)


def assert_resumed(job, attempts):
    """Both ranks, from the step before the fault, and each told."""
    assert [one["RANK"] for one in job.started] == ["0", "1"] * attempts
    assert all(not one["resuming"] and one["begin"] == 0 for one in job.started[:2])
    assert all(one["resuming"] and one["begin"] == 3 for one in job.started[2:])


def test_rocmfix_run_starts_a_torchrun_job_again(job):
    status, output = job(*job.run, "--retries", "2", *ONE_MACHINE, *job.script("1:3"))
    assert status == 0
    job.check()
    assert_told_once(output, rank=1)
    assert_resumed(job, 2)
    assert "attempt 2 of at most 3" in output
    # Rank 0 waited in a collective: it did not end of itself.
    assert re.search(r"Sending process \d+ closing signal SIGTERM", output)
    (incident,) = job.incidents
    assert (incident["rank"], incident["exit_status"]) == (1, 1)


def test_all_ranks_that_fault_are_in_one_account(job):
    # torchrun looks after both have faulted, or it would end the second before that.
    status, output = job(*job.run, "--retries", "2", *ONE_MACHINE, "--monitor_interval=15",
                         *job.script("0:3", "1:3"))  # fmt: skip
    assert status == 0
    job.check()
    assert output.count("rocmfix-run: GPU memory fault after") == 1
    assert "2 processes reported a fault" in output
    (account,) = [one for one in job.incidents if "processes" in one]
    assert sorted(one["rank"] for one in account["processes"]) == [0, 1]
    assert_resumed(job, 2)


def test_torchrun_starts_its_ranks_again_within_rocmfix_run(job):
    """The fault is told at the end, and nothing is started again on top."""
    status, output = job(*job.run, "--retries", "2", *ONE_MACHINE, "--max_restarts=2", *job.script("1:3"))
    assert status == 0
    job.check()
    assert_told_once(output, rank=1)
    assert "ended with status 0" in output and "attempt 2 of" not in output
    assert_resumed(job, 2)
    assert [one["TORCHELASTIC_RESTART_COUNT"] for one in job.started] == ["0", "0", "1", "1"]


def test_torchrun_starts_ranks_with_a_rocmfix_run_each_again(job):
    status, output = job(*ONE_MACHINE, "--max_restarts=2", "--no_python", *job.launched("1:3"))
    assert status == 0
    job.check()
    assert output.count("rocmfix-run: GPU memory fault after") == 1
    assert_resumed(job, 2)
    assert [one["ROCMFIX_RESUME"] for one in job.started] == [None, None, "1", "1"]


def test_rocmfix_run_around_torchrun_and_in_each_rank(job):
    """The inner one describes the fault, the outer one starts the job again."""
    status, output = job(*job.run, "--retries", "2", *ONE_MACHINE, "--no_python",
                         *job.launched("1:3"))  # fmt: skip
    assert status == 0
    job.check()
    assert output.count("rocmfix-run: GPU memory fault after") == 1
    assert "a GPU fault, described by rocmfix-run within the command:" in output
    assert "attempt 2 of at most 3" in output
    assert_resumed(job, 2)


def test_a_torchrun_job_that_fails_otherwise_is_not_started_again(job):
    status, output = job(*job.run, "--retries", "2", *ONE_MACHINE, SCRIPT, "/nowhere")
    assert status == 1
    assert "attempt 2" not in output and "GPU memory fault" not in output


# ---------------------------------------------------------------- several machines


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def two_machines(job, *where, script):
    """torchrun twice, as on two machines with one GPU each. `where`: the options of each."""
    common = ["--nnodes=2", "--nproc_per_node=1", "--monitor_interval=0.2", "--max_restarts=2"]
    machines = []
    for options in where:
        machines.append(job.start([*job.run, *TORCHRUN, *common, *options, *script]))
        time.sleep(0.5)
    try:
        outputs = [machine.communicate(timeout=240)[0] for machine in machines]
    finally:
        for machine in machines:
            machine.kill()
    print(*outputs, sep="\n--------\n")
    assert [machine.returncode for machine in machines] == [0, 0]
    job.check()
    told = [output for output in outputs if "rocmfix-run: GPU memory fault after" in output]
    assert len(told) == 1, "by the rocmfix-run of the machine that it was on"
    assert [one["begin"] for one in job.started] == [0, 0, 3, 3]
    return {one["TORCHELASTIC_RESTART_COUNT"] for one in job.started[2:]}


def test_with_c10d_the_other_machines_start_again_and_are_not_told(job):
    """torchrun's restart count is a machine's own: docs/training.md says what to resume by."""
    here = ["--rdzv_backend=c10d", f"--rdzv_endpoint=127.0.0.1:{free_port()}", "--rdzv_id=job"]
    assert two_machines(job, here, here, script=job.script("1:3")) == {"0", "1"}


# ---------------------------------------------------------------- accelerate

ONCE = """
import os
from sitecustomize import fault_on_the_simulated_card
print("resume:", os.environ.get("ROCMFIX_RESUME"), flush=True)
if not os.environ.get("ROCMFIX_RESUME"):
    fault_on_the_simulated_card()
"""


@pytest.fixture(scope="module")
def accelerate():
    """The launcher of the real package."""
    made = subprocess.run([HERE / "environment", "integrations"], stdout=subprocess.PIPE, text=True)
    if made.returncode != 0:
        pytest.skip("no environment with accelerate (tests/training/environment integrations)")
    return [made.stdout.strip(), "-m", "accelerate.commands.launch"]


def test_accelerate_launch_is_started_again(job, accelerate):
    script = job.folder / "once.py"
    script.write_text(ONCE)
    status, output = job(*job.run, "--retries", "2", *accelerate, "--cpu", "--num_processes=1",
                         "--num_machines=1", "--mixed_precision=no", "--dynamo_backend=no",
                         str(script))  # fmt: skip
    assert status == 0
    assert "resume: None" in output and "resume: 1" in output
    assert output.count("rocmfix-run: GPU memory fault after") == 1
    assert re.search(r"in: process \d+ \(python3[.\d]*\)", output)
    (incident,) = job.incidents
    assert incident["exit_status"] == 1, "accelerate's own: it raises CalledProcessError"
