# SPDX-License-Identifier: MIT
"""`--coherence auto` knows who asks: what a communication library allocates or registers, memory that
is registered and shared, and everything where there are several GPUs stays coherent; PyTorch's
pinned memory does not. Seen in the journal, so in what reaches the kernel."""

import json
import signal

import pytest

from test_coherence import NO_SVM, SVM, exempt, flags_by_call

CARDS = {"svm": SVM, "no-svm": NO_SVM}
TWO = {"svm": "rx5600xt+svm,rx6700xt+svm", "no-svm": "rx5600xt+kernel6.1,rx6700xt+kernel6.1"}
RCCL = "librccl.so.1"
RENAMED = "renamed.so"  # its SONAME is RCCL's
OTHER = "libother.so"


@pytest.fixture(params=CARDS)
def kind(request):
    return request.param


def coherent(calls):
    return {call for call, (_, flags) in calls.items() if "COHERENT" in flags}


def run(hip, what, card, **kwargs):
    return hip.run("callers", what, str(hip.programs / "askers"), card=card, **kwargs)


def asked_by(library, calls):
    return {call for call in calls if call.startswith(library + " ")}


def test_without_the_interposer_callers_are_not_distinguished(hip, kind):
    calls = flags_by_call(run(hip, "all", CARDS[kind], layer=False))
    assert len(calls) == 21
    kinds = [{call.split(" ", 1)[1] for call in asked_by(library, coherent(calls))}
             for library in (RCCL, RENAMED, OTHER)]
    assert kinds[0] == kinds[1] == kinds[2]
    assert {"host 0", "host Mapped", "registered private", "registered /dev/shm"} <= kinds[0]


@pytest.mark.parametrize("library", [RCCL, RENAMED])
def test_memory_that_a_communication_library_requests_stays_coherent(hip, kind, library):
    before = flags_by_call(run(hip, "all", CARDS[kind], layer=False))
    after = flags_by_call(run(hip, "all", CARDS[kind]))
    for call in asked_by(library, before):
        assert after[call] == before[call], call
    assert len(asked_by(library, coherent(after))) >= 6


def test_memory_that_another_library_requests_does_not(hip, kind):
    calls = flags_by_call(run(hip, "all", CARDS[kind]))
    for call in ("host 0", "host Mapped", "managed", "registered private"):
        assert calls[f"{OTHER} {call}"][1], call
        assert "COHERENT" not in calls[f"{OTHER} {call}"][1], call
    assert "COHERENT" in calls[f"{OTHER} host Coherent"][1], "explicitly requested"


@pytest.mark.parametrize("shared", ["registered shared", "registered /dev/shm"])
def test_memory_that_is_registered_and_shared_stays_coherent(hip, kind, shared):
    before = flags_by_call(run(hip, "all", CARDS[kind], layer=False))
    after = flags_by_call(run(hip, "all", CARDS[kind]))
    assert "COHERENT" in before[f"{OTHER} {shared}"][1]
    assert after[f"{OTHER} {shared}"] == before[f"{OTHER} {shared}"]


def test_with_several_gpus_all_host_memory_stays_coherent(hip, kind):
    before = flags_by_call(run(hip, "all", TWO[kind], layer=False))
    after = flags_by_call(run(hip, "all", TWO[kind]))
    assert coherent(before) and after == before


@pytest.mark.parametrize("cards", [CARDS, TWO], ids=["one", "two"])
def test_policy_data_is_the_users_word(hip, kind, cards):
    done = run(hip, "all", cards[kind], env={"ROCMFIX_COHERENCE": "data"})
    assert coherent(flags_by_call(done)) == {f"{library} host Coherent"
                                             for library in (RCCL, RENAMED, OTHER)}


def test_added_names(hip, kind):
    before = flags_by_call(run(hip, "all", CARDS[kind], layer=False))
    after = flags_by_call(run(hip, "all", CARDS[kind], env={"ROCMFIX_COMMUNICATORS": "libother"}))
    assert coherent(after) == coherent(before)


def test_another_library_at_the_same_address_is_distinguished(hip):
    done = run(hip, "reopen", NO_SVM)
    calls = flags_by_call(done)
    assert len(calls) == 10
    assert coherent(calls) == {f"{RCCL} host {i}" for i in range(0, 10, 2)}


def test_in_a_child_that_was_forked_before_hip(hip):
    calls = flags_by_call(run(hip, "fork", NO_SVM))
    assert coherent(calls) == {f"{RCCL} host inherited"}
    assert f"{OTHER} host in the child" in calls


def test_the_runtimes_own_memory_is_unchanged(hip, kind):
    def own(layer):
        return exempt(run(hip, "all", CARDS[kind], layer=layer))
    assert own(True) == own(False)


def test_mappings_that_cannot_be_read_leave_registered_memory_coherent(hip):
    """No file can be opened once HIP has started."""
    before = flags_by_call(hip.run("blind", layer=False, card=NO_SVM))
    after = flags_by_call(hip.run("blind", card=NO_SVM))
    assert "COHERENT" in before["registered, seen"][1]
    assert "COHERENT" not in after["registered, seen"][1]
    assert after["registered, blind"] == before["registered, blind"]
    assert "COHERENT" in after["registered, blind"][1]
    assert "COHERENT" not in after["host, blind"][1], "needs no file"


# ---------------------------------------------------------------- what is said of it

def test_verbose_lines_say_it_once_for_each_object_and_reason(hip):
    done = run(hip, "all", NO_SVM, env={"ROCMFIX_VERBOSE": "1"})
    said = [line.removeprefix("rocmfix: coherence: ") for line in done.said()
            if line.startswith("rocmfix: coherence: ")]
    assert sorted(said) == sorted([
        f"memory for {RCCL} stays coherent: a communication library",
        f"memory for {RCCL} stays coherent: coherent memory was explicitly requested",
        f"memory for {RENAMED} stays coherent: a communication library",
        f"memory for {RENAMED} stays coherent: coherent memory was explicitly requested",
        f"memory for {OTHER} becomes non-coherent",
        f"memory for {OTHER} stays coherent: coherent memory was explicitly requested",
        f"memory for {OTHER} stays coherent: registered memory that other processes can map"])
    assert run(hip, "all", NO_SVM).said() == [], "and silent otherwise"


def test_active_line_says_that_several_gpus_hold_the_policy_back(hip):
    def active(card, **env):
        done = run(hip, "all", card, env={"ROCMFIX_VERBOSE": "1"} | env)
        return next(line for line in done.said() if line.startswith("rocmfix: active"))
    assert "several GPUs" in active(TWO["no-svm"])
    assert "several GPUs" not in active(NO_SVM)
    assert "several GPUs" not in active(TWO["no-svm"], ROCMFIX_COHERENCE="data")


def test_incident_counts_what_was_left_and_why(hip, tmp_path):
    scenario = tmp_path / "scenario"
    scenario.write_text(json.dumps({"fault": "memory", "address": "0x1234000",
                                    "after_allocations": 60}) + "\n")
    done = run(hip, "fault", NO_SVM, status=-signal.SIGABRT,
               env={"ROCMFIX_SIM_SCENARIO": str(scenario)})
    found = done.incidents[0]["coherence"]
    assert found["policy"] == "auto" and found["active"] is True
    left = {(one["reason"], one["object"]): one["count"] for one in found["left_coherent"]}
    assert left[("communication-library", RCCL)] >= 4
    assert left[("asked-for", RCCL)] == 1
    assert found["made_noncoherent"] > 4


# ---------------------------------------------------------------- the litmus test's own memory

SHARED = {"registered-shared", "shm-cpu", "shm-gpu"}
PINNED = {"host", "host-mapped", "registered"}
ALWAYS = {"host-coherent"}


def litmus(hip, card, *options, **kwargs):
    done = hip.run(str(hip.programs / "litmus" / "litmus"), "--json", "--allocate-only", *options,
                   card=card, **kwargs)
    lines = done.lines()
    assert len(lines) == 12
    flags = {}
    for line in lines:
        pages = (line["size"] + 4095) // 4096 * 4096
        found = [set(entry["flags"]) for entry in done.journal
                 if entry["op"] in ("alloc_memory_of_gpu", "svm_set") and entry["result"] == 0
                 and entry["size"] == pages]
        is_vram = line["case"].startswith("vram")  # which comes in pieces of 2 MiB
        assert found or is_vram or line["outcome"] == "unavailable", line
        flags[line["case"]] = found[-1] if found else set()
    return {case for case, one in flags.items() if "COHERENT" in one}


def test_litmus_memory_for_a_communication_library_stays_coherent(hip, kind):
    before = litmus(hip, CARDS[kind], layer=False)
    caller = str(hip.programs / "litmus" / RCCL)
    assert PINNED | SHARED | ALWAYS <= before
    assert litmus(hip, CARDS[kind], "--caller", caller) == before
    after = litmus(hip, CARDS[kind])
    assert SHARED | ALWAYS <= after
    assert not PINNED & after and "managed" not in after


def test_litmus_memory_with_several_gpus_stays_coherent(hip, kind):
    assert litmus(hip, TWO[kind]) == litmus(hip, TWO[kind], layer=False)
    assert not PINNED & litmus(hip, TWO[kind], env={"ROCMFIX_COHERENCE": "data"})


def test_litmus_distinguishes_a_kernel_that_was_not_executed_from_one_that_passed(hip):
    code = hip.build / "litmus" / "litmus-kernels.co"
    if not code.exists():
        pytest.skip("the kernels are not compiled (make litmus)")
    program = str(hip.programs / "litmus" / "litmus")
    cases = ["host", "shm-cpu", "shm-gpu"]
    done = hip.run(program, "--json", "--wait", "1", "--code", str(code), *cases, status=1,
                   env={"ROCMFIX_SIM_KERNELS": "complete"})
    assert [line["outcome"] for line in done.lines()] == ["not-run"] * 3
    faulted = hip.run(program, "--json", "--code", str(code), "host", status=1,
                      env={"ROCMFIX_SIM_KERNELS": "fault"})
    assert [line["outcome"] for line in faulted.lines()] == ["fault"]
    # The simulated card has no caches: what is shown is that both sides play by the protocol.
    played = hip.run(program, "--json", "--code", str(code), *cases)
    assert [(line["outcome"], line["detail"]) for line in played.lines()] == [("coherent", "1000 rounds")] * 3


