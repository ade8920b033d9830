# SPDX-License-Identifier: MIT
"""rocmfix-run over the real runtime: ROCr's own message and abort, the interposer's own report, and the
next attempt. What needs no runtime is in tests/run."""

import json
import os
import signal
import subprocess

import pytest


@pytest.fixture
def launched(hip):
    launcher = hip.build / "bin/rocmfix-run"
    assert launcher.exists() and (hip.build / "bin/rocmfix").exists(), "make build"

    def run(*words, options=(), **env):
        command = [launcher, "--simulate", "rx5600xt+largebar", *options, "--", *words]
        return subprocess.run(
            command, text=True, capture_output=True, errors="replace", timeout=120, check=False,
            cwd=hip.tmp, env={"PATH": "/usr/bin:/bin", "HOME": str(hip.tmp), "LC_ALL": "C.UTF-8",
                              "XDG_STATE_HOME": str(hip.tmp / "state"),
                              "LD_LIBRARY_PATH": str(hip.programs / "libraries"), **env})

    run.incidents = lambda: [json.loads(path.read_text()) for path in sorted(
        (hip.tmp / "state/rocmfix/incidents").glob("*"), key=lambda path: path.stat().st_mtime_ns)]
    run.fault = str(hip.programs / "fault")
    return run


def test_a_fault_of_the_real_runtime_is_reported_and_saved(launched):
    done = launched(launched.fault, "past-4k")
    assert done.returncode == -signal.SIGABRT
    told = json.loads(done.stdout.splitlines()[0])
    lines = done.stderr.splitlines()
    (said,) = [n for n, line in enumerate(lines) if line.startswith("Memory access fault by GPU")]
    ours = [line for line in lines if line.startswith("rocmfix-run: ")]
    assert said < lines.index(ours[0])
    assert "GPU memory fault after" in ours[0] and told["address"] in ours[0]
    assert "Page not present or supervisor privilege" in ours[0]
    assert "4096 bytes after the end of a block of 3145728 bytes from hipMalloc" in ours[1]
    (incident,) = launched.incidents()
    assert incident["case"] == "past_end" and incident["fault"]["address"] == told["address"]
    assert incident["reported_by_layer"] is True and incident["ended_by"] == "SIGABRT"
    assert incident["calls"], "the interposer saw GPU calls"


def test_the_next_attempt_resumes(launched, hip):
    note = hip.tmp / "note"
    script = (f'echo "$ROCMFIX_ATTEMPT $ROCMFIX_RESUME $MIOPEN_DEBUG_CONV_IMPLICIT_GEMM" >>{note}; '
              'test "$ROCMFIX_ATTEMPT" = 3 && exit 0; exec "$0" inside')
    done = launched("sh", "-c", script, launched.fault, options=["--retries", "5"])
    assert done.returncode == 0, done.stderr
    # gfx1010's first mitigation, and then its next.
    assert note.read_text() == "1  \n2 1 1\n3 1 1\n"
    assert "attempt 2 of at most 6 in 1.0 s, with miopen-implicit-gemm" in done.stderr
    assert "attempt 3 of at most 6 in 2.0 s, with no-caching-allocator" in done.stderr
    assert [incident["attempt"] for incident in launched.incidents()] == [1, 2]


def test_a_worker_process_that_faults_reports_to_the_same_place(launched):
    """As a process per GPU does: its parent sees that it aborted, and aborts."""
    done = launched("sh", "-c", '"$0" inside; exit $?', launched.fault)
    assert done.returncode == 128 + signal.SIGABRT
    (incident,) = launched.incidents()
    assert incident["case"] == "inside" and incident["exit_status"] == 134
    assert incident["pid"] != incident["command_pid"]


def test_without_the_interposer_the_abort_is_not_a_classified_fault(launched):
    done = launched(launched.fault, "inside", options=["--no-hip", "--retries", "2"])
    assert done.returncode == -signal.SIGABRT
    assert "Memory access fault by GPU" in done.stderr
    assert "rocmfix-run: attempt" not in done.stderr
