# SPDX-License-Identifier: MIT
"""HIP's interface as the self-test has written it down, compared with the HIP that is installed."""

import subprocess
from pathlib import Path

import pytest

from conftest import SELFTEST

HEADERS = [Path("/usr/include"), *(Path.home() / ".cache/rocmfix/hip").glob("*/usr/include")]
INCLUDES = [path for path in HEADERS if (path / "hip/hip_runtime_api.h").exists()]

# Two declarations of one C function that differ are an error.
SOURCE = """
#define __HIP_PLATFORM_AMD__ 1
#define __HIP_PLATFORM_HCC__ 1
#include <hip/hip_runtime_api.h>
#include "{functions}"
static_assert(hipErrorInvalidValue == 1 && hipErrorOutOfMemory == 2 && hipErrorNoDevice == 100 &&
              hipErrorNotSupported == 801 && hipMemcpyHostToDevice == 1 && hipMemcpyDeviceToHost == 2 &&
              hipMemcpyDeviceToDevice == 3 && hipStreamNonBlocking == 1 && hipHostMallocMapped == 2 &&
              hipHostMallocCoherent == 0x40000000 && hipHostMallocNonCoherent == 0x80000000 &&
              hipMemAttachGlobal == 1 && hipDeviceMallocFinegrained == 1 && hipHostRegisterPortable == 1 &&
              hipHostRegisterMapped == 2);
"""


@pytest.mark.skipif(not INCLUDES, reason="HIP's headers are not installed")
@pytest.mark.parametrize("include", INCLUDES, ids=str)
def test_the_declarations_are_those_of_hip(include, tmp_path):
    # HIP's headers alone: another release's C library is next to them.
    (tmp_path / "hip").symlink_to(include / "hip")
    source = tmp_path / "both.cpp"
    source.write_text(SOURCE.format(functions=SELFTEST / "hip/include/hip/functions.h"))
    done = subprocess.run(["g++", "-std=c++20", "-fsyntax-only", f"-I{tmp_path}", source], text=True,
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
