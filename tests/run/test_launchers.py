# SPDX-License-Identifier: MIT
"""A fault in a process that the command has started, in the ways in which training launchers do that.

The worker reports as the interposer does: over the descriptor, or in a file where that was closed. With
the real interposer the same is done in tests/hip, with the real torchrun in tests/training.
"""

import json
import os
import sys

import pytest
from faults import KERNEL_PAGE_FAULT, REPORT, notes
from test_faults import ABORTED, FAST, Runs

# worker.py NOTE KMSG PLAN...: as faults.py's program.
WORKER = r"""
import json, os, resource, signal, stat, sys, time
note, kmsg, plan = sys.argv[1], sys.argv[2], sys.argv[3:]
attempt = int(os.environ.get("ROCMFIX_ATTEMPT", "1"))
how = plan[min(attempt, len(plan)) - 1]
with open(note, "a") as out:
    out.write(json.dumps({"pid": os.getpid(), "how": how,
        **{k: v for k, v in os.environ.items() if k.startswith("ROCMFIX_")}}) + "\n")
def report():
    text = json.dumps({**REPORT, "pid": os.getpid(),
                       "summary": "of worker %d" % os.getpid()}).encode() + b"\n"
    try:
        descriptor = int(os.environ["ROCMFIX_REPORT_FD"])
        if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            os.write(descriptor, text)
            return
    except (KeyError, OSError):
        pass
    directory = os.environ["XDG_STATE_HOME"] + "/rocmfix/incidents"
    os.makedirs(directory, exist_ok=True)
    name = "%d-%d-%s%s" % (time.time(), os.getpid(), os.environ.get("ROCMFIX_REPORT_TAG", "0" * 8),
                           os.urandom(4).hex())
    with open(directory + "/." + name, "wb") as out:
        out.write(text)
    os.rename(directory + "/." + name, directory + "/" + name + ".json")
if how == "kernel":
    with open(kmsg, "a") as out:
        for line in PAGE_FAULT:
            out.write("6,1,%d,-;%s\n" % (time.monotonic() * 1e6, line.format(pid=os.getpid())))
elif how == "fault":
    report()
if how in ("kernel", "fault", "abort"):
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.abort()
if how == "hang":
    time.sleep(600)
sys.exit(int(how))
"""

LAUNCHERS = {
    # accelerate launch and most scripts of one's own.
    "subprocess.call": """
import subprocess, sys
sys.exit(1 if subprocess.call([sys.executable, "-I", "-S", *sys.argv[1:]]) else 0)
""",
    "subprocess.run": """
import subprocess, sys
subprocess.run([sys.executable, "-I", "-S", *sys.argv[1:]], check=True)
""",
    # torch.multiprocessing.spawn() does this and raises ProcessExitedException.
    "multiprocessing spawn": """
import multiprocessing, runpy, sys
def work(words):
    sys.argv = words
    runpy.run_path(words[0])
if __name__ == "__main__":
    process = multiprocessing.get_context("spawn").Process(target=work, args=(sys.argv[1:],))
    process.start()
    process.join()
    sys.exit(1 if process.exitcode else 0)
""",
    # deepspeed: its runner starts launch.py, which starts the ranks and kills the others.
    "deepspeed": """
import os, subprocess, sys, time
if sys.argv[1] != "launch":
    runner = subprocess.Popen([sys.executable, __file__, "launch", *sys.argv[1:]],
                              env=os.environ.copy())
    runner.wait()
    sys.exit(runner.returncode)
def rank(number, words):
    return subprocess.Popen([sys.executable, "-u", *words], env={**os.environ, "RANK": str(number)})
hang = [*sys.argv[2:5], *("hang" if word == "fault" else word for word in sys.argv[5:])]
ranks = [rank(0, sys.argv[2:]), rank(1, hang)]
while ranks:
    time.sleep(0.02)
    for one in ranks:
        if one.poll() is None:
            continue
        if one.returncode != 0:
            for other in ranks:
                other.terminate()
            sys.exit(one.returncode if one.returncode > 0 else 1)
        ranks.remove(one)
        break
""",
}


class Launched(Runs):
    """A worker below a launcher, below rocmfix-run."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.worker = self.tmp / "worker.py"
        self.worker.write_text(f"REPORT = {REPORT!r}\nPAGE_FAULT = {KERNEL_PAGE_FAULT!r}\n{WORKER}")
        self.env["ROCMFIX_ROOT"] = str(self.root)

    def words(self, *plan):
        return [str(self.worker), str(self.note), str(self.kmsg), *plan]

    def below(self, launcher, *options, plan, **more):
        self.note.unlink(missing_ok=True)
        script = self.tmp / "launcher.py"
        script.write_text(LAUNCHERS[launcher])
        return self.run(*options, sys.executable, str(script), *self.words(*plan), **more)

    def shell(self, script, *options, plan, **more):
        """$python is the worker's command."""
        self.note.unlink(missing_ok=True)
        words = " ".join([sys.executable, "-I", "-S", *self.words(*plan)])
        return self.run(*options, "bash", "-c", script.replace("WORKER", words), **more)

    def run(self, *words, env=None):
        return self.launcher(*words, env={**self.env, **(env or {})})

    def documents(self):
        folder = self.state / "rocmfix/incidents"
        return {path.name: json.loads(path.read_text()) for path in folder.glob("*.json")}


@pytest.fixture
def launched(launcher, roots, tmp_path):
    return Launched(launcher, roots, tmp_path)


@pytest.mark.parametrize("kind", LAUNCHERS)
def test_a_fault_of_a_launchers_worker_is_told_and_started_again(launched, kind):
    run = launched.below(kind, "--retries", "3", plan=["fault", "fault", "0"])
    assert run.returncode == 0, run.stderr
    assert "GPU memory fault after" in run.stderr
    assert "attempt 2 of at most 4" in run.stderr and "attempt 3 of at most 4" in run.stderr
    faulty = [note for note in notes(launched.note) if note["how"] == "fault"]
    assert len(faulty) == 2
    for note in faulty:
        assert f"in: process {note['pid']} (python3)" in run.stderr
    last = notes(launched.note)[-1]
    assert (last["ROCMFIX_ATTEMPT"], last["ROCMFIX_RESUME"]) == ("3", "1")
    documents = launched.incidents()
    assert [one["processes"][0]["pid"] for one in documents] == [note["pid"] for note in faulty]
    assert [one["attempt"] for one in documents] == [1, 2]


@pytest.mark.parametrize("kind", LAUNCHERS)
def test_without_retries_it_is_told_and_the_status_is_the_launchers(launched, kind):
    run = launched.below(kind, plan=["fault"])
    assert run.returncode == 1
    assert run.stderr.count("GPU memory fault after") == 1
    assert "try: rocmfix-run --retries 5" in run.stderr


@pytest.mark.parametrize("plan", ["1", "abort"])
def test_a_launcher_that_fails_without_a_report_is_not_started_again(launched, plan):
    run = launched.below("subprocess.call", "--retries", "3", plan=[plan])
    assert run.returncode == 1
    assert len(launched.attempts()) == 1
    assert "GPU memory fault" not in run.stderr


def test_every_process_that_reported_is_named_in_one_account(launched):
    script = "WORKER & first=$!; WORKER & second=$!; wait $first; wait $second; exit 1"
    run = launched.shell(f"exec {{ROCMFIX_REPORT_FD}}>&-; {script}", "--retries", "1",
                         plan=["fault", "0"])
    assert run.returncode == 1
    pids = {note["pid"] for note in launched.attempts() if note["how"] == "fault"}
    assert len(pids) == 2
    assert run.stderr.count("GPU memory fault after") == 1
    assert "2 processes reported a fault; the first of them is described here:" in run.stderr
    for pid in pids:
        assert f"  process {pid} (python3): of worker {pid}\n" in run.stderr
    documents = launched.documents()
    (account,) = [one for one in documents.values() if "processes" in one]
    assert {one["pid"] for one in account["processes"]} == pids
    assert {one["file"] for one in account["processes"]} == documents.keys()
    assert len(documents) == 2


def test_reports_over_the_descriptor_are_all_counted_and_kept(launched):
    run = launched.shell("WORKER & WORKER & wait; exit 3", plan=["fault"])
    assert run.returncode == 3
    pids = {note["pid"] for note in launched.attempts()}
    assert "2 processes reported a fault" in run.stderr
    assert {one["pid"] for one in launched.documents().values()} == pids


def test_the_commands_own_process_comes_first(launched):
    run = launched.shell("WORKER; exec WORKER", plan=["fault"])
    assert run.returncode == ABORTED
    (account,) = [one for one in launched.documents().values() if "processes" in one]
    assert account["pid"] == account["command_pid"] == account["processes"][0]["pid"]


def test_a_report_and_status_0_is_told_with_a_hint_at_pipefail_and_not_started_again(launched):
    run = launched.shell("WORKER 2>&1 | tee /dev/null", "--retries", "3", plan=["fault"])
    assert run.returncode == 0
    assert "GPU memory fault after" in run.stderr and "set -o pipefail" in run.stderr
    assert "not started again" in run.stderr and len(launched.attempts()) == 1
    run = launched.shell("set -o pipefail; WORKER 2>&1 | tee /dev/null", "--retries", "3",
                         plan=["fault", "0"])
    assert run.returncode == 0 and len(launched.attempts()) == 2
    assert "set -o pipefail" not in run.stderr


def test_a_fault_in_a_worker_that_its_launcher_has_replaced_is_told(launched):
    """The report is in a file, and the launcher ends well."""
    run = launched.below("subprocess.call", plan=["0"])
    assert run.stderr == ""
    copes = "import subprocess, sys; subprocess.call(sys.argv[1:])"
    words = [sys.executable, "-I", "-S", *launched.words("fault")]
    run = launched.run("--retries", "3", sys.executable, "-c", copes, *words)
    assert run.returncode == 0
    assert "GPU memory fault after" in run.stderr and "ended with status 0" in run.stderr
    assert len(launched.attempts()) == 2


def test_a_launcher_that_scrubs_the_environment_cannot_be_seen(launched):
    """docs/training.md says so."""
    run = launched.shell(f"env -i XDG_STATE_HOME={launched.state} WORKER; exit 1",
                         "--retries", "1", plan=["fault"])
    assert run.returncode == 1
    assert "GPU memory fault" not in run.stderr and len(launched.attempts()) == 1


# ---------------------------------------------------------------- a rocmfix-run within the command


def nested(launched, *inner, plan, outer=(), then=":"):
    """As torchrun starts `rocmfix-run python`: the outer's child is a launcher, its child the inner."""
    program = os.fsdecode(launched.launcher.program)
    words = " ".join([program, *inner, sys.executable, "-I", "-S", *launched.words(*plan)])
    launched.note.unlink(missing_ok=True)
    return launched.run(*outer, "bash", "-c", f"{words}; status=$?; {then}; exit $((status != 0))")


def test_a_fault_that_an_inner_rocmfix_run_handles_is_not_the_outers(launched):
    run = nested(launched, "--retries", "2", plan=["fault", "0"], outer=["--retries", "3"])
    assert run.returncode == 0
    assert run.stderr.count("GPU memory fault after") == 1
    assert len(launched.attempts()) == 2
    assert "pipefail" not in run.stderr
    # And not when the command fails for a reason of its own.
    run = nested(launched, "--retries", "2", plan=["fault", "0"], outer=["--retries", "3"],
                 then="status=7")
    assert run.returncode == 1
    assert run.stderr.count("GPU memory fault after") == 1
    assert len(launched.attempts()) == 2


def test_a_fault_that_an_inner_one_gives_up_on_starts_the_outers_command_again(launched):
    run = nested(launched, plan=["fault", "0"], outer=["--retries", "3"])
    assert run.returncode == 0, run.stderr
    assert run.stderr.count("GPU memory fault after") == 1, "described once"
    assert "a GPU fault, described by rocmfix-run within the command:" in run.stderr
    (name,) = launched.documents()
    assert f"  {launched.state}/rocmfix/incidents/{name}\n" in run.stderr
    assert "attempt 2 of at most 4" in run.stderr
    assert launched.attempts()[1]["ROCMFIX_RESUME"] == "1"


def test_what_an_inner_one_has_seen_in_the_kernel_log_is_not_told_twice(launched):
    run = nested(launched, "--retries", "2", plan=["kernel", "0"], outer=["--retries", "3"],
                 then="status=7")
    assert run.returncode == 1
    assert run.stderr.count("GPU memory fault after") == 1
    assert len(launched.attempts()) == 2 and len(launched.documents()) == 1
    run = nested(launched, plan=["kernel", "0"], outer=["--retries", "3"])
    assert run.returncode == 0
    assert run.stderr.count("GPU memory fault after") == 1
    assert len(launched.attempts()) == 2


# ---------------------------------------------------------------- a rank of torchrun

RANK = {"TORCHELASTIC_RUN_ID": "none", "WORLD_SIZE": "2", "RANK": "1"}


@pytest.mark.parametrize("root", ["rx6700xt", "no-amd"])
def test_a_rank_that_torchrun_has_started_again_is_told_to_resume(launched, root):
    launched.use(root, escalation=FAST)
    command = ["--root", launched.root, "sh", "-c", 'echo "resume=$ROCMFIX_RESUME"']
    for count, more, wanted in (("0", {}, ""), ("2", {}, "1"), ("2", {"ROCMFIX_RESUME": "0"}, "0"),
                                ("x", {}, "")):
        run = launched.run(*command, env={**RANK, "TORCHELASTIC_RESTART_COUNT": count, **more})
        assert run.stdout == f"resume={wanted}\n", (count, more)
    assert launched.run(*command).stdout == "resume=\n"


def test_retries_of_one_rank_alone_are_left_to_torchrun(launched):
    run = launched.run("--retries", "3", sys.executable, *launched.words("fault"), env=RANK)
    assert run.returncode == ABORTED
    assert len(launched.attempts()) == 1
    assert "warning: --retries" in run.stderr and "torchrun --max-restarts" in run.stderr
    alone = {**RANK, "WORLD_SIZE": "1"}
    run = launched.run("--retries", "3", sys.executable, *launched.words("fault", "0"), env=alone)
    assert run.returncode == 0 and "warning" not in run.stderr


def test_one_ranks_fault_in_the_kernel_log_is_not_told_by_the_others(launched):
    """All ranks' rocmfix-run read one log, and all of them end."""
    command = [sys.executable, "-I", "-S"]
    peer = f"{' '.join([*command, *launched.words('kernel')])}; exit 1"
    run = launched.run("sh", "-c", peer, env=RANK)
    assert run.returncode == 1
    assert "GPU memory fault" not in run.stderr
    own = launched.run(*command, *launched.words("kernel"), env=RANK)
    assert "GPU memory fault" in own.stderr
