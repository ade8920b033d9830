# SPDX-License-Identifier: MIT
"""kernel/upstream-fixes.toml: which of upstream's fixes which kernel lacks. Looks for them in the kernels' own
sources, and makes the table of docs/upstream-fixes.md.

usage: tests/patches/upstream_fixes.py check NAME AMD   the source of kernel NAME (drivers/gpu/drm/amd)
       tests/patches/upstream_fixes.py table            the table, to be put into the document
"""

import re
import sys
import tomllib
from pathlib import Path
from typing import Any

Fix = dict[str, Any]

TOP = Path(__file__).resolve().parents[2]
DATA = TOP / "kernel/upstream-fixes.toml"
DOCUMENT = TOP / "docs/upstream-fixes.md"


def read() -> list[Fix]:
    fixes: list[Fix] = tomllib.loads(DATA.read_text(encoding="utf-8"))["fix"]
    return fixes


def function_of(text: str, name: str | None) -> str:
    """The bodies of the functions of that name, in the kernel's style; all of the text without a name."""
    if not name:
        return text
    bodies = re.finditer(rf"^[a-z][^\n;]*\b(?:{name})\([^;{{]*\n{{\n.*?^}}$", text, re.DOTALL | re.MULTILINE)
    return "\n".join(body[0] for body in bodies)


def has(fix: Fix, amd: Path) -> bool:
    """Whether that source has the fix."""
    files = [amd / name for name in fix["files"]]
    return any(re.search(fix["marker"], function_of(file.read_text(errors="replace"), fix.get("function")))
               for file in files if file.is_file())  # fmt: skip


def faults(name: str, amd: Path, fixes: list[Fix]) -> list[str]:
    """Where the data and the source of that kernel disagree."""
    found = []
    for fix in fixes:
        without = name in fix.get("lacks", []) or name in fix.get("apart", [])
        if has(fix, amd) == without:
            found.append(f"{fix['title']}: {name} {'has' if without else 'lacks'} it")
    return found


def verdict(fix: Fix) -> str:
    carried = fix.get("carried", {})
    how = [f"{series}: {'a patch' if kind == 'patch' else 'the policy'}" for series, kind in carried.items()]
    return "; ".join(how) or "no"


def table(fixes: list[Fix]) -> str:
    rows = ["| upstream commit | without it | lacked by | carried | why |", "|---|---|---|---|---|"]
    for fix in fixes:
        commit = fix["commit"] or "id not found"
        lacks = ", ".join(fix.get("lacks", [])) or "none that it concerns"
        rows.append(f"| {commit}, \"{fix['title']}\" | {fix['effect']} | {lacks} | {verdict(fix)} | {fix['why']} |")
    return "\n".join(rows) + "\n"


def main(words: list[str]) -> int:
    match words:
        case ["check", name, amd]:
            found = faults(name, Path(amd), read())
            print("".join(f"{fault}\n" for fault in found), end="")
            return 1 if found else 0
        case ["table"]:
            print(table(read()), end="")
            return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
