# SPDX-License-Identifier: MIT
"""What the command's process writes to the report descriptor, files next to the incidents, and what
librocmfix answers: any bytes. The supervisor stays small, quick and able to be stopped."""

import json
import signal
import subprocess
import sys
import time

import pytest
from faults import REPORT
from test_faults import ABORTED, Runs
from test_stopping import running, with_explainer

LONG = 3_000_000
# Written by the command, to its descriptor; then it aborts.
HOSTILE = {
    "deep array": b"[" * 50_000,
    "deep, and closed": b"[" * 500_000 + b"]" * 500_000,
    "deep objects": b'{"a":' * 50_000 + b"0" + b"}" * 50_000,
    "deep in a report": b'{"kind":"gpu_memory_fault","fault":{"a":' + b"[" * 100_000 +
                        b"]" * 100_000 + b"}}",
    "many keys": b'{"kind":"gpu_memory_fault","fault":{' +
                 b",".join(b'"%d":0' % i for i in range(60_000)) + b"}}",
    "many keys, all the same": b'{"kind":"gpu_memory_fault","fault":{' +
                               b",".join([b'"a":0'] * 120_000) + b"}}",
    "many lines": b"[]\n" * 300_000,
    "many reports": (json.dumps(REPORT).encode() + b"\n") * 500,
    "many values": b'{"kind":"gpu_memory_fault","fault":{"a":[' + b",".join([b"0"] * 400_000) +
                   b"]}}",
    "no end": b'{"kind":"gpu_memory_fault","fault":{"address":"' + b"x" * LONG,
    "no line": b"\0" * LONG,
    "a number": b'{"kind":"gpu_memory_fault","fault":{"address":1' + b"0" * 200_000 + b"}}",
}
WRITER = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
data, fd = open(sys.argv[1], "rb").read(), int(os.environ["ROCMFIX_REPORT_FD"])
while data: data = data[os.write(fd, data):]
os.write(fd, b"\\n")
os.abort()
"""


@pytest.fixture
def runs(launcher, roots, tmp_path):
    return Runs(launcher, roots, tmp_path)


def writing(runs, data, *options, **more):
    """The command that writes it."""
    file = runs.tmp / "data"
    file.write_bytes(data)
    return runs.launcher("--root", runs.root, *options, sys.executable, "-I", "-S", "-c", WRITER, file,
                         env=runs.env, **more)


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_report_harms_nothing(runs, what):
    start = time.monotonic()
    run = writing(runs, HOSTILE[what], "--retries", "1")
    assert time.monotonic() - start < 20, "a minute, for many keys, without limits"
    assert run.returncode == ABORTED
    assert len(run.stderr) < 20_000


def test_a_report_after_hostile_lines_is_still_found(runs):
    run = writing(runs, HOSTILE["deep array"] + b"\n" + json.dumps(REPORT).encode())
    assert "0x7f3d7a123000" in run.stderr
    (incident,) = runs.incidents()
    assert {key: incident[key] for key in REPORT} == REPORT


@pytest.mark.parametrize("field", ["summary", "address", "reasons"])
def test_a_long_text_goes_to_the_file_and_not_to_the_terminal(runs, field):
    text = "\u00e4long " * 20_000
    report = json.loads(json.dumps(REPORT))
    if field == "summary":
        report["summary"] = text
    else:
        report["fault"][field] = [text] if field == "reasons" else text
    run = writing(runs, json.dumps(report, ensure_ascii=False).encode())
    assert run.returncode == ABORTED
    assert len(run.stderr) < 6000
    if field != "reasons":
        assert "... (140000 bytes)" in run.stderr
        assert "\ufffd" not in run.stderr, "cut between characters"
    assert text in json.dumps(runs.incidents(), ensure_ascii=False)


def test_a_text_of_megabytes_is_dropped(runs):
    report = {**REPORT, "summary": "x" * LONG}
    run = writing(runs, json.dumps(report).encode())
    assert run.returncode == ABORTED
    assert len(run.stderr) < 20_000


@pytest.mark.parametrize("report", [
    {"fault": {"address": [], "reasons": {}}}, {"fault": {"address": None, "reasons": [[]]}},
    {"gpu": [], "layer": "x", "calls": {}}, {"gpu": {"node": [[]] * 1000}},
    {"gpu": {"node": "x" * 1000}}, {"incidents": {"a": 1}, "lines": 7, "decision": []},
    {"pid": -1, "schema": {}, "command": None, "summary": {}},
])
def test_wrong_types_harm_nothing(runs, report):
    run = writing(runs, json.dumps({**REPORT, **report}).encode(), "--retries", "0")
    assert run.returncode == ABORTED
    assert "GPU memory fault" in run.stderr
    (incident,) = runs.incidents()
    assert incident["kind"] == "gpu_memory_fault" and isinstance(incident["lines"], list)
    assert "xxxx" not in run.stderr and "[]" not in run.stderr


@pytest.mark.parametrize("what", ["deep, and closed", "many keys", "no line"])
def test_a_hostile_file_next_to_the_incidents_harms_nothing(runs, what):
    file = runs.tmp / "data"
    file.write_bytes(HOSTILE[what])
    code = ("import os, resource, shutil, sys, time\n"
            "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
            "folder = os.environ['XDG_STATE_HOME'] + '/rocmfix/incidents'\n"
            "os.makedirs(folder, 0o700, exist_ok=True)\n"
            "name = '%s/%d-%d.json' % (folder, time.time(), os.getpid())\n"
            "shutil.copy(sys.argv[1], name); os.chmod(name, 0o600)\n"
            "os.abort()\n")
    start = time.monotonic()
    run = runs.launcher("--root", runs.root, sys.executable, "-I", "-S", "-c", code, file,
                        env=runs.env)
    assert (run.returncode, run.stderr) == (ABORTED, "")
    assert time.monotonic() - start < 20


ANSWERS = {
    "deep": "printf '{\"incidents\":'; head -c 300000 /dev/zero | tr '\\0' '['",
    "deep, in an incident": "printf '{\"incidents\":[{\"events\":[],\"causes\":'; "
                            "head -c 100000 /dev/zero | tr '\\0' '['; "
                            "head -c 100000 /dev/zero | tr '\\0' ']'; printf '}]}'",
    "endless": "printf '{\"incidents\":['; exec cat /dev/zero",
    "wrong types": "echo '{\"incidents\":[1,{\"events\":3},{\"events\":[1,{\"type\":[]},"
                   "{\"type\":\"page_fault\",\"pid\":18446744073709551615}],\"causes\":\"x\"}]}'",
}


@pytest.mark.parametrize("what", ANSWERS)
def test_a_hostile_answer_harms_nothing(runs, program, what):
    runs.launcher.program = with_explainer(program, runs.tmp, ANSWERS[what])
    run = writing(runs, json.dumps(REPORT).encode())
    assert run.returncode == ABORTED
    assert "0x7f3d7a123000" in run.stderr
    assert len(runs.incidents()) == 1
    if what != "wrong types":
        assert "librocmfix did not answer" in run.stderr


def test_term_works_while_the_command_writes_without_end(runs):
    code = ("import os, signal\n"
            "fd = int(os.environ['ROCMFIX_REPORT_FD'])\n"
            "print(os.getpid(), flush=True)\n"
            "while True: os.write(fd, b'[' * 65536)\n")
    command = runs.launcher.command("--root", runs.root, sys.executable, "-I", "-S", "-c", code)
    with running(command, env={**runs.launcher.base, **runs.env}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        time.sleep(0.5)
        start = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == -signal.SIGTERM
        assert time.monotonic() - start < 3
