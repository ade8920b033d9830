# SPDX-License-Identifier: MIT
"""The judge of the virtual Radeon's guests passes what the reference says, and names whatever
differs. Boots nothing: guests are made up here."""

import pytest

import checks
from boots import GFX10, Boot, Entry, hip_boots, table_boots
from boots import Tested as Module
from reference import contexts, expected_mtype, expected_noretry, in_force, in_force_for_svm

# What tests/vm/vradeon/build prints for Debian's kernels, and one that Debian has not.
BOOKWORM = set()
TRIXIE_BACKPORTS = {"svm", "svm-hook", "gem-coherent", "ext-coherent", "noretry-default"}
SVM_WITHOUT_HOOK = {"svm", "ext-coherent"}
KERNELS = [BOOKWORM, {"ext-coherent"}, SVM_WITHOUT_HOOK, TRIXIE_BACKPORTS]
MEMORIES = {
    "gem": ("vram", "gtt"),
    "kfd": ("vram", "gtt", "userptr"),
    "svm": ("system", "vram"),
    "hip": ("device", "host", "managed", "registered"),
}
FLAGS = ("plain", "coherent", "uncached", "ext-coherent", "fine-grained", "coarse-grain", "non-coherent")


def say(boot, has, runtime):
    """The boot said what the reference expects of it."""
    boot.status = 0
    boot.facts = {"modprobe": "0", "version": "" if boot.stock else "1"}
    for card in boot.cards:
        forced = 0
        for interface in boot.interfaces:
            boot.facts[f"{card}.{interface}"] = "0"
            for memory in MEMORIES[interface]:
                for flags in FLAGS:
                    for asked in ("default", "CC", "UC") if interface == "gem" else ("-",):
                        key = (card, interface, memory, flags, asked)
                        want = expected_mtype(boot, has, runtime, *key)
                        forced += want != expected_mtype(Boot("", boot.cards, (), stock=True), has, runtime, *key)
                        boot.entries[key] = Entry(want or "refused EINVAL", "0 valid")
        for name in contexts(card):
            boot.registers[card, name] = 0 if expected_noretry(boot, has, card) else 1 << 7
        ours = card in GFX10
        boot.facts |= {
            f"{card}.driver": "amdgpu",
            f"{card}.registers": "0",
            f"{card}.active": str(int(ours and boot.on)),
            f"{card}.mtype": in_force(boot, has) if ours else "stock",
            f"{card}.mtype_svm": in_force_for_svm(boot, has),
            f"{card}.ptes_forced_nc": str(forced),
        }


def failures(capsys, has, runtime=None, change=lambda boots: None):
    boots = {boot.name: boot for boot in (hip_boots() if runtime else table_boots())}
    for boot in boots.values():
        say(boot, has, runtime)
    change(boots)
    checks.check_all(checks.Tap(), boots, Module(version="1"), has, runtime)
    return "\n".join(x for x in capsys.readouterr().out.splitlines() if x.startswith(("not ok", "#")))


@pytest.mark.parametrize("has", KERNELS, ids=lambda has: "+".join(sorted(has)) or "none")
@pytest.mark.parametrize("runtime", [None, "5.2", "5.7", "6.4"])
def test_what_the_reference_says_passes(capsys, has, runtime):
    assert failures(capsys, has, runtime) == ""


def entry(boot, key, text):
    def change(boots):
        assert boots[boot].entries[tuple(key.split())].text != text
        boots[boot].entries[tuple(key.split())] = Entry(text, "0 valid")

    return change


def fact(boot, name, value):
    return lambda boots: boots[boot].facts.update({name: value})


@pytest.mark.parametrize(
    ("has", "runtime", "change", "named"),
    [
        # private does what data does
        (TRIXIE_BACKPORTS, None, entry("mtype=private", "navi10 kfd vram coherent -", "NC"), "NC, expected UC"),
        (TRIXIE_BACKPORTS, None, entry("mtype=private", "navi21 svm system coherent -", "NC"), "NC, expected UC"),
        (TRIXIE_BACKPORTS, None, entry("mtype=private", "navi10 gem vram plain CC", "NC"), "NC, expected CC"),
        # and nothing
        (TRIXIE_BACKPORTS, None, entry("mtype=private", "navi10 svm vram coherent -", "UC"), "UC, expected NC"),
        # graphics is left alone
        (BOOKWORM, None, entry("mtype=all", "navi10 gem vram plain UC", "NC"), "NC, expected UC"),
        # SVM ranges that do not pass the hook
        (SVM_WITHOUT_HOOK, None, entry("mtype=all", "navi10 svm vram coherent -", "NC"), "NC, expected UC"),
        # a claim that does not hold
        (BOOKWORM, None, fact("mtype=private", "navi10.mtype", "private"), "'private', expected 'stock'"),
        (SVM_WITHOUT_HOOK, None, fact("mtype=data", "navi10.mtype_svm", "data"), "'data', expected 'stock'"),
        (BOOKWORM, None, fact("mtype=data", "navi10.ptes_forced_nc", "0"), "ptes_forced_nc is more than 0"),
        # a runtime that refuses what it has, or grants what it has not
        (TRIXIE_BACKPORTS, "5.7", entry("stock,hip", "navi10 hip device uncached -", "refused E"), "expected UC"),
        (TRIXIE_BACKPORTS, "6.4", entry("stock,hip", "navi10 hip device fine-grained -", "refused E"), "expected NC"),
        (BOOKWORM, "5.2", entry("stock,hip", "navi10 hip device uncached -", "UC"), "expected to be refused"),
    ],
)
def test_what_differs_is_named(capsys, has, runtime, change, named):
    assert named in failures(capsys, has, runtime, change)
