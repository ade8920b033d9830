# SPDX-License-Identifier: MIT
"""ultralytics' sixty lines before the first epoch: arguments, layers, data set. Shown once a run.

After a restart they would only push away what the fault has left on the screen. Warnings and errors
are always shown; ROCMFIX_VERBOSE=1 shows all.
"""

from __future__ import annotations

import logging
import os


class Banner:
    def __init__(self) -> None:
        self._level: int | None = None

    def hide(self) -> None:
        """Also the bars: they ask for this level."""
        from ultralytics.utils import LOGGER

        if self._level is None and os.environ.get("ROCMFIX_VERBOSE") != "1":
            self._level = LOGGER.level
            LOGGER.setLevel(logging.WARNING)

    @property
    def hidden(self) -> bool:
        return self._level is not None

    def show(self) -> None:
        """From here on everything is shown as usual."""
        from ultralytics.utils import LOGGER

        if self._level is not None:
            LOGGER.setLevel(self._level)
            self._level = None
