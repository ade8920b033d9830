# SPDX-License-Identifier: MIT
"""What a campaign has come to, as tables."""

from collections import Counter

from .outcome import BAD, CLASSES


def by_part(results):
    counts = {}
    for result in results:
        counts.setdefault(result.part, Counter())[result.kind] += 1
    return counts


def totals(results):
    bad = sum(result.kind in BAD for result in results)
    return len(results) - bad, bad


def counts(results):
    """A row a part, in Markdown: it goes into docs/reliability.md as it is."""
    parts = by_part(results)
    seen = [kind for kind in CLASSES if any(kind in row for row in parts.values())]
    lines = ["| part | runs | " + " | ".join(seen) + " |", "|---" * (len(seen) + 2) + "|"]
    total = Counter()
    for part, row in parts.items():
        total += row
        lines.append(f"| {part} | {sum(row.values())} | " + " | ".join(str(row[kind]) for kind in seen)
                     + " |")
    lines.append(f"| all | {sum(total.values())} | " + " | ".join(str(total[kind]) for kind in seen) + " |")
    return "\n".join(lines)


def findings(results, seed, most=4):
    """Of each part and class some, with what repeats them."""
    text, shown = "", Counter()
    for result in results:
        if result.kind in BAD:
            shown[result.part, result.kind] += 1
            if shown[result.part, result.kind] <= most:
                text += (f"FAILED {result.part}: {result.kind}: {result.what}: {result.detail}\n"
                         f"  again: tests/attack/attack --seed {seed} --case {result.part}:{result.number}\n")
    for (part, kind), number in shown.items():
        if number > most:
            text += f"FAILED {part}: {kind}: {number - most} more\n"
    return text


def document(results, seed):
    return {"seed": seed, "counts": {part: dict(row) for part, row in by_part(results).items()},
            "findings": [vars(result) for result in results if result.kind in BAD]}
