# SPDX-License-Identifier: MIT
"""generate_tables refuses policy files that would leave a user with a value and no reason."""

import os
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2]
DATA = SOURCE / "userspace/data"
GENERATOR = Path(os.environ.get("ROCMFIX_BUILD_DIR", SOURCE / "build")) / "bin/generate_tables"

CHIPS = """
[[chip]]
name = "Navi 10"
gfx = "gfx1010"
gc = ["10.1.10"]
pci = ["731f"]

[[chip]]
name = "Navi 21"
gfx = "gfx1030"
gc = ["10.3.0"]
pci = ["73bf"]
"""


def setting(*entries):
    return '[[setting]]\nlayer = "module"\nname = "noretry"\nsummary = "s"\n' + "".join(entries)


def propose(value, when="", profile="safe"):
    return (f'[[setting.propose]]\nprofile = "{profile}"\nvalue = "{value}"\n'
            + (f"when = {{ {when} }}\n" if when else ""))


def judge(when=""):
    return ('[[setting.judge]]\neffect = "useful"\nreason = "r"\nsource = "s"\n'
            + (f"when = {{ {when} }}\n" if when else ""))


@pytest.fixture(name="generate")
def fixture_generate(tmp_path):
    def run(settings, chips=CHIPS):
        (tmp_path / "gpus.toml").write_text(chips)
        (tmp_path / "settings.toml").write_text(settings)
        done = subprocess.run([GENERATOR, "gpus.toml", "settings.toml", "out.cpp"], cwd=tmp_path,
                              capture_output=True, text=True, check=False)
        assert (tmp_path / "out.cpp").exists() == (done.returncode == 0)
        (tmp_path / "out.cpp").unlink(missing_ok=True)
        return done.returncode, done.stderr

    return run


def test_the_checked_in_tables_are_accepted(tmp_path):
    done = subprocess.run([GENERATOR, DATA / "gpus.toml", DATA / "settings.toml", tmp_path / "out.cpp"],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("when", [
    'value = ["1"]',
    'value = ["0x1"]',
    'value = ["0", "1"]',
    "",
])
def test_a_proposal_that_is_judged_is_accepted(generate, when):
    assert generate(setting(propose("1"), judge(when))) == (0, "")


def test_a_proposal_without_a_judgement_of_its_value_is_refused(generate):
    status, said = generate(setting(propose("1"), judge('value = ["0"]')))
    assert status == 1
    assert said == ('error: settings.toml: noretry: profile safe proposes "1" where no judgement of '
                    "it holds, e.g. with gfx1010\n")


# What the proposal may hold under, what is judged, and the machine between the two.
HOLES = [
    ("", 'any_family = ["RDNA1"]', "gfx1030"),
    ('any_family = ["RDNA2"]', 'all_gfx = ["gfx1030"]', "gfx1010 and gfx1030"),
    ('any_gfx = ["gfx1030"]', 'any_gfx_but = ["gfx1030"]', "gfx1030"),
    ("", 'kernel_below = "7.2"', "gfx1010, kernel 7.2"),
    ("", 'kernel_at_least = "7.2"', "gfx1010, an older kernel"),
    ('kernel_below = "7.3"', 'kernel_below = "7.2"', "gfx1010, kernel 7.2"),
    ("", "patched = true", "gfx1010, not patched"),
    ("", "patched = false", "gfx1010, patched"),
    ("", "large_bar = true", "gfx1010, not with a large BAR"),
    ("", "forced = true", "gfx1010, not forced"),
    ("ram_above_mib = 100", "ram_above_mib = 200", "gfx1010, 200 MiB of memory"),
    ("", "ram_at_most_mib = 200", "gfx1010, 201 MiB of memory"),
    ('configured = ["0", "2"]', 'configured = ["2"]', 'gfx1010, "0" configured'),
    ("", 'configured = ["2"]', "gfx1010, nothing configured"),
]


@pytest.mark.parametrize(("proposed", "judged", "machine"), HOLES)
def test_a_proposal_that_is_judged_on_other_machines_only_is_refused(
        generate, proposed, judged, machine):
    value = 'value = ["1"]'
    hole = setting(propose("1", proposed), judge(", ".join(filter(None, [value, judged]))))
    status, said = generate(hole)
    assert status == 1
    assert said.endswith(f"e.g. with {machine}\n")
    # The same with a judgement of the rest is whole.
    assert generate(hole + judge(value)) == (0, "")


def test_each_profile_is_looked_at(generate):
    settings = setting(propose("1"), propose("0", profile="original"), judge('value = ["1"]'))
    status, said = generate(settings)
    assert status == 1
    assert said.count("error:") == 1
    assert 'profile original proposes "0"' in said


def test_what_an_earlier_proposal_takes_need_not_be_judged(generate):
    first = propose("1", 'any_family = ["RDNA1"]')
    judged = judge('value = ["1"]') + judge('value = ["0"], any_family = ["RDNA2"]')
    # On RDNA1 the second is not the one that counts, but with both GPUs it is judged, too.
    assert generate(setting(first, propose("0"), judged)) == (0, "")
    assert generate(setting(propose("0"), first, judged))[0] == 1


@pytest.mark.parametrize(("settings", "chips", "said"), [
    (setting(judge()) * 2, CHIPS, "settings.toml: noretry is duplicated"),
    (setting(), CHIPS, "settings.toml: noretry has no judgement"),
    (setting(judge()), CHIPS.replace("73bf", "731f"), "gpus.toml: PCI id 731f belongs to two chips"),
    (setting(judge()), CHIPS + CHIPS.replace('pci = ["731f"]', "").replace('pci = ["73bf"]', ""),
     "gpus.toml: a GC version of Navi 10 belongs to two chips"),
], ids=["setting", "judgement", "PCI id", "GC version"])
def test_two_entries_for_one_thing_or_none_are_refused(generate, settings, chips, said):
    status, stderr = generate(settings, chips)
    assert status == 1
    assert f"error: {said}\n" in stderr
