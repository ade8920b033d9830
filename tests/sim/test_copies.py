# SPDX-License-Identifier: MIT
"""Copies and fills are really done, and what cannot be done fails loudly."""

import pytest


@pytest.mark.parametrize("card", [
    "rx5600xt", "rx6700xt+largebar", "rx5600xt+svm", "rx5500xt+kernel6.1", "rx6700xt,rx5600xt",
    "rx6900xt+largebar,rx6600xt+largebar"])
def test_every_byte_arrives(simulation, card):
    done = simulation.run("copy", card=card)
    assert done.status == 0, done.stdout + done.stderr
    names = ["directions", "offsets", "fills", "rectangles", "pinned and managed"]
    assert done.stdout.splitlines() == [f"ok {n}" for n in names + ["peers"] * ("," in card)]
    assert "rocmfix-sim" not in done.stderr
    performed = [line["performed"] for line in done.ops("dispatch")]
    assert performed and all(performed)


def test_the_runtimes_own_kernels_are_recognised(simulation):
    kernels = {line["kernel"] for line in simulation.run("copy").ops("dispatch")}
    assert {"__amd_rocclr_fillBufferAligned", "__amd_rocclr_copyBuffer"} <= kernels


def test_a_kernel_is_a_fault_if_that_is_asked_for(simulation):
    done = simulation.run("kernel", ROCMFIX_SIM_KERNELS="fault")
    assert done.status == -6
    assert "kernel changes cannot be executed here: ROCMFIX_SIM_KERNELS=fault" in done.stderr
    assert "Memory access fault by GPU node-1" in done.stderr
    assert "reported as done" not in done.stdout


def test_a_kernel_is_skipped_only_with_a_warning(simulation):
    done = simulation.run("kernel", ROCMFIX_SIM_KERNELS="complete")
    assert done.status == 0
    assert "warning: kernel changes was not executed" in done.stderr
    assert "512 wrong" in done.stdout
    (line,) = [x for x in done.ops("dispatch") if x["kernel"] == "changes"]
    assert line["performed"] is False
