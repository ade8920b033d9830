# SPDX-License-Identifier: MIT
"""A GPU fault ends the command: what is said and kept of it, and when it is started again."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from conftest import SOURCE
from faults import MESSAGE, REPORT, notes, program
from terminal import Terminal

ABORTED = -signal.SIGABRT
FAST = "[restart]\nsettle_ms = 1\ndelay_ms = 1\ndelay_max_ms = 1\n"


class Runs:
    """The dying program under rocmfix-run, in a copy of a captured root."""

    def __init__(self, launcher, roots, tmp_path):
        self.launcher = launcher
        self.roots = roots
        self.tmp = tmp_path
        self.note = tmp_path / "note"
        self.state = tmp_path / "state"
        self.env = {"XDG_STATE_HOME": str(self.state)}
        self.use("rx6700xt")

    def use(self, root, escalation=FAST):
        self.root = self.tmp / f"root-{root}"
        if not self.root.exists():
            shutil.copytree(self.roots / root, self.root, symlinks=True)
        self.kmsg = self.root / "dev/kmsg"
        self.kmsg.parent.mkdir(exist_ok=True)
        self.kmsg.unlink(missing_ok=True)
        self.kmsg.write_text("6,1,1,-;Linux version 6.1.0-40-amd64 (x) (y)\n"
                             "6,2,2,-;amdgpu 0000:03:00.0: amdgpu: GPU reset begin!\n")
        (self.root / "etc/rocmfix").mkdir(parents=True, exist_ok=True)
        (self.root / "etc/rocmfix/mitigations.toml").write_text(escalation)

    def command(self, *options, plan):
        return ["--root", self.root, *options, sys.executable, "-I", "-S", "-c", program(),
                self.note, self.kmsg, *plan]

    def __call__(self, *options, plan, env=None, **more):
        self.note.unlink(missing_ok=True)
        return self.launcher(*self.command(*options, plan=plan),
                             env={**self.env, **(env or {})}, **more)

    def attempts(self):
        return notes(self.note)

    def incidents(self):
        folder = self.state / "rocmfix/incidents"
        if not folder.exists():
            return []
        assert not list(folder.glob("*.part"))
        files = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
        return [json.loads(path.read_text()) for path in files]


@pytest.fixture
def runs(launcher, roots, tmp_path):
    return Runs(launcher, roots, tmp_path)


# ---------------------------------------------------------------- without retries


def test_a_fault_is_reported_saved_and_ends_it_as_the_command_ended(runs):
    run = runs(plan=["layer"])
    assert run.returncode == ABORTED
    assert len(runs.attempts()) == 1
    lines = run.stderr.splitlines()
    assert lines[0] == MESSAGE, "the command's own stderr comes first, untouched"
    told = [line for line in lines[1:]]
    assert all(line.startswith("rocmfix-run: ") for line in told)
    assert "GPU memory fault after 0." in told[0] and "0x7f3d7a123000" in told[0]
    assert "Page not present or supervisor privilege" in told[0]
    assert f"where: {REPORT['summary']}" in told[1]
    assert any("cause" in line for line in told)
    assert "saved: " in told[-1] and told[-1].endswith(".json")
    assert len(told) <= 10, "a few lines"
    (incident,) = runs.incidents()
    assert {key: incident[key] for key in REPORT} == REPORT, "the interposer's part, as it is"
    assert incident["ended_by"] == "SIGABRT" and incident["explained"] is True
    assert incident["incidents"][0]["events"][0]["type"] == "gpu_memory_fault"
    assert incident["incidents"][0]["events"][0]["address"] == "0x7f3d7a123000"
    assert "decision" not in incident


def test_the_incident_is_for_its_user_alone(runs):
    runs(plan=["layer"])
    folder = runs.state / "rocmfix/incidents"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in folder.iterdir()] == [0o600]


def test_the_kernel_log_shows_the_fault_without_the_interposer(runs):
    run = runs("--no-hip", plan=["kernel"])
    assert run.returncode == ABORTED
    assert "write by TCP" in run.stderr and "0x7f3d7a123000" in run.stderr
    (incident,) = runs.incidents()
    assert incident["reported_by_layer"] is False and incident["kind"] == "gpu_memory_fault"
    (event,) = incident["incidents"][0]["events"]
    assert (event["type"], event["client"], event["rw"]) == ("page_fault", "TCP", "write")
    assert "GPU reset" not in json.dumps(incident["lines"]), "that was before it was started"


def test_both_sources_make_one_incident(runs):
    both = program().replace('if how == "layer":\n', 'if how == "layer":\n    log(PAGE_FAULT)\n', 1)
    run = runs.launcher("--root", runs.root, sys.executable, "-c", both, runs.note, runs.kmsg,
                        "layer", env=runs.env)
    assert run.returncode == ABORTED
    (incident,) = runs.incidents()
    assert {line["source"] for line in incident["lines"]} >= {"kernel"}
    assert {fact["fact"] for fact in incident["facts"]} >= {"kernel", "gpu-node", "rdna2"}
    types = {e["type"] for i in incident["incidents"] for e in i["events"]}
    assert types == {"gpu_memory_fault", "page_fault"}
    assert "write by TCP" in run.stderr


def test_a_hang_is_reported(runs):
    run = runs("--no-hip", plan=["hang"])
    assert run.returncode == ABORTED
    assert "GPU" in run.stderr.splitlines()[1]
    assert [incident["kind"] for incident in runs.incidents()] == ["gpu_hang"]


def test_the_interposers_own_file_becomes_the_one_document(runs):
    run = runs(plan=["file"])
    assert run.returncode == ABORTED
    (incident,) = runs.incidents()
    assert incident["case"] == "past_end" and incident["ended_by"] == "SIGABRT"


def test_a_cause_comes_from_the_environment_and_the_card(runs):
    """gfx1010 with another GPU's instructions: the first thing to suspect."""
    runs.use("rx5600xt")
    run = runs(plan=["layer"], env={"HSA_OVERRIDE_GFX_VERSION": "10.3.0"})
    assert "cause, likely: wrong-isa-override" in run.stderr
    assert "try: unset HSA_OVERRIDE_GFX_VERSION" in run.stderr
    causes = [c["id"] for i in runs.incidents()[0]["incidents"] for c in i["causes"]]
    assert "wrong-isa-override" in causes


def test_a_fault_that_the_program_reports_itself_is_in_its_own_words(runs):
    """As rocmfix-yolo does when HIP has raised instead of ROCr aborting."""
    code = ("import os, sys; sys.path.insert(0, %r)\n"
            "from rocmfix.yolo.errors import tell_supervisor_of_a_fault\n"
            "tell_supervisor_of_a_fault(RuntimeError('HIP error: an illegal memory access\\nmore'))\n"
            "os.abort()\n" % str(SOURCE / "userspace/python"))
    run = runs.launcher("--root", runs.root, sys.executable, "-I", "-c", code, env=runs.env)
    assert run.returncode == ABORTED
    (incident,) = runs.incidents()
    assert incident["fault"] == {"reason": "HIP error: an illegal memory access"}
    (event,) = incident["incidents"][0]["events"]
    assert (event["type"], event["reason"]) == ("gpu_memory_fault", "HIP error: an illegal memory access")
    assert "address" not in event
    assert "GPU memory fault after " in run.stderr and "HIP error: an illegal memory access" in run.stderr


def test_an_abort_alone_is_not_a_gpu_fault(runs):
    run = runs("--retries", "3", plan=["abort"])
    assert run.returncode == ABORTED and run.stderr.startswith(MESSAGE + "\n")
    assert len(runs.attempts()) == 1 and runs.incidents() == []
    assert run.stderr.splitlines()[1:] == [
        "rocmfix-run: a crash, and no sign of a GPU fault in the HIP interposer's report or the "
        "kernel log",
        "rocmfix-run: not started again: --retry-on=crash would also retry after such a crash"]
    assert len(runs("--retries", "3", "-q", plan=["abort"]).stderr.splitlines()) == 1
    run = runs("-v", plan=["abort"])
    assert "no sign of a GPU fault" in run.stderr


def test_retry_on_crash_starts_it_again_unchanged_and_says_so(runs):
    for words, env in ((["--retry-on", "crash"], {}), ([], {"ROCMFIX_RETRY_ON": "crash"})):
        run = runs("--retries", "2", *words, plan=["abort", "signal-11", "0"], env=env)
        first, second, third = runs.attempts()
        assert run.returncode == 0
        assert (first["ROCMFIX_ATTEMPT"], third["ROCMFIX_ATTEMPT"]) == ("1", "3")
        assert "MIOPEN_DEBUG_CONV_GEMM" not in second, "no mitigation of a GPU fault"
        assert "ROCMFIX_RETRY_ON" not in first, "or a launcher in it would multiply them"
        told = [line for line in run.stderr.splitlines() if line.startswith("rocmfix-run: ")]
        assert told[1] == "rocmfix-run: attempt 2 of at most 3 in 0.0 s"
    assert runs("--retries", "2", "--retry-on", "crash", plan=["7"]).returncode == 7
    assert len(runs.attempts()) == 1, "an exit status is no crash"
    runs("--retries", "2", "--retry-on", "fault", plan=["abort"])
    assert len(runs.attempts()) == 1
    run = runs("--retries", "2", "--retry-on", "crash", plan=["abort"])
    assert run.returncode == ABORTED and len(runs.attempts()) == 3
    assert run.stderr.splitlines()[-1].startswith("rocmfix-run: not started again: the retries")


@pytest.mark.parametrize("how", ["kept", "beats"])
def test_an_attempt_with_progress_is_started_again_unchanged(runs, how):
    runs.use("rx6700xt", FAST + "burst = 2\nprogress_beats = 7\n")
    run = runs("--retries", "9", plan=[f"{how}-layer"] * 8 + ["0"])
    assert run.returncode == 0
    assert len(runs.attempts()) == 9, "and they are no burst"
    for attempt in runs.attempts():
        assert not {"MIOPEN_DEBUG_CONV_GEMM", "ROCMFIX_DEVICE"} & attempt.keys()


def test_faults_without_progress_climb(runs):
    runs("--retries", "9", plan=["kept-layer", "beats-layer", "layer", "0"])
    taken = ["MIOPEN_DEBUG_CONV_GEMM" in attempt for attempt in runs.attempts()]
    assert taken == [False, False, True, True], "seven beats are no progress yet"


def test_another_programs_fault_is_not_the_commands(runs):
    """Its process is still running: here it is the caller of rocmfix-run."""
    command = runs.launcher.command(*runs.command("--no-hip", "--retries", "1",
                                                  plan=["others-fault"]))
    code = command[command.index(b"-c") + 1].replace(b"os.getppid()", str(os.getpid()).encode())
    command[command.index(b"-c") + 1] = code
    run = subprocess.run(command, env={**runs.launcher.base, **runs.env}, capture_output=True,
                         text=True, timeout=60)
    assert run.returncode == ABORTED
    assert "a crash, and no sign of a GPU fault" in run.stderr.splitlines()[1]
    assert len(runs.attempts()) == 1 and runs.incidents() == []


def test_what_ends_well_leaves_nothing_behind(runs):
    assert runs("--retries", "3", plan=["0"]).stderr == ""
    assert not runs.state.exists()


@pytest.mark.parametrize("option", ["-q", "--quiet"])
def test_quiet_is_quiet_and_the_incident_is_kept(runs, option):
    run = runs(option, plan=["layer"])
    assert run.stderr == MESSAGE + "\n"
    assert len(runs.incidents()) == 1


def test_garbage_on_the_descriptor_harms_nothing(runs):
    run = runs("--retries", "1", plan=["garbage"])
    assert run.returncode == ABORTED and len(runs.attempts()) == 1


def test_what_is_printed_stays_on_its_line(runs):
    run = runs(plan=["escape"])
    assert "\x1b" not in run.stderr and "\nrocmfix-run: forged" not in run.stderr
    assert r"\x1b[31mred\x0arocmfix-run: forged" in run.stderr


def test_no_place_for_the_incident_is_reported_and_nothing_more(runs):
    runs.state.write_text("in the way")
    run = runs("--retries", "1", plan=["layer", "0"])
    assert run.returncode == 0
    assert "not saved: cannot create the directory" in run.stderr


def test_a_link_in_the_place_of_the_incident_is_not_followed(runs):
    target = runs.tmp / "precious"
    target.write_text("precious")
    folder = runs.state / "rocmfix/incidents"
    folder.mkdir(parents=True)
    code = program().replace(
        'if how == "layer":\n',
        'if how == "layer":\n'
        "    for s in range(-1, 5): os.symlink(%r, '%%s/%%d-%%d.json' %% (%r, time.time() + s, os.getpid()))\n"
        % (str(target), str(folder)), 1)
    run = runs.launcher("--root", runs.root, sys.executable, "-c", code, runs.note, runs.kmsg,
                        "layer", env=runs.env)
    assert run.returncode == ABORTED and "saved: " in run.stderr
    assert target.read_text() == "precious"


def test_without_the_library_the_fault_is_still_reported(runs, program, tmp_path):
    alone = tmp_path / "alone"
    (alone / "bin").mkdir(parents=True)
    shutil.copy(program, alone / "bin/rocmfix-run")
    command = runs.launcher.command(*runs.command("--retries", "1", plan=["layer", "0"]))
    shutil.copytree(program.parent.parent / "lib", alone / "lib",
                    ignore=lambda _, names: [n for n in names if "rocmfix-hip" not in n])
    for library in (alone / "lib").glob("librocmfix.so*"):
        library.unlink()
    command[0] = os.fsencode(alone / "bin/rocmfix-run")
    run = subprocess.run(command, env={**runs.launcher.base, **runs.env, "PATH": "/usr/bin:/bin"},
                         capture_output=True, text=True, timeout=60)
    assert run.returncode == 0
    assert "0x7f3d7a123000" in run.stderr and "librocmfix did not answer" in run.stderr
    assert len(runs.attempts()) == 2, "the interposer's word is enough"


# ---------------------------------------------------------------- with retries


@pytest.mark.parametrize("how", ["layer", "kernel", "hang", "file", "shell"])
def test_a_classified_fault_is_started_again(runs, how):
    run = runs("--retries", "3", plan=[how, how, "7"])
    assert run.returncode == 7
    first, second, third = runs.attempts()
    assert (first["ROCMFIX_ATTEMPT"], first.get("ROCMFIX_RESUME")) == ("1", None)
    assert (second["ROCMFIX_ATTEMPT"], second["ROCMFIX_RESUME"]) == ("2", "1")
    assert (third["ROCMFIX_ATTEMPT"], third["ROCMFIX_RESUME"]) == ("3", "1")
    assert len({attempt["pid"] for attempt in runs.attempts()}) == 3
    assert "attempt 2 of at most 4" in run.stderr and "attempt 3 of at most 4" in run.stderr
    assert "attempt 3 ended with status 7, after 2 faults" in run.stderr
    assert len(runs.incidents()) == 2
    assert [incident["attempt"] for incident in runs.incidents()] == [1, 2]
    assert runs.incidents()[0]["decision"]["verdict"] == "restart"


def test_the_variable_does_what_the_option_does_and_is_not_passed_on(runs):
    run = runs(plan=["layer", "0"], env={"ROCMFIX_RETRIES": "1"})
    assert run.returncode == 0
    assert [attempt.get("ROCMFIX_RETRIES") for attempt in runs.attempts()] == [None, None]
    run = runs("--retries", "0", plan=["layer", "0"], env={"ROCMFIX_RETRIES": "1"})
    assert run.returncode == ABORTED and len(runs.attempts()) == 1


@pytest.mark.parametrize("value", ["-1", "1.5", "many", "", "1001", "99999999999999999999"])
def test_a_number_that_is_none_is_refused(runs, value):
    run = runs("--retries", value, plan=["0"])
    assert run.returncode == 2 and "--retries" in run.stderr and not runs.note.exists()
    if value:
        run = runs(plan=["0"], env={"ROCMFIX_RETRIES": value})
        assert run.returncode == 2 and "ROCMFIX_RETRIES" in run.stderr


@pytest.mark.parametrize("plan", ["exception", "1", "2", "130", "143",
                                  *(f"signal-{int(number)}" for number in
                                    (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE,
                                     signal.SIGKILL, signal.SIGQUIT))])
def test_nothing_else_is_started_again(runs, plan):
    runs("--retries", "3", plan=[plan])
    assert len(runs.attempts()) == 1


def test_a_page_fault_that_python_saw_is_still_reported(runs):
    run = runs("--retries", "3", plan=["exception"])
    assert run.returncode == 1
    assert "not started again: it exited on its own" in run.stderr
    assert len(runs.incidents()) == 1


def test_one_that_was_asked_to_stop_is_not_started_again(runs):
    with subprocess.Popen(
        runs.launcher.command(*runs.command("--retries", "3", plan=["term"])),
        env={**runs.launcher.base, **runs.env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "ready\n"
        process.terminate()
        stderr = process.communicate(timeout=60)[1]
    assert process.returncode == ABORTED
    assert "not started again: it was asked to stop by a signal" in stderr
    assert len(runs.attempts()) == 1


def test_one_that_did_nothing_is_not_started_again(runs):
    runs.use("rx6700xt", escalation=FAST.replace("settle_ms = 1\n", ""))
    run = runs("--retries", "3", plan=["kernel"])
    assert "not started again: it ended before it had done anything" in run.stderr
    assert len(runs.attempts()) == 1
    run = runs("--retries", "3", plan=["idle-layer"])
    assert len(runs.attempts()) == 1
    # The interposer saw GPU calls: it had begun, however short it lived.
    run = runs("--retries", "1", plan=["layer", "0"])
    assert run.returncode == 0 and len(runs.attempts()) == 2


def test_the_retries_run_out(runs):
    run = runs("--retries", "2", plan=["layer"])
    assert run.returncode == ABORTED
    assert len(runs.attempts()) == 3
    assert "not started again: the retries are used up" in run.stderr


def test_a_burst_ends_it(runs):
    runs.use("rx6700xt", escalation=FAST + "burst = 2\n")
    run = runs("--retries", "9", plan=["layer"])
    assert len(runs.attempts()) == 3
    assert "too many faults without progress within a short time" in run.stderr


def test_the_delay_grows(runs):
    runs.use("rx6700xt", escalation=FAST.replace("delay_ms = 1\ndelay_max_ms = 1\n",
                                             "delay_ms = 300\ndelay_max_ms = 900\n"))
    run = runs("--retries", "4", plan=["layer"])
    times = [attempt["time"] for attempt in runs.attempts()]
    gaps = [b - a for a, b in zip(times, times[1:])]
    for gap, least in zip(gaps, (0.3, 0.6, 0.9, 0.9)):
        assert gap >= least
    for told in ("in 0.3 s", "in 0.6 s", "in 0.9 s"):
        assert told in run.stderr


def test_each_restart_takes_the_next_mitigation_and_names_it(runs):
    run = runs("--retries", "7", plan=["layer"])
    seen = runs.attempts()
    assert len(seen) == 8
    names = [attempt.get("ROCMFIX_MITIGATIONS", "").split() for attempt in seen]
    assert names[:2] == [[], ["miopen-solvers"]]
    assert all(names[1:])
    gemm = [attempt.get("MIOPEN_DEBUG_CONV_GEMM") for attempt in seen]
    caching = [attempt.get("PYTORCH_NO_HIP_MEMORY_CACHING") for attempt in seen]
    batch = [attempt.get("ROCMFIX_BATCH_SCALE") for attempt in seen]
    precision = [attempt.get("ROCMFIX_PRECISION") for attempt in seen]
    device = [attempt.get("ROCMFIX_DEVICE") for attempt in seen]
    hidden = [attempt.get("HIP_VISIBLE_DEVICES") for attempt in seen]
    assert gemm == [None] + ["0"] * 7
    assert caching == [None, None, "1"] + [None] * 5, "a diagnosis is taken back"
    assert batch == [None] * 3 + ["0.5"] + ["0.25"] * 4
    assert precision == [None] * 5 + ["full"] * 3
    assert device == [None] * 6 + ["cpu"] * 2 and hidden == [None] * 6 + ["-1"] * 2
    for name in ("miopen-solvers", "no-caching-allocator", "batch-half", "batch-quarter",
                 "full-precision", "cpu"):
        assert f", with {name}\n" in run.stderr
    assert "without no-caching-allocator again" in run.stderr
    assert "THE GPU IS GIVEN UP" in run.stderr
    assert runs.incidents()[3]["measures"] == ["miopen-solvers", "batch-half"]
    assert runs.incidents()[3]["measures_set"]["ROCMFIX_BATCH_SCALE"] == "0.5"


def test_what_the_user_has_set_stays_and_the_cpu_is_the_exception(runs):
    env = {"MIOPEN_DEBUG_CONV_GEMM": "1", "HIP_VISIBLE_DEVICES": "0"}
    runs("--retries", "7", plan=["layer"], env=env)
    seen = runs.attempts()
    assert {attempt["MIOPEN_DEBUG_CONV_GEMM"] for attempt in seen} == {"1"}
    assert seen[1]["MIOPEN_DEBUG_CONV_DIRECT_OCL_WRW2"] == "0"
    assert [attempt["HIP_VISIBLE_DEVICES"] for attempt in seen] == ["0"] * 6 + ["-1"] * 2


def test_giving_the_gpu_up_is_reported_even_with_quiet(runs):
    run = runs("-q", "--retries", "7", plan=["layer"])
    said = [line for line in run.stderr.splitlines() if line.startswith("rocmfix-run")]
    assert any("THE GPU IS GIVEN UP" in line for line in said)
    assert len(said) <= 2


def test_a_broken_mitigations_file_stops_the_launch(runs):
    runs.use("rx6700xt", escalation="[[mitigation]]\nname = 1\n")
    run = runs("--retries", "1", plan=["0"])
    assert run.returncode == 125 and "mitigations.toml:" in run.stderr and not runs.note.exists()
    assert runs(plan=["0"]).returncode == 0, "it is of no interest without retries"


def test_ctrl_c_while_it_waits_ends_it(runs):
    runs.use("rx6700xt", escalation=FAST.replace("delay_ms = 1\ndelay_max_ms = 1\n",
                                             "delay_ms = 50000\n"))
    command = runs.launcher.command(*runs.command("--retries", "1", plan=["layer", "0"]))
    with Terminal(command, {**runs.launcher.base, **runs.env}) as terminal:
        terminal.expect(b"attempt 2 of at most 2 in 50.0 s")
        time.sleep(0.2)
        terminal.type(b"\x03")
        assert terminal.end() == -signal.SIGINT
    assert len(runs.attempts()) == 1


def test_a_terminal_that_a_crash_left_raw_is_as_it_was_for_the_next_attempt(runs):
    code = program().replace("def die():\n", "def die():\n    import tty; tty.setraw(0)\n", 1)
    code = code.replace("how = plan", "import termios; lflag = termios.tcgetattr(0)[3]\n"
                        "print('canonical' if lflag & termios.ICANON else 'raw', flush=True)\n"
                        "how = plan", 1)
    command = runs.launcher.command("--root", runs.root, "--retries", "1", sys.executable, "-c",
                                    code, runs.note, runs.kmsg, "layer", "0")
    with Terminal(command, {**runs.launcher.base, **runs.env}) as terminal:
        terminal.expect(b"canonical")
        terminal.expect(b"canonical")
        assert terminal.end() == 0
    assert b"raw" not in terminal.output


def test_stdin_is_the_commands_in_every_attempt(runs):
    code = program().replace("how = plan", "sys.stdout.write(sys.stdin.readline()); "
                             "sys.stdout.flush()\nhow = plan", 1)
    run = runs.launcher("--root", runs.root, "--retries", "1", sys.executable, "-u", "-c",
                        code.replace("sys.stdin.readline()", "os.read(0, 4).decode()"), runs.note,
                        runs.kmsg, "layer", "0", env=runs.env, stdin=None, input="one\ntwo\n")
    assert (run.stdout, run.returncode) == ("one\ntwo\n", 0)


def test_no_worker_of_one_attempt_lives_in_the_next(runs):
    code = program().replace(
        "def die():\n",
        "def die():\n"
        "    pid = os.fork()\n"
        "    if pid == 0: time.sleep(60); os._exit(0)\n"
        "    open(note + '.worker', 'w').write(str(pid))\n", 1)
    code = code.replace("how = plan", "if attempt == 2:\n"
                        "    pid = open(note + '.worker').read()\n"
                        "    print('worker', os.path.exists('/proc/' + pid), flush=True)\n"
                        "how = plan", 1)
    run = runs.launcher("--root", runs.root, "--retries", "1", sys.executable, "-c", code,
                        runs.note, runs.kmsg, "layer", "0", env=runs.env)
    assert (run.stdout, run.returncode) == ("worker False\n", 0)


@pytest.mark.parametrize(("words", "kind"), [
    ("HIP error: unspecified launch failure", "gpu_hang"),
    ("HIP error: the launch timed out and was terminated", "gpu_hang"),
    ("HIP error: an illegal memory access was encountered", "gpu_memory_fault"),
])
def test_a_hang_that_hip_raises_is_no_memory_fault(runs, words, kind):
    code = ("import os, resource, sys\nresource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
            f"sys.path.insert(0, {str(SOURCE / 'userspace/python')!r})\n"
            "from rocmfix.yolo.errors import tell_supervisor_of_a_fault\n"
            f"tell_supervisor_of_a_fault(RuntimeError({words!r}))\nos.abort()\n")
    runs.launcher("--root", runs.root, sys.executable, "-c", code, env=runs.env)
    (incident,) = runs.incidents()
    assert incident["kind"] == kind
    assert incident["incidents"][0]["events"][0]["type"] == kind
