# SPDX-License-Identifier: MIT
"""The guests of a check: which cards, which driver, its parameters, its output.

Boots them and reads their consoles; what they should have said is reference.py's.
"""

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

GUESTS = Path(__file__).resolve().parent.parent
GFX10 = ("navi10", "navi21")
ALL = (*GFX10, "navi31")
INTERFACES = ("gem", "kfd", "svm")
HIP = ("hip",)  # the runtime asks: guest/read-back-hip
MODES = ("stock", "private", "data", "all")  # of rocmfix_mtype; each includes those before it


@dataclass(frozen=True)
class Tested:
    """The module that is tested: an amdgpu, or one that is loaded next to the stock amdgpu."""

    module: Path = Path()
    version: str = ""  # of the module
    load: str = ""  # "before" or "after" amdgpu; "": it is an amdgpu
    on: str = "rocmfix"  # its parameters' names
    mtype: str = "rocmfix_mtype"

    @property
    def name(self):
        return self.module.name.partition(".")[0].replace("-", "_")

    @property
    def words(self):
        """For the guest's command line."""
        return f"vradeon_{self.load}={self.name}" if self.load else ""


@dataclass(frozen=True)
class Entry:
    text: str  # "NC", or "refused GEM_CREATE EINVAL", or "wrong ..."
    rest: str = ""  # level and the bits' names, but the MTYPE and the address

    def __str__(self):
        return f"{self.text} {self.rest}".strip()


@dataclass
class Boot:
    name: str
    cards: tuple
    interfaces: tuple
    stock: bool = False  # without the tested module
    on: int = 1  # the parameters of the tested module
    mtype: str = "private"
    noretry: int = -1  # amdgpu's
    words: str = ""  # more for the command line
    log: str = ""
    status: int = -1
    facts: dict = field(default_factory=dict)
    entries: dict = field(default_factory=dict)  # (card, interface, ...): Entry
    registers: dict = field(default_factory=dict)  # (card, name): value

    @property
    def mode(self):
        """What is asked for of MTYPEs; the kernel may have no place for it."""
        return "stock" if self.stock or not self.on else self.mtype

    def entries_of(self, *cards):
        return {key: value for key, value in self.entries.items() if key[0] in cards}

    def read(self, log):
        self.log = log
        for line in log.splitlines():
            if match := re.match(r"fact (\S+) (.*)$", line):
                self.facts[match[1]] = match[2]
            elif match := re.match(r"register (\S+) (\S+) ([0-9a-f]{8})$", line):
                self.registers[match[1], match[2]] = int(match[3], 16)
            elif match := re.match(r"(pte|refused|wrong) (\S+ \S+ \S+ \S+ \S+) = (.*)$", line):
                self.entries[tuple(match[2].split())] = _entry(match[1], match[3].split())

    def run(self, built, tested, log):
        """`built`: what vradeon/build printed."""
        words = [built["append"], built["engines" if self.cards == GFX10 else "render"]]
        words += [f"vradeon_cards={','.join(self.cards)}"]
        words += [f"vradeon_interfaces={','.join(self.interfaces)}", self.words]
        command = [GUESTS.parent / "boot", "--root", built["root"], "--add", built["add"]]
        script = "read-back-hip" if self.interfaces == HIP else "read-back"
        command += ["--script", GUESTS / "guest" / script, "--memory", built["memory"]]
        # half a minute; on a machine that is busy far more
        command += ["--processor", built["processor"], "--timeout", "1800"]
        if not self.stock:
            command += ["--module", tested.module]
            words += [tested.words, f"{tested.name}.{tested.on}={self.on}"]
            words += [f"{tested.name}.{tested.mtype}={self.mtype}"]
        if self.noretry != -1:
            words += [f"amdgpu.noretry={self.noretry}"]
        done = subprocess.run(
            [*command, "--append", " ".join(word for word in words if word)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            check=False,
        )  # fmt: skip
        self.status = done.returncode
        log.write_text(done.stdout)
        self.read(done.stdout)


def _entry(kind, words):
    if kind == "pte":
        mtype, level, _bits, names = words
        return Entry(mtype, f"{level} {names}")
    return Entry(" ".join((kind, *words)))


def table_boots():
    """GFX10 with its engines: the tables, in every mode."""
    common = {"cards": GFX10, "interfaces": INTERFACES}
    return [
        Boot("stock", stock=True, **common),
        Boot("rocmfix=0", on=0, **common),
        *(Boot(f"mtype={mode}", mtype=mode, **common) for mode in MODES),
        # the same again, the entries written by SDMA and not by the CPU
        Boot("mtype=data,sdma", mtype="data", words="amdgpu.vm_update_mode=0", **common),
    ]


def retry_boots():
    """All cards, Navi 31's tables among them: each mode with a noretry of the user."""
    common = {"cards": ALL, "interfaces": ("gem",)}
    return [
        Boot("stock,noretry=0", stock=True, noretry=0, **common),
        Boot("stock,noretry=1", stock=True, noretry=1, **common),
        # with a mode, which it must not heed
        Boot("rocmfix=0,noretry=0", on=0, mtype="all", noretry=0, **common),
        Boot("rocmfix=0,noretry=1", on=0, noretry=1, **common),
        Boot("mtype=stock,noretry=1", mtype="stock", noretry=1, **common),
        Boot("mtype=private,noretry=0", mtype="private", noretry=0, **common),
        Boot("mtype=data,noretry=1", mtype="data", noretry=1, **common),
        Boot("mtype=all,noretry=0", mtype="all", noretry=0, **common),
    ]


def hip_boots():
    """GFX10, and the HIP runtime instead of requests of our own."""
    common = {"cards": GFX10, "interfaces": HIP}
    return [
        Boot("stock,hip", stock=True, **common),
        *(Boot(f"mtype={mode},hip", mtype=mode, **common) for mode in MODES),
    ]
