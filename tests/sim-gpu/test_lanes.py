# SPDX-License-Identifier: MIT
"""Cross-lane operations, atomics and barriers, against what the manual says of them, in Python."""

import random
import subprocess
from pathlib import Path

import pytest
from test_random_kernels import CLANG, FLAGS, RUN, targets

HERE = Path(__file__).parent
KEPT = 1000


def words(data):
    return [int.from_bytes(data[i:i + 4], "little") for i in range(0, len(data), 4)]


def packed(values):
    return b"".join((v & 0xffffffff).to_bytes(4, "little") for v in values)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lanes")

    def run_kernel(target, kernel, values, count, groups=1, items=64, wave=32):
        code = folder / f"{target}-{wave}.co"
        if not code.exists():
            extra = ["-mwavefrontsize64"] if wave == 64 else []
            subprocess.run([CLANG, "-target", "amdgcn-amd-amdhsa", f"-mcpu={target}", *FLAGS, *extra,
                            HERE / "lanes.c", "-o", code], check=True)
        done = subprocess.run([RUN, target, code, kernel, str(groups), str(items), str(count * 4)],
                              input=packed(values), capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return words(done.stdout)
    return run_kernel


VALUES = [100 + lane * 3 for lane in range(64)]


def moved(source, in_range=lambda lane: True, otherwise=KEPT):
    return [VALUES[source(lane)] if in_range(lane) else otherwise for lane in range(64)]


def row(lane, to):
    return lane // 16 * 16 + to % 16


@pytest.mark.parametrize("wave", [32, 64])
@pytest.mark.parametrize("target", ["gfx1010", "gfx1032"])
def test_dpp(run, target, wave):
    out = run(target, "dpp", VALUES, 11 * 64, wave=wave)
    got = [out[i * 64:i * 64 + 64] for i in range(11)]
    assert got[0] == moved(lambda x: x // 4 * 4 + 3 - x % 4)
    assert got[1] == moved(lambda x: row(x, x + 1), lambda x: x % 16 < 15)
    assert got[2] == moved(lambda x: row(x, x - 3), lambda x: x % 16 >= 3, 0)
    assert got[3] == moved(lambda x: row(x, x - 5))
    assert got[4] == moved(lambda x: row(x, 15 - x % 16))
    assert got[5] == moved(lambda x: x // 8 * 8 + 7 - x % 8)
    assert got[6] == moved(lambda x: row(x, 7))
    assert got[7] == moved(lambda x: row(x, x % 16 ^ 6))
    assert got[8] == moved(lambda x: row(x, x - 1), lambda x: (
        x % 16 > 0 and 0x5 >> (x % wave) // 16 & 1 and 0xa >> x % 16 // 4 & 1))
    assert got[9] == [0 if x % 3 == 0 else VALUES[x + 1] if (x + 1) % 3 and x % 16 < 15 else KEPT
                      for x in range(64)]
    assert got[10] == [0 if x % 3 == 0 else VALUES[x + 1] if (x + 1) % 3 and x % 16 < 15 else 0
                       for x in range(64)]


@pytest.mark.parametrize("wave", [32, 64])
@pytest.mark.parametrize("target", ["gfx1012", "gfx1036"])
def test_permutations(run, target, wave):
    out = run(target, "permutations", VALUES, 9 * 64, wave=wave)
    got = [out[i * 64:i * 64 + 64] for i in range(9)]
    half = [x // 32 * 32 for x in range(64)]
    assert got[0] == [VALUES[half[x] + x * 7 % 64 % 32] for x in range(64)]
    sent = {half[x] + x * 5 % 32: VALUES[x] for x in range(64)}
    assert got[1] == [sent.get(x, 0) for x in range(64)]
    assert got[2] == [VALUES[x ^ 1] for x in range(64)]
    assert got[3] == [VALUES[x ^ 3] for x in range(64)]
    selection = 0x0123456776543210
    assert got[4] == [VALUES[row(x, selection >> x % 16 * 4 & 15)] for x in range(64)]
    selection = 0x89abcdeffedcba98
    assert got[5] == [VALUES[(x ^ 16) // 16 * 16 + (selection >> x % 16 * 4 & 15)] for x in range(64)]
    assert got[6] == [VALUES[x // wave * wave + 9] for x in range(64)]
    assert got[7] == [x % wave + 3 for x in range(64)]
    assert got[8] == [0] * 5 + [VALUES[5 if x < wave else 32] for x in range(5, 64)]


@pytest.mark.parametrize("target", targets())
def test_atomics(run, target):
    values = [random.Random(3).getrandbits(32) for _ in range(256)]
    values = [(v * 2654435761 + i * 40503) & 0xffffffff for i, v in enumerate(values)]
    out = run(target, "atomics", values, 8 + 64, groups=64, items=256)
    total = sum(values) * 64 << 4
    assert out[0] == 64 * 256
    assert out[2] | out[3] << 32 == total & (1 << 64) - 1
    assert out[4] == 3 * 64 * 256
    assert out[5] == 64 * 256 % 10
    every, parity = 0xffffffff, 0
    for value in values:
        every &= value | 1
        parity ^= value
    word = (sum(values) ^ every * 3 ^ parity * 5 ^ 0xffffffff) & 0xffffffff
    assert out[8:] == [word] * 64


def test_no_addition_is_lost_between_threads(run):
    out = run("gfx1030", "contended", [3] * 64, 2, groups=64)
    assert out == [3 * 32 * 64 * 200] * 2


def wrong_words(run, monkeypatch, kernel, seeds):
    found = []
    for seed in seeds:
        monkeypatch.setenv("SIM_GPU_CACHES", str(seed))
        found.append(sum(run("gfx1030", kernel, [30] * 64, 512, groups=2, items=1)[:2]))
    return found


def test_what_two_workgroups_exchange_meets_in_gl2(run, monkeypatch):
    """Also in NC memory: which is why rocmfix_mtype=private breaks no program."""
    assert wrong_words(run, monkeypatch, "messages", range(1, 9)) == [0] * 8


def test_without_acquire_and_release_the_caches_break_it(run, monkeypatch):
    assert all(wrong_words(run, monkeypatch, "messages_without_order", [1, 6, 8]))
    monkeypatch.delenv("SIM_GPU_CACHES")
    assert run("gfx1030", "messages_without_order", [30] * 64, 512, groups=2, items=1)[:2] == [0, 0]


@pytest.mark.parametrize("seed", range(1, 5))
def test_atomics_and_barriers_through_caches(run, monkeypatch, seed):
    monkeypatch.setenv("SIM_GPU_CACHES", str(seed))
    test_barriers(run, 32)
    out = run("gfx1030", "contended", [3] * 64, 2, groups=4)
    assert out == [3 * 32 * 4 * 200] * 2


@pytest.mark.parametrize("wave", [32, 64])
def test_barriers(run, wave):
    values = [random.Random(4).getrandbits(20) + i for i in range(64 * 256)]
    out = run("gfx1030", "reduction", values, 64, groups=64, items=256, wave=wave)
    assert out == [sum(values[i * 256:i * 256 + 256]) & 0xffffffff for i in range(64)]
