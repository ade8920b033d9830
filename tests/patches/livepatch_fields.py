#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""Is every field of amdgpu's private structures that a built livepatch touches in kernel/livepatch/rocmfix_layout.h?

usage: tests/patches/livepatch_fields.py TREE

TREE was made by prepare-source --livepatch, and the livepatch in it was compiled with -fdump-tree-gimple: there
the compiler says each access by its name, after macros and inline functions. What container_of() finds is not
among them, so that is looked for in the sources. Prints what is missing; exit status 1 if there is something.
"""

import re
import sys
from pathlib import Path

AMD = "drivers/gpu/drm/amd"
# Fields of the kernel's own structures, whose headers belong to the very kernel, and of rocmfix's. A private field of
# one of these names has to be looked for by hand.
PUBLIC = set("""
    active arg asked copy counter driver driver_data driver_priv gc_first gc_last gnu h has_group key kobj kp lock max
    mod mode mtype mutex name next node num_kp ops owner prev ptes_forced_nc rcu ready rlock rocmfix text value vendor
    version wait_list wq_entry
""".split())
# Macros and functions that are a container_of(), and what they stand for.
CONTAINERS = {"drm_to_adev": ("amdgpu_device", "ddev"), "to_pci_dev": None}


def accessed(dump: str) -> set[str]:
    """The names behind -> and . in a gimple dump; artificial ones have an upper-case letter or a number."""
    code = re.sub(r'"(?:\\.|[^"\\])*"', '""', dump)
    code = re.sub(r"(?m)^\s*(?:#|//).*$", "", code)
    return set(re.findall(r"(?:->|(?<=[\w\])])\.)([a-z_][a-z0-9_]*)\b(?!\.\d)", code))


def listed(layout: str) -> set[tuple[str, str]]:
    return set(re.findall(r"^ROCMFIX_FIELD\((\w+), (\w+)\);$", layout, re.MULTILINE))


def missing(tree: Path) -> list[str]:
    folders = [tree / AMD / name for name in ("livepatch", "rocmfix")]
    dumps = [path for folder in folders for path in folder.glob("*.gimple")
             if not path.name.startswith("rocmfix_layout.")]
    if len(dumps) < 5:
        return [f"{len(dumps)} dumps of the compiler's in {tree}: was it compiled with -fdump-tree-gimple?"]
    fields = {field for name in ("rocmfix_layout.h", "rocmfix_layout_series.h") if (folders[0] / name).is_file()
              for field in listed((folders[0] / name).read_text(encoding="utf-8"))}
    names = {field for _, field in fields}
    found = {name for path in dumps for name in accessed(path.read_text(encoding="utf-8", errors="replace"))}
    wrong = [f"field {name} is neither in rocmfix_layout.h nor one of the kernel's own structures"
             for name in sorted(found - names - PUBLIC)]
    sources = [path for folder in folders for path in folder.glob("*.[ch]") if path.name != "rocmfix_layout.c"]
    for path in sources:
        text = path.read_text(encoding="utf-8")
        for name in re.findall(r"\b(container_of|offsetof|\w*to_adev|\w*to_\w+_(?:dev|bo|vm))\(", text):
            if name not in CONTAINERS or (CONTAINERS[name] and CONTAINERS[name] not in fields):
                wrong.append(f"{path.name}: what {name}() takes for granted is not in rocmfix_layout.h")
    return wrong


def main(words: list[str]) -> int:
    if len(words) != 1 or words[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    wrong = missing(Path(words[0]))
    print("".join(f"{line}\n" for line in wrong), end="")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
