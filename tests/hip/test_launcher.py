# SPDX-License-Identifier: MIT
"""rocmfix-run over the real runtime: ROCr's own message and abort, the interposer's own report, and the
next attempt. What needs no runtime is in tests/run."""

import json
import os
import re
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


def test_a_kernel_that_reads_freed_memory_is_reported_with_the_block_that_it_was(launched, saxpy):
    done = launched(saxpy, "after-free")
    assert done.returncode == -signal.SIGABRT
    address = re.search("^x was at (0x[0-9a-f]+)", done.stdout, re.M).group(1)
    ours = [line for line in done.stderr.splitlines() if line.startswith("rocmfix-run: ")]
    assert "GPU memory fault after" in ours[0] and address in ours[0]
    assert "4194316 bytes from hipMalloc" in ours[1] and "freed" in ours[1]
    (incident,) = launched.incidents()
    assert incident["case"] in ("freed_recently", "freed_long_ago")
    assert incident["allocation"]["state"] == "freed" and incident["fault"]["address"] == address


def test_a_kernel_computes_in_the_attempt_after_one_that_faulted(launched, saxpy):
    script = 'test "$ROCMFIX_ATTEMPT" = 2 && exec "$0"; exec "$0" after-free'
    done = launched("sh", "-c", script, saxpy, options=["--retries", "2"])
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("1048579 elements, 0 wrong\n")
    assert "attempt 2 of at most 3" in done.stderr


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


# As training launchers start their workers. Each closes the report descriptor.
PYTHON_LAUNCHERS = {
    "subprocess": "import subprocess, sys\n"
                  "sys.exit(1 if subprocess.call(sys.argv[1:]) else 0)\n",
    "multiprocessing": "import multiprocessing, os, sys\n"
                       "if __name__ == '__main__':\n"
                       "    worker = multiprocessing.get_context('spawn').Process(\n"
                       "        target=os.execv, args=(sys.argv[1], sys.argv[1:]))\n"
                       "    worker.start()\n"
                       "    worker.join()\n"
                       "    sys.exit(1 if worker.exitcode else 0)\n",
}


@pytest.mark.parametrize("kind", PYTHON_LAUNCHERS)
def test_a_worker_of_a_python_launcher_is_told_and_starts_the_command_again(launched, hip, kind):
    script = hip.tmp / "launcher.py"
    script.write_text(PYTHON_LAUNCHERS[kind])
    inside = f'test "$ROCMFIX_ATTEMPT" = 2 && exit 0; exec {launched.fault} inside'
    done = launched("/usr/bin/python3", script, "/bin/sh", "-c", inside, options=["--retries", "2"],
                    RANK="3")
    assert done.returncode == 0, done.stderr
    (incident,) = launched.incidents()
    assert incident["case"] == "inside" and incident["exit_status"] == 1
    assert incident["pid"] != incident["command_pid"] and incident["rank"] == 3
    assert f"in: process {incident['pid']} (fault), rank 3" in done.stderr
    assert "attempt 2 of at most 3" in done.stderr


def test_all_processes_that_fault_are_in_one_account(launched, hip):
    script = hip.tmp / "launcher.py"
    script.write_text("import subprocess, sys\n"
                      "workers = [subprocess.Popen(sys.argv[1:]) for _ in range(2)]\n"
                      "sys.exit(max(abs(worker.wait()) for worker in workers))\n")
    done = launched("/usr/bin/python3", script, launched.fault, "past-4k")
    assert done.returncode == signal.SIGABRT
    assert done.stderr.count("rocmfix-run: GPU memory fault after") == 1
    assert "2 processes reported a fault" in done.stderr
    (account,) = [one for one in launched.incidents() if "processes" in one]
    assert len({one["pid"] for one in account["processes"]}) == 2
    for one in account["processes"]:
        assert f"  process {one['pid']} (fault): 4096 bytes after the end" in done.stderr


def test_without_the_interposer_the_abort_is_not_a_classified_fault(launched):
    done = launched(launched.fault, "inside", options=["--no-hip", "--retries", "2"])
    assert done.returncode == -signal.SIGABRT
    assert "Memory access fault by GPU" in done.stderr
    assert "rocmfix-run: attempt" not in done.stderr
