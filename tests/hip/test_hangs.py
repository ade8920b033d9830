# SPDX-License-Identifier: MIT
"""A GPU that hangs, under the real runtime: the open HIP call is what shows it, without any help of
the program."""

import signal
import time

import pytest

from test_launcher import launched  # noqa: F401: a fixture

OPEN = {"stream": "hipStreamSynchronize", "device": "hipDeviceSynchronize",
        "event": "hipEventSynchronize", "copy": "hipMemcpy", "thread": "hipStreamSynchronize"}


@pytest.mark.parametrize("how", OPEN)
def test_a_wait_that_never_ends_is_a_hang(launched, hip, how):
    began = time.monotonic()
    done = launched(str(hip.programs / "hang"), how, options=["--hang-after", "3s"])
    assert done.returncode == -signal.SIGABRT, done.stderr
    assert 3 <= time.monotonic() - began < 60
    assert f"(hang): in {OPEN[how]} (thread " in done.stderr
    (incident,) = launched.incidents()
    assert incident["kind"] == "gpu_hang"
    assert [call["api"] for call in incident["hang"]["processes"][0]["open_calls"]] == [OPEN[how]]


@pytest.mark.parametrize("how", ["none", "idle"])
def test_who_works_or_is_in_no_call_is_left_alone(launched, hip, how):
    done = launched(str(hip.programs / "hang"), how, options=["--hang-after", "2s"])
    assert done.returncode == 0, done.stderr
    assert "rocmfix-run: hang" not in done.stderr


AS_EVENT = {"hw_exception": '{"fault": "reset"}',
            "memory": '{"fault": "memory", "address": 0, "reason": "hang"}'}


@pytest.mark.parametrize("event", AS_EVENT)
def test_a_reset_that_the_runtime_reports_is_a_hang_and_no_memory_fault(launched, hip, event):
    if event == "hw_exception" and hip.major() < 6:
        pytest.skip("ROCr reports these from 6.0 on")
    script = 'test "$ROCMFIX_ATTEMPT" = 2 && { env | grep -c MIOPEN_DEBUG; exit 0; }; exec "$@"'
    done = launched("sh", "-c", script, "x", str(hip.programs / "hang"), "stream",
                    AS_EVENT[event], options=["--retries", "2"])
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "0", "no mitigation of a memory fault"
    (line,) = [line for line in done.stderr.splitlines()
               if line.startswith("rocmfix-run: GPU ")]
    assert line.startswith("rocmfix-run: GPU hang after ") and "0x0" not in line
    assert "null pointer" not in done.stderr
    (incident,) = launched.incidents()
    assert incident["kind"] == "gpu_hang" and "case" not in incident
    assert incident["incidents"][0]["events"][0]["type"] == "gpu_hang"
    assert incident["fault"]["reasons"] == ["hang"]
    assert incident["calls"], "it is the interposer's report, and not only ROCr's line"


def test_nobody_is_watched_without_the_option(launched, hip):
    done = launched("timeout", "4", str(hip.programs / "hang"), "stream")
    assert done.returncode == 124 and "hang:" not in done.stderr


def test_a_hang_is_started_again_without_mitigations_of_memory_faults(launched, hip):
    script = 'test "$ROCMFIX_ATTEMPT" = 2 && { env | grep -c MIOPEN_DEBUG; exit 0; }; exec "$0" stream'
    done = launched("sh", "-c", script, str(hip.programs / "hang"),
                    options=["--hang-after", "3s", "--retries", "2"])
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "0"
    assert "attempt 2 of at most 3 in 1.0 s\n" in done.stderr
