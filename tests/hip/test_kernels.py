# SPDX-License-Identifier: MIT
"""Programs with kernels, compiled by Debian's hipcc, on the simulated card: what they compute, and what
is reported of a kernel that reads freed memory or runs on a card that it was not built for."""

import json
import re
import signal

import pytest

OVERRIDE = {"HSA_OVERRIDE_GFX_VERSION": "10.3.0"}


@pytest.fixture(scope="session")
def dots(compiled):
    return compiled("tests/hip/gpu/dots.hip", "gfx1030")


@pytest.mark.parametrize("layer", [True, False])
@pytest.mark.parametrize("card", ["rx5700xt", "rx6900xt+largebar"])
def test_saxpy_computes(hip, saxpy, card, layer):
    done = hip.run(saxpy, card=card, layer=layer)
    assert done.stdout == "1048579 elements, 0 wrong\n"
    (line,) = [x for x in done.journal if x["op"] == "execution"]
    assert line["lane_instructions"] > 1048579 * 10


def test_a_kernel_that_reads_freed_memory_is_reported_with_the_freed_block(hip, saxpy):
    done = hip.run(saxpy, "after-free", status=-signal.SIGABRT)
    address = re.search(r"^x was at (0x[0-9a-f]+)", done.stdout, re.M).group(1)
    assert f"on address {address}. Reason: Page not present" in done.stderr
    (incident,) = done.incidents
    assert incident["case"] in ("freed_recently", "freed_long_ago"), incident["summary"]
    assert incident["allocation"]["address"] == address
    assert incident["allocation"]["state"] == "freed"
    assert incident["allocation"]["api"] == "hipMalloc"
    assert incident["fault"]["address"] == address


def test_code_for_gfx1030_computes_on_a_card_that_has_its_instructions(hip, dots):
    assert hip.run(dots, card="rx6900xt").stdout == "0 wrong\n"


def test_the_instruction_that_an_override_lets_a_gfx1010_card_meet_is_named(hip, dots):
    done = hip.run(dots, card="rx5700xt", status=-signal.SIGABRT, env=OVERRIDE)
    said = r"kernel _Z4dotsPKiPi, at 0x[0-9a-f]+: v_dot4c?_i32_i8\S* .* is an instruction of gfx1030, and " \
           r"gfx1010 does not have it"
    assert re.search(said, done.stderr), done.stderr
    assert "HSA_STATUS_ERROR_ILLEGAL_INSTRUCTION" in done.stderr
    (line,) = [x for x in done.journal if x["op"] == "queue_error"]
    assert "v_dot4" in line["cause"] and line["told"] == 1


def test_explain_and_doctor_agree_with_that(hip, dots, tmp_path):
    rocmfix = hip.build / "bin" / "rocmfix"
    if not rocmfix.exists():
        pytest.skip("rocmfix is not built")
    log = tmp_path / "log"
    log.write_text(hip.run(dots, card="rx5700xt", status=-signal.SIGABRT, env=OVERRIDE).stderr)
    explained = hip.run(str(rocmfix), "explain", "--json", str(log), card=None, layer=False, status=None)
    (incident,) = json.loads(explained.stdout)["incidents"]
    assert [event["type"] for event in incident["events"]] == ["invalid_device_function"]
    assert incident["causes"][0]["id"] == "no-code-for-gpu"
    assert "for gfx101x never" in incident["causes"][0]["remedy"]
    doctor = hip.run(str(rocmfix), "doctor", "isa-override", "--json", "--program", dots, layer=False,
                     card="rx5700xt", env=OVERRIDE, status=1)
    assert "different instruction set" in doctor.stdout


def test_an_override_goes_well_as_long_as_no_such_instruction_is_met(hip, compiled):
    saxpy_1030 = compiled("examples/saxpy.cpp", "gfx1030")
    assert hip.run(saxpy_1030, card="rx5700xt", env=OVERRIDE).stdout == "1048579 elements, 0 wrong\n"


def test_code_for_another_target_is_refused_by_the_runtime_itself(hip, compiled):
    """Without an override nothing of it runs: there is no code object for the card."""
    done = hip.run(compiled("examples/saxpy.cpp", "gfx1030"), card="rx5700xt", status=None)
    assert done.status != 0, done.stdout
    assert not [x for x in done.journal if x["op"] == "execution"]


def test_more_lds_than_a_workgroup_can_have_never_reaches_the_queue(hip, compiled):
    done = hip.run(compiled("tests/hip/gpu/greedy.hip", "gfx1010"), card="rx5700xt")
    assert done.stdout == "65536 bytes: computed\n65537 bytes: refused\n"
