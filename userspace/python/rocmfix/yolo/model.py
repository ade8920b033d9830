# SPDX-License-Identifier: MIT
"""The ultralytics class of a model: which one, `yolo` decides by the name of the file, and so does this."""

from __future__ import annotations

from pathlib import Path
from typing import Any

# As in ultralytics.cfg.entrypoint(). YOLO itself takes the others for one of its own.
BY_STEM = (
    (("rtdetr",), "RTDETR"),
    (("fastsam",), "FastSAM"),
    (("sam_", "sam2_", "sam2.1_", "sam3", "mobile_sam"), "SAM"),
    (("yolo_nas",), "NAS"),
)


def load(name: str, task: str | None) -> Any:
    """Raises whatever ultralytics raises."""
    import ultralytics

    stem = Path(name).stem.lower()
    for parts, kind in BY_STEM:
        if any(part in stem for part in parts):
            return getattr(ultralytics, kind)(name)  # they have one task
    return ultralytics.YOLO(name, task=task)
