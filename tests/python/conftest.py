# SPDX-License-Identifier: MIT
"""The rocmfix package of this checkout, over the library of the build."""

import os
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ROCMFIX_BUILD_DIR", SOURCE / "build")).resolve()

sys.path.insert(0, str(SOURCE / "userspace" / "python"))
os.environ["ROCMFIX_LIBRARY"] = str(BUILD / "lib" / "librocmfix.so.1")
