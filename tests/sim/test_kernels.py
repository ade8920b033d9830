# SPDX-License-Identifier: MIT
"""Kernels that the runtime's own compiler made are executed; what ends one early is what the real
runtime reports of it."""

import pytest

ABORTED = -6


@pytest.mark.parametrize("card", ["rx5700xt", "rx5500xt+largebar", "rx6600xt", "rx6900xt+kernel7.2"])
@pytest.mark.parametrize("what", ["add", "barrier", "scratch", "itself"])
def test_a_kernel_is_executed(simulation, card, what):
    done = simulation.run("kernel", what, card=card)
    assert done.status == 0, done.stderr
    assert "\n0 wrong\n" in done.stdout
    lines = done.ops("execution")
    assert len(lines) == (2 if what == "itself" else 1)
    assert all(line["lane_instructions"] > 512 * 5 for line in lines)


@pytest.mark.parametrize("what, code, said", [
    ("illegal", "HSA_STATUS_ERROR_ILLEGAL_INSTRUCTION", "0xffffffff is not an instruction of gfx1010"),
    ("trap", "HSA_STATUS_ERROR_EXCEPTION", "s_trap 2"),
    ("loop", "HSA_STATUS_ERROR_EXCEPTION", "more than 100000 instructions")])
def test_an_error_of_a_wave_is_the_runtimes_own(simulation, what, code, said):
    done = simulation.run("kernel", what, card="rx5700xt", ROCMFIX_SIM_INSTRUCTIONS="100000")
    assert done.status == ABORTED, done.stderr
    assert "error: kernel changes" in done.stderr and said in done.stderr
    assert code in done.stderr
    assert "reported as done" not in done.stdout


@pytest.mark.parametrize("name", ["ROCMFIX_SIM_INSTRUCTIONS", "ROCMFIX_SIM_SEED"])
@pytest.mark.parametrize("value", ["many", "0", "7x", "-1"])
def test_a_limit_or_a_seed_that_is_no_number_is_refused(simulation, name, value):
    done = simulation.run("kernel", **{name: value})
    assert done.status == 2 and f"{name} is not a number from 1" in done.stderr


def test_through_caches_it_computes_the_same_and_tells_its_seed(simulation):
    done = simulation.run("kernel", "barrier", card="rx5700xt+caches")
    assert "\n0 wrong\n" in done.stdout, done.stderr
    (line,) = done.ops("caches")
    assert f"ROCMFIX_SIM_SEED={line['seed']} " in done.stderr
    again = simulation.run("kernel", "barrier", card="rx5700xt+caches", ROCMFIX_SIM_SEED=str(line["seed"]))
    assert "\n0 wrong\n" in again.stdout and "ROCMFIX_SIM_SEED" not in again.stderr
    assert [one["seed"] for one in again.ops("caches")] == [line["seed"]]
    assert not simulation.run("kernel", "barrier", card="rx5700xt", ROCMFIX_SIM_SEED="1").ops("caches")


@pytest.mark.parametrize("seed", range(12))
def test_a_packet_that_no_runtime_writes_ends_nothing_but_its_program(simulation, seed):
    done = simulation.run("packet", str(seed), card="rx5700xt", timeout=60, ROCMFIX_SIM_INSTRUCTIONS="100000")
    assert done.status in (0, ABORTED), done.stderr
    assert done.status == 0 or "Memory access fault by GPU node-1" in done.stderr, done.stderr
    assert done.status != 0 or done.stdout.startswith("type "), done.stdout
