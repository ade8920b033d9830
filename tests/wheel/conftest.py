# SPDX-License-Identifier: MIT
"""The wheel that `make wheel` has left in dist/, and where it is installed."""

import os
import re
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
BUILD = Path(os.environ.get("ROCMFIX_BUILD_DIR", CHECKOUT / "build")).resolve()
ROOTS = BUILD / "roots"
sys.path.insert(0, str(CHECKOUT / "tests/kernels"))
sys.path.insert(0, str(CHECKOUT / "tests/run"))
sys.path.insert(0, str(HERE))


@pytest.fixture(scope="session")
def wheel():
    (found,) = (CHECKOUT / "dist").glob("rocmfix-*.whl")
    return found


@pytest.fixture(scope="session")
def sdist():
    (found,) = (CHECKOUT / "dist").glob("rocmfix-*.tar.gz")
    return found


def glibc(wheel):
    """The 35 of a wheel that needs glibc 2.35, by its tag."""
    return int(re.search(r"-manylinux_2_(\d+)_", wheel.name)[1])
