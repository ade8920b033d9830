# SPDX-License-Identifier: MIT
"""What a user's script is told when it cannot continue from, or make, a checkpoint."""

from __future__ import annotations


class CheckpointError(Exception):
    """`hint`: what the user can do about it. A traceback ends with both."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.hint = hint

    def __str__(self) -> str:
        what = super().__str__()
        return f"{what}\nhint: {self.hint}" if self.hint else what
