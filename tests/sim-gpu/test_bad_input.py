# SPDX-License-Identifier: MIT
"""Code that is not what a compiler made: whatever it is, the interpreter ends with a sentence or with a
result, and neither crashes nor runs for ever."""

import random
import struct
import subprocess
from pathlib import Path

import pytest
from test_random_kernels import CLANG, FLAGS, RUN

HERE = Path(__file__).parent
INPUT = bytes(range(256)) * 4


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    path = tmp_path_factory.mktemp("bad") / "lanes.co"
    subprocess.run([CLANG, "-target", "amdgcn-amd-amdhsa", "-mcpu=gfx1030", *FLAGS, HERE / "lanes.c",
                    "-o", path], check=True)
    return path.read_bytes()


def descriptors_and_code(code):
    """The six kernel descriptors end the first segment, the code is the second. The rest of an ELF
    file is for the runtime's loader."""
    offset, = struct.unpack_from("<Q", code, 32)
    loads = [segment for i in range(16) if (segment := struct.unpack_from("<IIQQQQ", code, offset + 56 * i))[0] == 1]
    return loads[0][5] - 6 * 64, loads[1][2] + loads[1][5]


def run(tmp_path, code, kernel="permutations", target="gfx1030"):
    path = tmp_path / "code.co"
    path.write_bytes(code)
    done = subprocess.run([RUN, target, path, kernel, "1", "64", "4096"], input=INPUT, timeout=60,
                          capture_output=True, check=False,
                          env={"SIM_GPU_INSTRUCTIONS": "200000", "SIM_GPU_THREADS": "1"})
    assert done.returncode in (0, 1), f"signal {-done.returncode}: {done.stderr.decode()}"
    assert done.returncode == 0 or b"error: " in done.stderr
    return done


def test_the_code_is_good_before(tmp_path, code):
    assert run(tmp_path, code).returncode == 0


@pytest.mark.parametrize("round_of", range(8))
@pytest.mark.parametrize("kernel", ["dpp", "permutations", "atomics", "reduction"])
def test_changed_code_ends(tmp_path, code, kernel, round_of):
    r = random.Random(f"{kernel}{round_of}")
    first, last = descriptors_and_code(code)
    ends = set()
    for _ in range(5):
        changed = bytearray(code)
        for _ in range(r.choice([1, 3, 20, 200])):
            changed[r.randrange(first, last)] = r.randrange(256)
        ends.add(run(tmp_path, bytes(changed), kernel).returncode)
    assert ends


def test_an_endless_loop_ends_at_the_limit(tmp_path):
    source = tmp_path / "loop.c"
    source.write_text("__attribute__((amdgpu_kernel, visibility(\"protected\"))) void loop(void) "
                      "{ for (;;) __builtin_amdgcn_s_sleep(1); }")
    path = tmp_path / "loop.co"
    subprocess.run([CLANG, "-target", "amdgcn-amd-amdhsa", "-mcpu=gfx1030", *FLAGS, source, "-o", path],
                   check=True)
    done = run(tmp_path, path.read_bytes(), "loop")
    assert done.returncode == 1 and b"more than 200000 instructions" in done.stderr


@pytest.mark.parametrize("length", [0, 10, 64, 500, 2000])
def test_a_code_object_that_is_cut_off(tmp_path, code, length):
    assert run(tmp_path, code[:length]).returncode == 1
