# SPDX-License-Identifier: MIT
"""Kernels of real libraries on simulated cards. Debian 13's rocBLAS, unpacked in the cache, runs with Debian 13's
HIP runtime, in its chroot; rocPRIM is this release's headers and compiler. `tests/sim-gpu/check` runs this; it
needs root, some 3 GB and, the first time, the network."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ROCMFIX_BUILD_DIR", ROOT / "build")).resolve()
SUITE = "trixie"
MULTIARCH = "usr/lib/x86_64-linux-gnu"
SHAPES = {
    "sgemm": ["s n n 1 1 1", "s n t 64 64 64", "s t n 33 17 65", "s t t 100 3 200", "s n n 256 256 256",
              "s n n 512 512 128"],
    "hgemm": ["h n n 128 128 128", "h t n 100 60 40", "h n t 256 64 512", "h t t 31 31 31"],
}


def output(*command):
    return subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True, check=True).stdout


def in_suite(*command, **kwargs):
    return subprocess.run([ROOT / "tests/sim/suite", "run", "--bind", BUILD, SUITE, *command], text=True,
                          capture_output=True, check=False, timeout=600, **kwargs)


@pytest.fixture(scope="module")
def library():
    """Debian's rocBLAS for gfx1010 is untuned, for gfx1030 tuned: the kernels differ."""
    output(ROOT / "tests/sim/suite", "get", SUITE)
    tree = output(ROOT / "tests/software/libraries", "get", f"rocblas-{SUITE}").strip().partition("=")[2]
    return Path(tree) / MULTIARCH / "librocblas.so.0"


@pytest.fixture(scope="module")
def program(library):
    program = BUILD / "tests" / "sim-gpu-rocblas"
    done = in_suite("g++", "-std=c++20", "-O2", "-Wall", Path(__file__).parent / "rocblas.cpp", "-o", program,
                    "-lamdhip64", "-ldl")
    assert done.returncode == 0, done.stderr
    return program


@pytest.mark.parametrize("card", ["rx5700xt", "rx6900xt"])
@pytest.mark.parametrize("operation", SHAPES)
def test_products_of_rocblas(library, program, card, operation):
    (kernels,) = (library.parent / "rocblas").glob("*/library")
    done = in_suite("env", f"LD_PRELOAD={BUILD}/lib/librocmfix-sim.so", f"ROCMFIX_SIM={card}",
                    f"ROCBLAS_TENSILE_LIBPATH={kernels}", program, library, *" ".join(SHAPES[operation]).split())
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == len(SHAPES[operation])
    assert all(line.endswith(": 0 of exact ones and 0 of rounded ones wrong") for line in lines), done.stdout


@pytest.fixture(scope="module")
def primitives(tmp_path_factory):
    if shutil.which("hipcc") is None or not Path("/usr/include/rocprim/rocprim.hpp").exists():
        pytest.skip("there is no hipcc or no rocPRIM (scripts/setup sim-gpu)")
    program = tmp_path_factory.mktemp("rocprim") / "rocprim"
    subprocess.run(["hipcc", "-std=c++17", "-O2", "-w", "--offload-arch=gfx1010", "--offload-arch=gfx1030",
                    Path(__file__).parent / "rocprim.hip", "-o", program], check=True)
    return program


@pytest.mark.parametrize("card", ["rx5700xt", "rx6900xt"])
def test_scans_a_reduction_and_a_sort_of_rocprim(primitives, card):
    done = subprocess.run([primitives], env={"LD_PRELOAD": f"{BUILD}/lib/librocmfix-sim.so", "ROCMFIX_SIM": card},
                          text=True, capture_output=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 16 and all(line.endswith(": 0 wrong") for line in lines), done.stdout
