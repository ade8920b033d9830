# SPDX-License-Identifier: MIT
"""To be imported before a module of tests/kernels, which has the way into a chroot: makes these importable."""

import sys
from pathlib import Path

# Before the packages of this machine, one of which is called debian, too.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests/kernels"))
