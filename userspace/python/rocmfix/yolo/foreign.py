# SPDX-License-Identifier: MIT
"""What other programs wrote into a report, a journal or the environment, made fit for use."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

# A variable cannot hold NUL. JSON can hold half of a surrogate pair, which nothing can encode; those
# of surrogateescape are a path's bytes.
_UNFIT = re.compile("[\0\ud800-\udc7f\udd00-\udfff]")


def text_of(value: Any, limit: int = 200) -> str:
    """At most `limit` characters of it; empty for what is no text. Not printable() yet."""
    return _UNFIT.sub("", value[:limit]) if isinstance(value, str) else ""


def state_home() -> Path:
    """Of rocmfix, as rocmfix-run has it (supervisor/state.cpp): XDG_STATE_HOME counts if it is absolute."""
    named = os.environ.get("XDG_STATE_HOME", "")
    return Path(named if named.startswith("/") else os.path.expanduser("~/.local/state")) / "rocmfix"
