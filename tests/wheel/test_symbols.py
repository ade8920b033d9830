# SPDX-License-Identifier: MIT
"""The wheel is for glibc 2.35, and its programs have libstdc++ linked in: what would make it need a newer one, as far
as a build on Debian 12 shows it without a wheel."""

import os
import re
import subprocess

import pytest

from conftest import BUILD

# The wheel's.
PARTS = ("bin/rocmfix", "bin/rocmfix-run", "lib/librocmfix-hip.so", "lib/librocmfix-sim.so", "lib/librocmfix.so.1")
# What libstdc++ calls of glibc 2.36, for whom: arc4random() for std::random_device.
OF_A_NEWER_GLIBC = "random_device"


@pytest.mark.skipif(os.confstr("CS_GNU_LIBC_VERSION") != "glibc 2.36", reason="only Debian 12 builds for glibc 2.35")
@pytest.mark.parametrize("part", PARTS)
def test_a_part_needs_nothing_of_a_newer_glibc(part):
    symbols = subprocess.run(["objdump", "-T", BUILD / part], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert "GLIBC_2." in symbols
    newer = [line for line in symbols.splitlines()
             if int((re.search(r"GLIBC_2\.(\d+)", line) or [0, 0])[1]) > 35 or OF_A_NEWER_GLIBC in line]
    assert newer == []
