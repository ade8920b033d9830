# SPDX-License-Identifier: MIT
"""The limit on VRAM, and what happens when there is no more."""

import pytest

WAYS = ["hipMalloc", "hipExtMallocWithFlags", "hipMallocPitch", "hipMemAllocPitch", "hipMalloc3D",
        "hipMallocAsync"]
STEP = 256 << 20


def run(hip, way, *args, **kwargs):
    if way == "hipMallocAsync" and hip.major() < 6:
        pytest.skip("HIP 5.2 has no memory pools")
    return {line["when"]: line for line in hip.run("limits", way, *args, **kwargs).lines()}


def agreed(line):
    """HIP's three ways to ask for the total say the same."""
    assert line["total"] == line["device_total"] == line["properties"]
    assert line["free"] <= line["total"]
    return line["total"]


@pytest.mark.parametrize("way", WAYS)
def test_default_limit_is_four_fifths(hip, way):
    stock = run(hip, way, layer=False)
    done = run(hip, way)
    vram = agreed(stock["start"])
    limit = agreed(done["start"])
    assert vram * 0.8 - 4096 <= limit <= vram * 0.8
    assert done["full"]["error"] == "hipErrorOutOfMemory"
    count = done["full"]["count"]
    assert limit - STEP - (64 << 20) <= count * STEP <= limit
    assert count < stock["full"]["count"], "the limit, and not the card, said no"
    agreed(done["full"])
    assert done["full"]["free"] < STEP


def test_freed_memory_can_be_had_again(hip):
    done = run(hip, "hipMalloc")
    assert done["freed"]["free"] == done["start"]["free"]


@pytest.mark.parametrize("cap, share", [("0.5", 0.5), ("50%", 0.5), ("1.0", 1.0)])
def test_fraction(hip, cap, share):
    vram = run(hip, "hipMalloc", layer=False)["start"]["total"]
    done = run(hip, "hipMalloc", env={"ROCMFIX_VRAM_CAP": cap})
    assert vram * share - 4096 <= agreed(done["start"]) <= vram * share


def test_bytes(hip):
    done = run(hip, "hipMalloc", env={"ROCMFIX_VRAM_CAP": "1G"})
    assert agreed(done["start"]) == 1 << 30
    # ROCr's and HIP's own blocks are counted, so one of the four may not fit.
    assert done["full"]["count"] in (3, 4)


def test_off(hip):
    stock = run(hip, "hipMalloc", layer=False)
    assert run(hip, "hipMalloc", env={"ROCMFIX_VRAM_CAP": "off"}) == stock


def test_more_than_the_card_has_is_the_card(hip):
    stock = run(hip, "hipMalloc", layer=False)
    done = run(hip, "hipMalloc", env={"ROCMFIX_VRAM_CAP": "900G"})
    assert agreed(done["start"]) == agreed(stock["start"])


def test_other_properties_are_untouched(hip):
    stock = run(hip, "hipMalloc", layer=False)["start"]
    done = run(hip, "hipMalloc")["start"]
    assert (done["name"], done["cus"]) == (stock["name"], stock["cus"])


def test_out_of_memory_fails_by_default(hip):
    done = hip.run("limits", "hipMalloc")
    assert done.said() == []


@pytest.mark.parametrize("way", WAYS)
def test_out_of_memory_goes_to_the_host_if_asked(hip, way):
    if way == "hipMallocAsync" and hip.major() < 6:
        pytest.skip("HIP 5.2 has no memory pools")
    done = hip.run("limits", way, "24", env={"ROCMFIX_OOM": "host"})
    lines = {line["when"]: line for line in done.lines()}
    assert lines["full"]["count"] == 24, "four of them do not fit under the limit"
    assert len([line for line in done.said() if "system memory" in line]) == 1
    vram = [line for line in done.journal if line["op"] == "alloc_memory_of_gpu"
            and "VRAM" in line["flags"] and line["result"] == 0 and line["size"] >= STEP]
    assert 0 < sum(line["size"] for line in vram) <= lines["start"]["total"]
    host = [line for line in done.journal if line["op"] == "alloc_memory_of_gpu"
            and line["size"] == STEP and "VRAM" not in line["flags"]]
    assert len(host) >= 4
    for line in host:
        assert "COHERENT" not in line["flags"]


# Python's ctypes looks HIP's functions up on a handle, past those that are preloaded.
BY_HANDLE = """
import ctypes, glob, json, os, sys
step, name = int(sys.argv[1]), os.path.basename(glob.glob("/usr/lib/*/libamdhip64.so.[0-9]")[0])
hip = ctypes.CDLL(name)
def say(when, **more):
    free, total, device = (ctypes.c_size_t() for _ in range(3))
    assert hip.hipMemGetInfo(ctypes.byref(free), ctypes.byref(total)) == 0
    assert hip.hipDeviceTotalMem(ctypes.byref(device), 0) == 0
    print(json.dumps({"when": when, "free": free.value, "total": total.value,
                      "device_total": device.value, **more}), flush=True)
say("start")
blocks = []
while True:
    block = ctypes.c_void_p()
    error = hip.hipMalloc(ctypes.byref(block), ctypes.c_size_t(step))
    if error:
        break
    blocks.append(block)
say("full", count=len(blocks), error=error)
for block in blocks:
    assert hip.hipFree(block) == 0
say("freed")
"""


def by_handle(hip, step=STEP, **kwargs):
    done = hip.run("/usr/bin/python3", "-I", "-S", "-c", BY_HANDLE, str(step), **kwargs)
    return {line["when"]: line for line in done.lines()}


@pytest.mark.parametrize("cap, share", [(None, 0.8), ("0.5", 0.5)])
def test_the_limit_is_also_for_callers_that_go_past_the_preload(hip, cap, share):
    env = {"ROCMFIX_VRAM_CAP": cap} if cap else {}
    stock = by_handle(hip, layer=False)
    done = by_handle(hip, env=env)
    vram, limit = stock["start"]["total"], done["start"]["total"]
    assert vram * share - 4096 <= limit <= vram * share
    assert done["start"]["device_total"] == limit and done["start"]["free"] <= limit
    assert done["full"]["error"] == 2, "hipErrorOutOfMemory"
    assert limit - STEP - (64 << 20) <= done["full"]["count"] * STEP <= limit
    assert done["full"]["free"] < STEP
    assert done["freed"]["free"] == done["start"]["free"]


def test_small_blocks_that_go_past_the_preload_have_a_limit_too(hip):
    step = 8 << 20
    done = by_handle(hip, step, env={"ROCMFIX_VRAM_CAP": "1G"})
    given = done["full"]["count"] * step
    assert (1 << 30) <= given <= (1 << 30) + (256 << 20), "with what is kept for the runtime's own"
    assert done["full"]["free"] == 0


@pytest.mark.parametrize("env", [{"ROCMFIX_VRAM_CAP": "off"}, {"ROCMFIX_HIP": "0"}])
def test_without_a_limit_it_is_the_card_by_handle_too(hip, env):
    assert by_handle(hip, env=env) == by_handle(hip, layer=False)


def test_each_card_has_its_own_limit(hip):
    """HIP 5.2.3 itself crashes, on freeing, where a card is hidden: so until it is full."""
    cards = "rx5500xt+largebar,rx6700xt+largebar"
    for device, env in enumerate(({}, {"HIP_VISIBLE_DEVICES": "1"})):
        lines = []
        for layer in (False, True):
            done = hip.run("limits", "hipMalloc", card=cards, env=env, layer=layer, status=None)
            lines.append({line["when"]: line for line in done.lines()})
        stock, limited = lines
        assert ("6700" in stock["start"]["name"]) == (device == 1)
        assert 0.79 < agreed(limited["start"]) / agreed(stock["start"]) <= 0.8
        assert limited["full"]["count"] * STEP <= limited["start"]["total"]
