# SPDX-License-Identifier: MIT
"""Holds what guests said against reference.py, and names every entry that differs."""

from dataclasses import replace

from boots import GFX10, Entry
from reference import (
    contexts,
    expected_mtype,
    expected_noretry,
    has_retry,
    hubs,
    in_force,
    in_force_for_svm,
)


class Tap:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, what, problems):
        """Passes when there is no problem; else names them."""
        problems = list(problems)
        number = self.passed + self.failed + 1
        print(f"{'not ok' if problems else 'ok'} {number} - {what}")
        for problem in problems[:20]:
            print(f"#   {problem}")
        if problems[20:]:
            print(f"#   and {len(problems) - 20} more")
        self.failed += bool(problems)
        self.passed += not problems

    def end(self):
        print(f"1..{self.passed + self.failed}\n{self.passed} passed, {self.failed} failed")
        return 0 if self.passed and not self.failed else 1


def check_boot(tap, boot, tested):
    ended = boot.status == 0
    tap.check(
        f"{boot.name}: boots and reaches its end",
        [] if ended else boot.log.splitlines()[-8:] or ["it said nothing"],
    )
    wanted = {"modprobe": "0", "version": tested.version}
    if boot.stock or tested.load:
        wanted["version"] = ""
    if tested.load and not boot.stock:
        wanted["beside"] = "0"
    for card in boot.cards:
        wanted[f"{card}.driver"] = "amdgpu"
        wanted.update({f"{card}.{what}": "0" for what in (*boot.interfaces, "registers")})
    tap.check(
        f"{boot.name}: the right driver drives each card",
        (
            f"{fact} is '{boot.facts.get(fact, '')}', expected '{want}'"
            for fact, want in wanted.items()
            if boot.facts.get(fact, "") != want
        ),
    )


def check_entries(tap, boot, kernel, counts):
    """`counts`: how many there have to be."""
    for card in boot.cards:
        for interface in boot.interfaces:
            mine = {k: v for k, v in boot.entries.items() if k[:2] == (card, interface)}
            problems = []
            for key, got in mine.items():
                want = expected_mtype(boot, *kernel, *key)
                if want is None:
                    if not got.text.startswith("refused "):
                        problems.append(f"{' '.join(key)}: {got.text}, expected to be refused")
                elif got.text != want:
                    problems.append(f"{' '.join(key)}: {got.text}, expected {want}")
            if len(mine) != counts[interface]:
                problems.append(f"{len(mine)} entries, expected {counts[interface]}")
            tap.check(f"{boot.name}: {card}: {interface}: {len(mine)} entries", problems)


def check_same(tap, boots, others, mtypes=True, cards=GFX10):
    """The other boots have the first one's entries, with or without regard to the MTYPE."""
    if not others[1:]:
        return
    reference = boots[others[0]]
    known = reference.entries_of(*cards)
    for name in others[1:]:
        problems = [] if known else ["nothing to compare"]
        for key, want in known.items():
            got = boots[name].entries.get(key, Entry("nothing"))
            if got.rest != want.rest or (mtypes and got.text != want.text):
                problems.append(f"{' '.join(key)}: {got}, but {reference.name} has {want}")
        but = "" if mtypes else "but for the MTYPE "
        tap.check(f"{name}: {', '.join(cards)}: {but}the same entries as {reference.name}", problems)


def check_counter(tap, boot, kernel):
    """rocmfix counts what it changed, if there was something to change."""
    stock = replace(boot, stock=True)
    for card in boot.cards:
        made = [key for key, got in boot.entries_of(card).items() if not got.text.startswith("refused ")]
        changes = any(expected_mtype(boot, *kernel, *k) != expected_mtype(stock, *kernel, *k) for k in made)
        forced = int(boot.facts.get(f"{card}.ptes_forced_nc") or -1)
        good = forced > 0 if changes else forced == 0
        tap.check(
            f"{boot.name}: {card}: ptes_forced_nc is {'more than ' if changes else ''}0",
            [] if good else [f"it is {forced}"],
        )


def check_in_force(tap, boot, has):
    """sysfs does not claim a mode that is not in force."""
    for card in boot.cards:
        ours = card in GFX10
        wanted = {"active": str(int(ours and boot.on)), "mtype": in_force(boot, has) if ours else "stock"}
        wanted["mtype_svm"] = in_force_for_svm(boot, has)
        if wanted["mtype_svm"] != "none" and not ours:
            wanted["mtype_svm"] = "stock"
        problems = (
            f"{name} is '{boot.facts.get(f'{card}.{name}', '')}', expected '{want}'"
            for name, want in wanted.items()
            if boot.facts.get(f"{card}.{name}", "") != want
        )
        tap.check(f"{boot.name}: {card}: sysfs has mtype {wanted['mtype']}", problems)


def check_retry(tap, boot, has):
    for card in boot.cards:
        noretry = expected_noretry(boot, has, card)
        problems = []
        for name in contexts(card):
            value = boot.registers.get((card, name))
            if value is None:
                problems.append(f"{name} was not read")
            elif has_retry(value) == bool(noretry):
                problems.append(f"{name} = {value:#010x}")
        state = "off" if noretry else "on"
        where = " and ".join(hubs(card))
        tap.check(f"{boot.name}: {card}: retry is {state} in contexts 1 to 15 of {where}", problems)


def check_all(tap, boots, tested, has, runtime):
    """`boots`: {name: Boot}, the first one stock. What the kernel `has`, and the HIP `runtime` if it asks."""
    kernel = (has, runtime)
    stock, *others = boots.values()
    tables = [stock, *(boot for boot in others if boot.cards == stock.cards)]
    counts = {i: sum(k[:2] == ("navi10", i) for k in stock.entries) for i in stock.interfaces}
    tap.check(f"{stock.name}: every interface has mappings", [i for i, n in counts.items() if n < 8])
    for boot in boots.values():
        check_boot(tap, boot, tested)
        check_entries(tap, boot, kernel, counts)
        if not boot.stock and not tested.load:
            check_counter(tap, boot, kernel)
        if not boot.stock and (boot.on or not tested.load):
            check_in_force(tap, boot, has)
        check_retry(tap, boot, has)
    check_same(tap, boots, [boot.name for boot in tables if boot.mode == "stock"])
    changed = [boot.name for boot in tables if boot.mode != "stock"]
    check_same(tap, boots, [stock.name, *changed], mtypes=False)
    check_same(tap, boots, [name for name in changed if boots[name].mode == "data"])
    retries = [boot.name for boot in others if boot.cards != stock.cards]
    check_same(tap, boots, retries, cards=("navi31",))
