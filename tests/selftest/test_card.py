# SPDX-License-Identifier: MIT
"""The real HIP runtime of this Debian release executes the kernels on the simulated card of each target."""

import json

import pytest

from conftest import SIMULATOR, TARGETS, kernels

# A card of the target, or one with the same instructions and an override: not every target has a
# simulated card.
CARDS = {"gfx1010": ("rx5700xt+largebar", None), "gfx1011": ("rx5500xt", "10.1.1"),
         "gfx1012": ("rx5500xt", None), "gfx1013": ("rx5700xt", "10.1.3"), "gfx1030": ("rx6900xt", None),
         "gfx1031": ("rx6700xt", None), "gfx1032": ("rx6600xt", None), "gfx1033": ("rx6900xt", "10.3.3"),
         "gfx1034": ("rx6900xt", "10.3.4"), "gfx1035": ("rx6900xt", "10.3.5"), "gfx1036": ("raphael", None)}

pytestmark = pytest.mark.skipif(not SIMULATOR.exists(), reason="librocmfix-sim.so is not built")


@pytest.mark.parametrize("target", TARGETS)
def test_every_test_is_right_on_the_card(selftest, target):
    card, override = CARDS[target]
    done = selftest.on_card(card=card, env={"HSA_OVERRIDE_GFX_VERSION": override} if override else None)
    assert done.status == 0, done.stdout
    assert done.complaints() == set()
    assert done.document["machine"]["simulated"]
    if not override:
        assert done.document["machine"]["gpus"][0]["gfx"] == target
    right = {name for name, outcome in done.outcomes().items() if outcome == "right"}
    assert {"memory-vram", "copy", "copy-no-sdma", "copy-kernel", "churn", "coherence-host", "lanes",
            "atomics", "half", "int8-tiles", "fault-read", "fault-write", "fault-recovery"} <= right


WRONG = {
    "v_add_f32": {"float"},
    "v_fma_f32": {"float-tiles"},
    "ds_bpermute_b32": {"lanes"},
    "v_permlanex16_b32": {"lanes"},
    "v_pk_mul_f16": {"half"},
    "v_dot4c_i32_i8": {"int8-tiles"},
    "v_bfrev_b32": {"integer"},
}


@pytest.mark.parametrize("instruction", WRONG)
def test_a_wrong_instruction_is_found_by_the_test_that_is_for_it(selftest, instruction):
    done = selftest.on_card("float", "float-tiles", "half", "int8-tiles", "integer", "lanes", card="rx6900xt",
                            env={"ROCMFIX_SIM_WRONG": instruction})
    assert done.complaints() == WRONG[instruction], done.stdout
    assert {done.outcomes()[name] for name in WRONG[instruction]} == {"wrong"}


def test_memory_that_is_read_wrong_is_found(selftest):
    done = selftest.on_card("memory-vram", "lanes", env={"ROCMFIX_SIM_WRONG": "global_load_dword:5000"})
    assert done.outcomes()["memory-vram"] == "wrong", done.stdout
    assert "instead of" in done.details()["memory-vram"]


def scenario(tmp_path, command):
    file = tmp_path / "scenario"
    file.write_text(json.dumps(command) + "\n")
    return {"ROCMFIX_SIM_SCENARIO": str(file)}


def test_a_fault_that_nobody_asked_for_is_told_from_one_that_was(selftest, tmp_path):
    fault = scenario(tmp_path, {"fault": "memory", "address": "0x7f0000001000", "after_packets": 3})
    done = selftest.on_card("fault-read", env=fault)
    assert done.outcomes()["runtime"] == "fault"
    assert "0x7f0000001000" in done.details()["runtime"]


def test_a_hang_is_told_from_a_fault(selftest, tmp_path):
    done = selftest.run("--code", kernels(), "--time", "0", "--memory", "1", "--limit", "5", "lanes",
                        env=scenario(tmp_path, {"fault": "hang", "after_packets": 3}))
    assert done.outcomes()["runtime"] == "hang"

