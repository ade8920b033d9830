# SPDX-License-Identifier: MIT
"""The rocmfix package of this checkout, over the library of the build."""

import os
import resource
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ROCMFIX_BUILD_DIR", SOURCE / "build")).resolve()

sys.path.insert(0, str(SOURCE / "userspace" / "python"))
os.environ["ROCMFIX_LIBRARY"] = str(BUILD / "lib" / "librocmfix.so.1")


LIMIT = resource.getrlimit(resource.RLIMIT_FSIZE)


@pytest.fixture
def room():
    """Limits the size of a file, which is an error as a full disk is, until the test's end. -1: no longer."""
    return lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT[0] if size < 0 else size, LIMIT[1]))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call():
    """pytest says how the test ended before a fixture is over; its output may be a file that is larger."""
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, LIMIT)
