# SPDX-License-Identifier: MIT
"""What page-table entries and registers have to be.

Knows the stock driver of each series and what rocmfix promises (kernel/README.md),
both as tables of cases; nothing is derived from rocmfix's code.
"""

from boots import GFX10

RETRY_PERMISSION_OR_INVALID_PAGE_FAULT = 1 << 7


def stock_mtype(series, interface, flags, asked):
    """The MTYPE by the stock driver; None: it refuses."""
    if interface == "gem":
        if flags in ("coherent", "uncached", "ext-coherent"):
            # From 7.x on userspace may pass these.
            return None if series.startswith("6.") else "UC"
        return "NC" if asked == "default" else asked
    if interface == "kfd":
        # 6.1 does not know EXT_COHERENT and passes it over.
        uncached = ["coherent", "uncached", *(["ext-coherent"] if series != "6.1" else [])]
        return "UC" if flags in uncached else "NC"
    if interface == "svm":
        if series.startswith("6."):
            return None  # Debian builds those without SVM
        # The default is COHERENT.
        return "NC" if flags == "plain" else "UC"
    raise ValueError(interface)


def stock_mtype_of_hip(series, memory, flags):
    """What the runtime's own flags for KFD come to (see the HIP layer's documentation)."""
    if memory in ("host", "registered"):
        return "NC" if flags == "non-coherent" else "UC"
    if memory == "managed":
        # without SVM it is a USERPTR that is not COHERENT
        return "NC" if series.startswith("6.") or flags == "coarse-grain" else "UC"
    return "UC" if flags == "uncached" else "NC"


def runtime_may_refuse(interface, memory, flags):
    """Not every release of the runtime has these; the driver is not asked."""
    return (interface, memory, flags) in (
        ("hip", "device", "fine-grained"),
        ("hip", "device", "uncached"),
        ("hip", "managed", "coarse-grain"),
    )


def expected_mtype(boot, series, card, interface, memory, flags, asked):
    if interface == "hip":
        mtype = stock_mtype_of_hip(series, memory, flags)
    else:
        mtype = stock_mtype(series, interface, flags, asked)
    if card not in GFX10 or boot.mode == "stock" or mtype is None:
        return mtype
    if mtype == "CC":
        return "NC"
    # In 7.x the runtime also registers memory as an SVM range.
    svm = memory in ("managed", "registered") and not series.startswith("6.")
    if mtype == "UC" and (interface == "svm" or svm):
        return "NC"
    if mtype == "UC" and interface in ("kfd", "hip"):
        in_vram = memory.startswith(("vram", "device"))
        return "NC" if in_vram or boot.mode == "all" else "UC"
    return mtype


def expected_noretry(boot, series, card):
    if boot.noretry != -1:
        return boot.noretry
    patched = not boot.stock and boot.on
    return 0 if card == "navi10" and not patched and series.startswith("6.") else 1


def hubs(card):
    """On GC 11 it is the GFX block that programs GCVM, and the virtual card has none."""
    return ("GCVM", "MMVM") if card in GFX10 else ("MMVM",)


def contexts(card):
    """The registers of the VMIDs that users get."""
    return [f"{hub}_CONTEXT{context}_CNTL" for hub in hubs(card) for context in range(1, 16)]


def has_retry(value):
    return bool(value & RETRY_PERMISSION_OR_INVALID_PAGE_FAULT)
