# SPDX-License-Identifier: MIT
"""The litmus test on the simulated card with caches, a few seeds of what model-table plays with many;
and that model-table sees what is wrong."""

import collections
import importlib.machinery
import importlib.util
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
LOADER = importlib.machinery.SourceFileLoader("model_table", str(HERE / "model-table"))
table = importlib.util.module_from_spec(importlib.util.spec_from_loader("model_table", LOADER))
LOADER.exec_module(table)

HOST, SHARED, MANAGED = (next(row for row in table.ROWS if row.name == name)
                         for name in ("host", "shm-gpu", "managed"))


@pytest.fixture(scope="module")
def litmus(tmp_path_factory):
    missing = [path for path in table.NEEDED if not (table.BUILD / path).exists()]
    if missing:
        pytest.skip(f"not built: {missing}")
    return table.Litmus(tmp_path_factory.mktemp("litmus"), rounds=20)


@pytest.mark.parametrize("row, mode, policy, seed, mtype", [
    (HOST, "stock", "off", 1, "UC"), (SHARED, "stock", "auto", 3, "UC"), (MANAGED, "private", "off", 4, "UC"), (HOST, "stock", "auto", 1, "NC"),
    (SHARED, "data", "data", 1, "NC"), (MANAGED, "data", "off", 1, "NC")])
def test_uc_is_coherent_and_nc_is_not(litmus, row, mode, policy, seed, mtype):
    wait = table.PATIENCE if mtype == "UC" else 1
    result, journal = litmus.run(row, mode, policy, seed=seed, wait=wait)
    assert table.mtype_of(result, journal, mode) == mtype
    assert {line["seed"] for line in journal if line["op"] == "caches"} == {seed}
    assert (result["outcome"] == "coherent") == (mtype == "UC"), result


def seen(**outcomes):
    return collections.Counter({name.replace("_", "-"): n for name, n in outcomes.items()})


MTYPES = {(HOST, mode, policy): "UC" if policy == "off" and mode != "all" else "NC"
          for mode in table.MODES for policy in table.POLICIES}
SEEN = {(HOST, "UC", False): seen(coherent=8), (HOST, "NC", False): seen(not_seen=7, coherent=1),
        (HOST, "NC", True): seen(hang=2, old_data=6)}


def test_the_page_says_which_policies_break_it():
    text = table.page(MTYPES, SEEN, [HOST], 8, 100)
    broken = "breaks with auto, data, all"
    assert f"| host | {broken} | {broken} | {broken} | breaks |" in text
    assert "| host | UC | UC | coherent | coherent 8 |" in text
    assert "| host | NC | UC | coherent or not | coherent 1, not-seen 7 |" in text
    assert "| host | NC | NC | anything | hang 2, old-data 6 |" in text
    assert "not silicon" in text
    assert not table.judge(MTYPES, SEEN)


@pytest.mark.parametrize("key, outcomes, said", [
    ((HOST, "UC", False), seen(coherent=7, not_seen=1), "is not allowed"),
    ((HOST, "NC", False), seen(hang=1, not_seen=7), "is not allowed"),
    ((HOST, "NC", False), seen(coherent=8), "no seed has shown")])
def test_what_the_model_does_not_allow_is_an_error(key, outcomes, said):
    (sentence,) = table.judge(MTYPES, SEEN | {key: outcomes})
    assert said in sentence


def test_private_is_as_stock():
    wrong = table.judge(MTYPES | {(HOST, "private", "off"): "NC"}, SEEN)
    assert wrong == ["host, off: private differs from stock"]
