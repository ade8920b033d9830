# SPDX-License-Identifier: MIT
"""To be imported before a module of tests/kernels: makes these importable."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kernels"))
