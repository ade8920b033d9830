# SPDX-License-Identifier: MIT
"""The table of what each allocation call asks the kernel for, by runtime: so that a new runtime
that changes it is noticed. And what MTYPE that gives, stock and patched."""

import pytest

C = "USERPTR|COHERENT"
REGISTERED = {"5.2": C, "5.7": "SVM SET_FLAGS COHERENT", "6.4": "SVM SET_FLAGS COHERENT"}
ALL = lambda value: {"5.2": value, "5.7": value, "6.4": value}  # noqa: E731

# On a kernel with SVM.
TABLE = {
    "hipMalloc": ALL("VRAM"),
    "hipHostMalloc 0": ALL(C),
    "hipHostMalloc Mapped": ALL(C),
    "hipHostMalloc Coherent": ALL(C),
    "hipHostMalloc NumaUser": ALL(C),
    "hipHostMalloc NonCoherent": ALL("USERPTR"),
    "hipHostMalloc Portable": ALL("USERPTR"),
    "hipHostMalloc WriteCombined": ALL("USERPTR"),
    "hipMallocHost": ALL("USERPTR"),
    "hipHostAlloc 0": {"5.2": "VRAM", "5.7": "VRAM", "6.4": C},
    "hipMallocManaged": ALL("SVM COHERENT by default"),
    "hipExtMallocWithFlags Finegrained": {"5.2": "nothing", "5.7": "nothing", "6.4": "VRAM"},
    "hipExtMallocWithFlags Uncached": {"5.7": "VRAM|COHERENT|EXT_COHERENT",
                                       "6.4": "VRAM|COHERENT|EXT_COHERENT"},
    "hipHostRegister Default": REGISTERED,
    "hipHostRegister Portable": REGISTERED,
    "hipHostRegister Mapped": REGISTERED,
    "hipMallocPitch": ALL("VRAM"),
}
# On one without (Debian's 6.1 and 6.12) these differ.
WITHOUT_SVM = {"hipMallocManaged": ALL("USERPTR"), "hipHostRegister Default": ALL(C),
               "hipHostRegister Portable": ALL(C), "hipHostRegister Mapped": ALL(C)}
SHOWN = ("VRAM", "GTT", "USERPTR", "COHERENT", "UNCACHED", "EXT_COHERENT")


def summary(lines: list) -> str:
    """The first thing that crossed the boundary, in the table's words."""
    for line in lines:
        if line["op"] == "alloc_memory_of_gpu":
            return "|".join(flag for flag in SHOWN if flag in line["flags"])
        if line["op"] == "svm_set":
            if any(a["attribute"] == "SET_FLAGS" and "COHERENT" in a["value"]
                   for a in line["attributes"]):
                return "SVM SET_FLAGS COHERENT"
            return "SVM COHERENT by default" if "COHERENT" in line["flags"] else "SVM"
    return "nothing"


def expected(release: str, svm: bool) -> dict:
    table = TABLE if svm else TABLE | WITHOUT_SVM
    return {call: row[release] for call, row in table.items() if release in row}


@pytest.mark.parametrize("card", ["rx5600xt", "rx6900xt+largebar"])
@pytest.mark.parametrize("svm", [True, False], ids=["svm", "no-svm"])
def test_each_call_asks_for_what_the_table_says(simulation, runtime, card, svm):
    done = simulation.run("allocate", card=card + ("+svm" if svm else ""))
    assert done.status == 0, done.stdout + done.stderr
    release = f"{runtime[0]}.{runtime[1]}"
    measured = {call: summary(lines) for call, lines in done.between_marks().items()
                if call in TABLE}
    assert measured == expected(release, svm)


# stock, and patched in each mode; private is the default. Managed memory is in system memory
# until it is prefetched to the GPU.
MTYPES = {
    "hipMalloc": ("NC", {"": "NC", "+patched": "NC", "+patched-data": "NC", "+patched-all": "NC"}),
    "hipHostMalloc 0": ("UC", {"": "UC", "+patched": "UC", "+patched-data": "UC",
                               "+patched-all": "NC"}),
    "hipHostMalloc NonCoherent": ("NC", {"": "NC", "+patched": "NC", "+patched-data": "NC",
                                         "+patched-all": "NC"}),
    "hipMallocManaged": ("UC", {"": "UC", "+patched": "UC", "+patched-data": "NC",
                                "+patched-all": "NC"}),
}


@pytest.mark.parametrize("mode", ["", "+patched", "+patched-data", "+patched-all"])
def test_mtype_is_stock_and_patched(simulation, mode):
    done = simulation.run("allocate", card="rx5600xt+svm" + mode)
    groups = done.between_marks()

    def mtypes(call):
        (line, *_) = [x for x in groups[call] if "mtype_stock" in x
                      and x["op"] in ("alloc_memory_of_gpu", "svm_set")]
        return line["mtype_stock"], line["mtype_patched"]

    assert {call: mtypes(call) for call in MTYPES} == {
        call: (stock, patched[mode]) for call, (stock, patched) in MTYPES.items()
    }


@pytest.mark.parametrize(("cards", "there"), [
    ("rx5600xt+svm", "NC"),
    ("rx5600xt+svm+patched-data", "NC"),
    # the other card can get to it, so it stays in system memory
    ("rx5600xt+svm,rx6700xt", "UC"),
])
def test_managed_memory_in_vram_is_private(simulation, cards, there):
    done = simulation.run("prefetch", card=cards)
    assert done.status == 0, done.stdout + done.stderr

    def last(mark):
        line = [x for x in done.between_marks()[mark] if x["op"] == "svm_set"][-1]
        return line["mtype_stock"], line["mtype_patched"]

    assert last("to the GPU") == ("UC", there)
    assert last("to the CPU") == ("UC", "NC" if "data" in cards else "UC")


def test_advice_changes_the_flags_of_managed_memory(simulation):
    done = simulation.run("advise", card="rx5600xt+svm+patched-data")
    assert done.status == 0, done.stdout + done.stderr

    def last(call):
        line = [x for x in done.between_marks()[call] if x["op"] == "svm_set"][-1]
        return sorted(line["flags"]), line["mtype_stock"], line["mtype_patched"]

    assert last("SetCoarseGrain") == (["HOST_ACCESS"], "NC", "NC")
    assert last("UnsetCoarseGrain") == (["COHERENT", "HOST_ACCESS"], "UC", "NC")


@pytest.mark.parametrize(("mode", "patched"), [("", "UC"), ("+patched-data", "NC")])
def test_uncached_vram_is_patched_from_data_on(simulation, runtime, mode, patched):
    if runtime == (5, 2):
        pytest.skip("hipDeviceMallocUncached is not in this release")
    done = simulation.run("allocate", card="rx6700xt" + mode)
    (line,) = [x for x in done.between_marks()["hipExtMallocWithFlags Uncached"]
               if x["op"] == "alloc_memory_of_gpu"]
    assert (line["mtype_stock"], line["mtype_patched"]) == ("UC", patched)


def test_an_unsupported_gpu_is_not_patched(simulation, runtime):
    if runtime == (5, 2):
        pytest.skip("ROCr 5.2.3 has no gfx1100")
    done = simulation.run("device", card="rx7900xtx+patched-all")
    pairs = {(x["mtype_stock"], x["mtype_patched"]) for x in done.ops("alloc_memory_of_gpu")}
    assert ("UC", "UC") in pairs and ("UC", "NC") not in pairs


def test_allocated_memory_is_freed(simulation):
    done = simulation.run("copy")
    live = {}
    for line in done.journal:
        if line["op"] == "alloc_memory_of_gpu" and line["result"] == 0:
            live[line["handle"]] = line
        elif line["op"] == "free_memory_of_gpu" and line["result"] == 0:
            del live[line["handle"]]
    # What is left are blocks that the runtime itself keeps until the process ends.
    assert sum(x["size"] for x in live.values()) < 256 << 20
