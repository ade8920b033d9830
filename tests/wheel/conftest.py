# SPDX-License-Identifier: MIT
"""The wheel that `make wheel` has left in dist/, and where it is installed."""

import os
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
