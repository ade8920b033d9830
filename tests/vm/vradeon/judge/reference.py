# SPDX-License-Identifier: MIT
"""What page-table entries and registers have to be.

Knows the stock driver and what rocmfix promises (kernel/README.md), both as tables of
cases; nothing is derived from rocmfix's code. What differs between kernels is asked of
the kernel (`has`, a set of the words that vradeon/build prints), not of its version.
"""

from boots import GFX10, MODES

RETRY_PERMISSION_OR_INVALID_PAGE_FAULT = 1 << 7

# The first mode in which what is UC in the stock driver becomes NC.
NC_FROM = {
    "svm in vram": "private",
    "svm in system": "data",
    "kfd in vram": "data",
    "kfd in system": "all",
}

# What each release of the HIP runtime refuses of hip.cpp's requests, on its own: (memory, flags).
# An entry that is not here has to be granted; one that is here has to be refused.
RUNTIME_REFUSES = {
    "5.2": {("device", "fine-grained"), ("device", "uncached")},
    "5.7": {("device", "fine-grained")},
    "6.4": set(),
}


def stock_mtype(has, interface, flags, asked):
    """The MTYPE by the stock driver; None: it refuses."""
    if interface == "gem":
        if flags in ("coherent", "uncached", "ext-coherent"):
            return "UC" if "gem-coherent" in has else None
        return "NC" if asked == "default" else asked
    if interface == "kfd":
        # A kernel that does not know EXT_COHERENT passes it over.
        uncached = ["coherent", "uncached", *(["ext-coherent"] if "ext-coherent" in has else [])]
        return "UC" if flags in uncached else "NC"
    if interface == "svm":
        if "svm" not in has:
            return None
        # The default is COHERENT.
        return "NC" if flags == "plain" else "UC"
    raise ValueError(interface)


def stock_mtype_of_hip(has, runtime, memory, flags):
    """What the runtime's own flags for KFD come to (see the HIP layer's documentation)."""
    if (memory, flags) in RUNTIME_REFUSES[runtime]:
        return None
    if memory in ("host", "registered"):
        return "NC" if flags == "non-coherent" else "UC"
    if memory == "managed":
        # without SVM it is a USERPTR that is not COHERENT
        return "UC" if "svm" in has and flags != "coarse-grain" else "NC"
    return "UC" if flags == "uncached" else "NC"


def owner(has, interface, memory):
    """Whose mapping it is, in the words of NC_FROM; None: one that no mode changes."""
    if interface == "gem":
        return None
    place = "vram" if memory.startswith(("vram", "device")) else "system"
    # With SVM the runtime also registers memory as an SVM range.
    runtime_svm = memory in ("managed", "registered") and "svm" in has
    if interface == "svm" or runtime_svm:
        return f"svm in {place}" if "svm-hook" in has else None
    return f"kfd in {place}"


def in_force(boot, has):
    """The mode in force: private is about SVM ranges that pass get_vm_pte() alone."""
    if boot.mode == "private" and not {"svm", "svm-hook"} <= has:
        return "stock"
    return boot.mode


def in_force_for_svm(boot, has):
    if "svm" not in has:
        return "none"
    return in_force(boot, has) if "svm-hook" in has else "stock"


def expected_mtype(boot, has, runtime, card, interface, memory, flags, asked):
    if interface == "hip":
        mtype = stock_mtype_of_hip(has, runtime, memory, flags)
    else:
        mtype = stock_mtype(has, interface, flags, asked)
    if card not in GFX10 or mtype is None:
        return mtype
    mode = MODES.index(in_force(boot, has))
    if mtype == "CC":
        return "NC" if mode >= MODES.index("data") else "CC"
    first = NC_FROM.get(owner(has, interface, memory))
    return "NC" if mtype == "UC" and first and mode >= MODES.index(first) else mtype


def expected_noretry(boot, has, card):
    if boot.noretry != -1:
        return boot.noretry
    patched = not boot.stock and boot.on
    return 1 if card != "navi10" or patched or "noretry-default" in has else 0


def hubs(card):
    """On GC 11 it is the GFX block that programs GCVM, and the virtual card has none."""
    return ("GCVM", "MMVM") if card in GFX10 else ("MMVM",)


def contexts(card):
    """The registers of the VMIDs that users get."""
    return [f"{hub}_CONTEXT{context}_CNTL" for hub in hubs(card) for context in range(1, 16)]


def has_retry(value):
    return bool(value & RETRY_PERMISSION_OR_INVALID_PAGE_FAULT)
