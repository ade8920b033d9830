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


@pytest.fixture
def room():
    """Limits the size of a file, which is an error as a full disk is. -1: no longer."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (before[0] if size < 0 else size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
