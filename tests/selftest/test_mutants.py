# SPDX-License-Identifier: MIT
"""Each kind of mistake is found by the test that is for it, and by no other: the kernels' own source runs
on this CPU (cpu/runtime.cpp), which makes the mistake."""

import pytest

from conftest import LONG

MEMORY = {f"memory-{kind}" for kind in (
    "vram", "vram-finegrained", "vram-uncached", "host", "host-mapped", "host-coherent",
    "host-noncoherent", "managed", "registered", "registered-shared")}
FAULTS = {"fault-read", "fault-write", "fault-read-only"}

# mistake: outcome, tests that have to say so
MUTANTS = {
    "bit-flip": ("wrong", MEMORY | {"churn"}),
    "stale-line": ("wrong", {"copy", "copy-no-sdma", "copy-kernel"}),
    "wide-copy": ("wrong", {"copy", "copy-no-sdma"}),
    "shared-block": ("wrong", {"churn"}),
    "lost-atomic": ("wrong", {"atomics", "atomics-lds", "atomics-host"}),
    "no-barrier": ("wrong", {"lds", "int8-tiles", "float-tiles", "atomics-lds"}),
    "wrong-lane": ("wrong", {"lanes"}),
    "wrong-dot": ("wrong", {"int8-tiles"}),
    "wrong-float": ("wrong", {"float", "float-tiles"}),
    "wrong-double": ("wrong", {"double"}),
    "wrong-half": ("wrong", {"half"}),
    "wrong-integer": ("wrong", {"integer"}),
    "late-fault": ("wrong", FAULTS),
    "silent-fault": ("silent", FAULTS),
}
# Without the coherence cases, whose mistakes have their own test, and which wait.
OTHERS = ["memory", "arithmetic"]


def test_without_a_mistake_every_test_is_right(selftest):
    done = selftest.on_cpu()
    assert done.status == 0, done.stdout
    assert set(done.outcomes().values()) == {"right"}, done.outcomes()
    assert len(done.outcomes()) >= 43


@pytest.mark.parametrize("wrong", MUTANTS)
def test_a_mistake_is_found_by_the_test_that_is_for_it(selftest, wrong):
    outcome, expected = MUTANTS[wrong]
    asked = {*OTHERS, *expected} if LONG else {"copy", "lanes", "float", "lds", "atomics", *expected}
    done = selftest.on_cpu("--report-within", "1", *sorted(asked), wrong=wrong)
    assert done.status == 1
    assert done.complaints() == expected, done.stdout
    assert {done.outcomes()[name] for name in expected} == {outcome}, done.stdout


def test_a_fault_that_never_ends_is_silent_and_not_a_hang(selftest):
    done = selftest.on_cpu("--limit", "3", "fault-read", wrong="endless-fault")
    assert done.outcomes()["fault-read"] == "silent"
    assert "and the kernel did not end" in done.details()["fault-read"]


def test_a_card_that_is_gone_after_a_fault_is_a_complaint(selftest, tmp_path):
    done = selftest.on_cpu("fault-recovery", wrong="no-recovery",
                           env={"ROCMFIX_CPU_HIP_STATE": str(tmp_path / "state")})
    assert done.status == 1
    assert done.outcomes()["fault-recovery"] == "failed"
    assert "hipErrorNoDevice" in done.details()["fault-recovery"]


@pytest.mark.parametrize("wrong, outcome, detail", [
    ("fault", "fault", "GPU memory fault"), ("abort", "crash", "ended by SIGABRT"),
    ("never-ends", "hang", "did not end in 3 s")])
def test_how_a_process_ends_is_an_outcome_and_the_next_test_is_run(selftest, wrong, outcome, detail):
    done = selftest.on_cpu("--limit", "3", "float", "lanes", wrong=wrong)
    assert done.status == 1
    assert done.outcomes() == {"runtime": "right", "float": outcome, "lanes": "right"}
    assert detail in done.details()["float"]


@pytest.mark.parametrize("wrong", ["stale-flag", "stale-data", "lost-flag", "lost-data"])
def test_stale_is_a_complaint_where_memory_is_coherent_and_only_there(selftest, wrong):
    done = selftest.on_cpu("coherence-host", "coherence-host-noncoherent", "coherence-shm-cpu", wrong=wrong)
    assert done.complaints() == {"coherence-host", "coherence-shm-cpu"}
    assert done.outcomes()["coherence-host"] == "stale"
    assert done.details()["coherence-host-noncoherent"].startswith("stale, which this memory may be")


@pytest.mark.parametrize("wrong, said", [("not-run", "looked at 0 of"), ("out-of-memory", "hipMalloc")])
def test_a_card_that_does_not_compute_ends_it(selftest, wrong, said):
    done = selftest.on_cpu("lanes", wrong=wrong)
    assert done.status == 1 and not done.document["complete"]
    assert done.outcomes() == {"runtime": "failed"} and said in done.details()["runtime"]


def test_no_gpu_for_the_runtime(selftest):
    done = selftest.on_cpu("lanes", wrong="no-gpu")
    assert done.status == 3 and done.outcomes() == {"runtime": "unavailable"}
