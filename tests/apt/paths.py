# SPDX-License-Identifier: MIT
"""To be imported first: makes the modules of packaging/apt, tests/kernels and tests/package importable."""

import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
# Before the packages of this machine, one of which is called debian, too.
sys.path[:0] = [str(TOP / folder) for folder in ("packaging/apt", "tests/kernels", "tests/package")]
