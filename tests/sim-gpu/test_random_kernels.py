# SPDX-License-Identifier: MIT
"""The interpreter against this processor. ROCMFIX_SIM_GPU_KERNELS kernels a target (default 24; the
long form in make check-sim-gpu takes more), ROCMFIX_SIM_GPU_SEED to begin elsewhere."""

import ctypes
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import random_kernels

BUILD = Path(os.environ.get("ROCMFIX_BUILD_DIR", "build")).resolve()
RUN = BUILD / "tests" / "sim-gpu-run"
CLANG = next((c for c in ("clang-15", "clang-17", "clang-19") if shutil.which(c)), "clang")
COUNT = int(os.environ.get("ROCMFIX_SIM_GPU_KERNELS", "24"))
SEED = int(os.environ.get("ROCMFIX_SIM_GPU_SEED", "1"))
ITEMS = 128
# Exact arithmetic on both sides: no contraction, no approximate division, denormals kept.
FLAGS = ["-O2", "-ffp-contract=off", "-Wno-everything", "-nogpulib"]


def targets():
    text = (Path(__file__).parents[2] / "userspace/data/gpus.toml").read_text()
    return sorted(set(re.findall(r'^gfx = "(gfx10[0-9a-f]+)"$', text, re.M)))


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """The source, and what this processor computes."""
    folder = tmp_path_factory.mktemp("random")
    source, names = random_kernels.kernels(SEED, COUNT)
    (folder / "kernels.c").write_text(source)
    subprocess.run([CLANG, "-O1", "-ffp-contract=off", "-Wno-everything", "-shared", "-fPIC",
                    "kernels.c", "-o", "host.so", "-lm"], cwd=folder, check=True)
    library = ctypes.CDLL(str(folder / "host.so"))
    data = random_kernels.inputs(SEED, ITEMS)
    results = {}
    for name in names:
        out = ctypes.create_string_buffer(len(data))
        getattr(library, name)(data, out, ITEMS)
        results[name] = out.raw
    return folder, data, results


def compile_for(folder, target, *flags):
    out = folder / f"{target}{''.join(flags)}.co"
    subprocess.run([CLANG, "-target", "amdgcn-amd-amdhsa", f"-mcpu={target}", "-DGPU", *FLAGS, *flags,
                    "kernels.c", "-o", str(out)], cwd=folder, check=True)
    return out


def compare(target, code, data, results):
    wrong = []
    for name, result in results.items():
        done = subprocess.run([RUN, target, code, name, str(ITEMS // 64), "64", str(len(data))],
                              input=data, capture_output=True, check=False)
        assert done.returncode == 0, f"{name}: {done.stderr.decode()}"
        if done.stdout != result:
            at = next(i for i in range(0, len(result), 4) if done.stdout[i:i + 4] != result[i:i + 4])
            wrong.append(f"{name}: item {at // 32} word {at // 4 % 8}: {done.stdout[at:at+4][::-1].hex()}"
                         f" instead of {result[at:at+4][::-1].hex()}")
    assert not wrong, f"seed {SEED}:\n" + "\n".join(wrong)


@pytest.mark.parametrize("target", targets())
def test_it_computes_what_the_processor_computes(target, expected):
    folder, data, results = expected
    compare(target, compile_for(folder, target), data, results)


@pytest.mark.parametrize("target", ["gfx1010", "gfx1030"])
def test_with_waves_of_64_lanes(target, expected):
    folder, data, results = expected
    compare(target, compile_for(folder, target, "-mwavefrontsize64"), data, results)


@pytest.mark.parametrize("seed", range(SEED, SEED + 4))
def test_through_caches_it_computes_the_same(seed, expected, monkeypatch):
    """A program that waits for what it uses does not depend on what the caches do."""
    folder, data, results = expected
    monkeypatch.setenv("SIM_GPU_CACHES", str(seed))
    some = dict(list(results.items())[seed % 4::8])
    compare("gfx1030", compile_for(folder, "gfx1030"), data, some)


@pytest.mark.parametrize("target", ["gfx1012", "gfx1031"])
def test_without_optimisation(target, expected):
    """Everything goes through scratch memory."""
    folder, data, results = expected
    compare(target, compile_for(folder, target, "-O0"), data, results)
