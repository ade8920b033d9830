# SPDX-License-Identifier: MIT
"""What guests said, as Markdown: docs/virtual-radeon-tables.md is this and nothing else.

Leaves nothing out; what is the same is put together. Judges nothing.
"""

from boots import GFX10, HIP, Entry
from reference import contexts, has_retry

HEAD = """\
# What the virtual Radeons had in their page tables

Made by `tests/vm/vradeon/check --document` out of what guests printed, not by hand;
`tests/vm/vradeon/check NAME` fails when a section is not what it finds.
[virtual-radeon.md](virtual-radeon.md) says how, and which variant the guests had: the whole build or
the livepatch, which have the same policy. It is what the driver wrote, in QEMU. No GPU has read it.

Guests are named by what differs between them: `stock` is Debian's own amdgpu; `mtype=MODE` is rocmfix
with `amdgpu.rocmfix_mtype=MODE` (`private` is the default, and comes to nothing in a kernel without
SVM); `noretry=N` is amdgpu's own parameter, with its default (-1) where none is named; in `sdma` SDMA
wrote the entries, in all others the CPU. `refused` is what the driver says to userspace. `vram-2m` is
a buffer of 2 MiB, mapped by one entry of the level above.
"""


def _group(pairs):
    """[(key, value)] to [([keys], value)], one for each value, in order."""
    groups = {}
    for key, value in pairs:
        groups.setdefault(value, []).append(key)
    return [(keys, value) for value, keys in groups.items()]


def _table(rows):
    head, *body = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in (head, *body)) for i in range(len(head))]

    def line(row):
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |"

    return "\n".join([line(head), line(["-" * width for width in widths]), *map(line, body)]) + "\n"


def _names(boots):
    return "; ".join(f"`{boot.name}`" for boot in boots)


def _entries(boots, cards):
    """A row for each mapping, a column for each guest."""
    keys = list(dict.fromkeys(key for boot in boots for key in boot.entries_of(*cards)))
    # Guests with the same entries share a column, cards and memories with the same ones a row.
    columns = _group(
        (number, tuple(boot.entries.get(key, Entry("-")).text for key in keys))
        for number, boot in enumerate(boots)
    )
    cells = {key: tuple(texts[i] for _, texts in columns) for i, key in enumerate(keys)}
    rows = _group(((key[0], key[2]), (key[1], *key[3:], cells[key])) for key in keys)
    table = [["memory", "through", "flags", "MTYPE asked"]]
    for numbers, _ in columns:
        same = len(numbers) == len(boots)
        table[0].append("every guest" if same else _names(boots[number] for number in numbers))
    for owners, (interface, flags, asked, texts) in rows:
        for memories, of_cards in _group(
            (memory, tuple(card for card, other in owners if other == memory))
            for memory in dict.fromkeys(memory for _, memory in owners)
        ):
            where = ", ".join(memories)
            if of_cards != cards:
                where += f" ({', '.join(of_cards)} only)"
            table.append([where, interface, flags, asked, *texts])
    return _table(table)


def _retry(boots, cards):
    def cell(boot, card):
        if card not in boot.cards:
            return "not in it"
        values = {boot.registers.get((card, name), 0) for name in contexts(card)}
        states = sorted({"on" if has_retry(value) else "off" for value in values})
        return f"{' and '.join(states)} ({', '.join(f'{value:08x}' for value in sorted(values))})"

    rows = _group((boot, tuple(cell(boot, card) for card in cards)) for boot in boots)
    return _table([["guests", *cards], *([_names(keys), *cells] for keys, cells in rows)])


def heading(name, boots):
    hip = next(iter(boots.values())).interfaces == HIP
    return f"## {name}{', asked by the HIP runtime' if hip else ''}\n"


def section(name, boots):
    """One kernel's; `boots`: {name: Boot}."""
    tables = [boot for boot in boots.values() if boot.cards == GFX10]
    others = [boot for boot in boots.values() if boot.cards != GFX10]
    parts = [
        heading(name, boots),
        f"MTYPEs, Navi 10 and Navi 21 (GC 10.1.10 and 10.3.0), {len(tables)} guests:\n",
        _entries(tables, GFX10),
    ]
    if others:
        parts += [
            f"MTYPEs, Navi 31 (GC 11.0.0), {len(others)} other guests:\n",
            _entries(others, ("navi31",)),
            "Retry in contexts 1 to 15, and what is in their CNTL registers:\n",
            _retry([*tables, *others], (*GFX10, "navi31")),
        ]
    return "\n".join(parts)
