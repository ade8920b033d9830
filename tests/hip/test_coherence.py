# SPDX-License-Identifier: MIT
"""Which allocations cross into the kernel with COHERENT, call by call. Without the interposer the table
must be the one of docs (so that a new runtime's change is seen); with it no data has the flag and
all that is exempt still has."""

import pytest

SVM = "rx5600xt+svm+largebar"
NO_SVM = "rx5600xt+kernel6.1+largebar"
CARDS = {"svm": SVM, "no-svm": NO_SVM, "gfx1030": "rx6700xt+svm", "no-bar": "rx5600xt+svm"}

COHERENT = {"USERPTR", "COHERENT"}
PLAIN = {"USERPTR"}

# What HIP does on its own, where the kernel has SVM, and (after /) where it has not.
HOST = {
    "hipHostMalloc(0)": COHERENT,
    "hipHostMalloc(Mapped)": COHERENT,
    "hipHostMalloc(Coherent)": COHERENT,
    "hipHostMalloc(NumaUser)": COHERENT,
    "hipHostMalloc(NonCoherent)": PLAIN,
    "hipHostMalloc(Portable)": PLAIN,
    "hipHostMalloc(WriteCombined)": PLAIN,
    "hipMallocHost": PLAIN,
}
MANAGED = {
    "hipMallocManaged": True,
    "hipMallocManaged, SetCoarseGrain": False,
    "hipMallocManaged, UnsetCoarseGrain": True,
    "hipMallocManaged, SetReadMostly": True,
}
REGISTERED = ["hipHostRegister(0)", "hipHostRegister(Mapped)", "hipHostRegister(Portable)",
              "hipHostRegister(CoarseGrained)"]
# Explicitly requested.
EXPLICIT = {"hipHostMalloc(Coherent)", "hipMallocManaged, UnsetCoarseGrain",
            "hipExtMallocWithFlags(Uncached)", "hipExtMallocWithFlags(Signal)"}


MEMORY = {"USERPTR", "VRAM", "GTT", "COHERENT", "UNCACHED", "EXT_COHERENT"}
EXEMPT_SIZE = 4096  # hipMallocSignalMemory: 8 bytes of the runtime's own


def rounded(size):
    """As it may arrive in the kernel: as it is, in pages, in VRAM's 2 MiB."""
    return {size, (size + 4095) // 4096 * 4096, (size + (2 << 20) - 1) // (2 << 20) * (2 << 20)}


def belongs(line, call):
    """The line is what the call led to."""
    begin, end = call["time"]
    if not begin <= line["t"] <= end or line.get("size") not in rounded(call["size"]):
        return False
    if line["op"] == "svm_set":
        return int(line["va"], 16) == int(call["address"], 16)
    return line["op"] == "alloc_memory_of_gpu" and line["result"] == 0


def flags_by_call(done):
    """call -> HIP's error, and the memory flags of its allocation; of SVM ranges the last ones."""
    found = {}
    for call in done.lines():
        if call["size"] < EXEMPT_SIZE:
            continue
        kinds = set()
        for line in done.journal:
            if belongs(line, call):
                kinds = set(line["flags"]) & MEMORY
                if line["op"] == "svm_set":
                    kinds.add("SVM")
        found[call["call"]] = (call["error"], kinds)
    return found


def exempt(done):
    """The runtime's own memory with COHERENT: kernarg, signals, queues, and what it needs itself."""
    return sorted((line["size"], tuple(line["flags"])) for line in done.journal
                  if line["op"] == "alloc_memory_of_gpu" and "COHERENT" in line["flags"]
                  and not any(belongs(line, call) for call in done.lines()
                              if call["size"] >= EXEMPT_SIZE))


@pytest.fixture(params=CARDS)
def card(request):
    return CARDS[request.param]


def test_without_the_layer_it_is_the_known_table(hip, card):
    calls = flags_by_call(hip.run("allocations", layer=False, card=card))
    svm = "svm" in card
    assert calls["hipMalloc"] == ("hipSuccess", {"VRAM"})
    for call, flags in HOST.items():
        assert calls[call] == ("hipSuccess", flags), call
    for call, coherent in MANAGED.items():
        error, flags = calls[call]
        if svm:
            assert error == "hipSuccess", call
            assert flags == ({"SVM", "COHERENT"} if coherent else {"SVM"}), call
        else:
            assert flags == PLAIN, call
    for call in REGISTERED:
        error, flags = calls[call]
        assert error == "hipSuccess", call
        by_svm = svm and hip.major() >= 6
        assert flags == ({"SVM", "COHERENT"} if by_svm else COHERENT), call
    if "hipExtMallocWithFlags(Uncached)" in calls:
        assert "COHERENT" in calls["hipExtMallocWithFlags(Uncached)"][1]


def test_no_data_is_coherent_unless_asked_for(hip, card):
    calls = flags_by_call(hip.run("allocations", card=card))
    assert len(calls) >= 20
    for call, (error, flags) in calls.items():
        if error == "hipSuccess" and call not in EXPLICIT:
            assert flags, f"{call}: not found in the journal"
            assert "COHERENT" not in flags, call


def test_explicit_coherence_is_honoured(hip, card):
    before = flags_by_call(hip.run("allocations", layer=False, card=card))
    after = flags_by_call(hip.run("allocations", card=card))
    for call in EXPLICIT & set(before):
        assert after[call] == before[call], call
    assert "COHERENT" in after["hipHostMalloc(Coherent)"][1]


def test_policy_off_changes_nothing(hip, card):
    before = flags_by_call(hip.run("allocations", layer=False, card=card))
    after = flags_by_call(hip.run("allocations", card=card, env={"ROCMFIX_COHERENCE": "off"}))
    assert after == before


def test_policy_all_leaves_no_data_coherent(hip, card):
    calls = flags_by_call(hip.run("allocations", card=card, env={"ROCMFIX_COHERENCE": "all"}))
    for call, (error, flags) in calls.items():
        if error == "hipSuccess" and "Signal" not in call:
            assert "COHERENT" not in flags, call


@pytest.mark.parametrize("policy", ["auto", "all"])
def test_runtimes_own_memory_is_as_it_was(hip, card, policy):
    before = exempt(hip.run("allocations", layer=False, card=card))
    after = exempt(hip.run("allocations", card=card, env={"ROCMFIX_COHERENCE": policy}))
    assert len(before) > 5
    assert after == before


def test_program_sees_the_flags_that_it_requested(hip, card):
    def answers(done):
        return [{k: v for k, v in call.items() if k not in ("address", "time")} for call in done.lines()]
    before = answers(hip.run("allocations", layer=False, card=card))
    after = answers(hip.run("allocations", card=card))
    assert after == before
    assert any(call.get("flags") for call in before)


# gfx906 to the runtime: a GPU of another family that the simulator can be.
OTHER = {"HSA_OVERRIDE_GFX_VERSION": "9.0.6"}


@pytest.mark.parametrize("card, env", [("rx5600xt+svm", OTHER), ("rx7900xtx+svm", {})])
def test_unsupported_gpu_is_left_alone(hip, card, env):
    before = hip.run("allocations", layer=False, card=card, env=env, status=None)
    after = hip.run("allocations", card=card, env=env, status=None)
    # Not every runtime can do with every card; then it fails with us as without.
    assert after.status == before.status
    assert flags_by_call(after) == flags_by_call(before)
    assert after.said() == []
    verbose = hip.run("allocations", card=card, env=env | {"ROCMFIX_VERBOSE": "1"}, status=None)
    assert not any(line.startswith("rocmfix: active") for line in verbose.said())
    if before.status == 0:
        assert len(flags_by_call(before)) >= 20
        assert any("not active" in line for line in verbose.said())


def test_overridden_gfx_version_does_not_make_a_gpu_supported(hip):
    """An RX 7900 that calls itself gfx1030."""
    env = {"HSA_OVERRIDE_GFX_VERSION": "10.3.0", "ROCMFIX_VERBOSE": "1"}
    done = hip.run("allocations", card="rx7900xtx+svm", env=env, status=None)
    assert any("not active" in line for line in done.said())


def test_with_an_unsupported_gpu_in_the_process_host_memory_is_left_alone(hip):
    if hip.release() < (6, 4):
        pytest.skip("this thunk has no override for one node")
    card = "rx5600xt+svm,rx6700xt+svm"
    env = {"HSA_OVERRIDE_GFX_VERSION_2": "9.0.6"}
    before = hip.run("allocations", layer=False, card=card, env=env)
    after = hip.run("allocations", card=card, env=env | {"ROCMFIX_VERBOSE": "1"})
    assert any("another family" in line for line in after.said())
    assert flags_by_call(after) == flags_by_call(before)
    alone = hip.run("allocations", card=card, env={"ROCMFIX_COHERENCE": "data"})
    assert flags_by_call(alone) != flags_by_call(before), "two supported ones are served"


def test_verbose_line_proves_that_it_is_active(hip):
    done = hip.run("allocations", env={"ROCMFIX_VERBOSE": "1"})
    active = [line for line in done.said() if line.startswith("rocmfix: active: gfx1010")]
    assert len(active) == 1
    assert "libhsa-runtime64" in active[0]
    assert hip.run("allocations").said() == [], "and silent otherwise"


def test_switched_off(hip):
    before = hip.run("allocations", layer=False)
    after = hip.run("allocations", env={"ROCMFIX_HIP": "0"})
    assert flags_by_call(after) == flags_by_call(before)


def test_misspelt_variable_is_reported_and_has_no_effect(hip):
    done = hip.run("allocations", env={"ROCMFIX_COHERENCE": "yes"})
    assert any("ROCMFIX_COHERENCE" in line for line in done.said())
    assert "COHERENT" not in flags_by_call(done)["hipHostMalloc(0)"][1]
