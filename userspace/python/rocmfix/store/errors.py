# SPDX-License-Identifier: MIT
"""What can be wrong with a run's folder, in words for its user."""

from __future__ import annotations


class StoreError(Exception):
    """`hint`: what the user can do about it; may be empty."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.hint = hint


class Damaged(StoreError):
    """A generation, or a file of one, that is not what was written."""


class Busy(StoreError):
    """Another process trains this run. `pid` is None where it cannot be known."""

    def __init__(self, what: str, hint: str = "", pid: int | None = None) -> None:
        super().__init__(what, hint)
        self.pid = pid


class Untrusted(StoreError):
    """Somebody else could have written what would be read."""
