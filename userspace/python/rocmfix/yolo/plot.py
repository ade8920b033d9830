# SPDX-License-Identifier: MIT
"""rocmfix.png, next to ultralytics' results.png: the epochs, the GPU, and a mark for each fault."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

from .. import sensors
from .journal import Event, account_of

Series = tuple[str, Callable[[sensors.Sample], float | None]]

SERIES: tuple[Series, ...] = (
    ("VRAM, GiB", lambda s: None if s.vram_used is None else s.vram_used / 2**30),
    ("GPU in use, %", lambda s: s.busy),
    ("temperature, °C", lambda s: s.temperature),
    ("power, W", lambda s: s.power),
)


def draw(events: list[Event], samples: list[sensors.Sample], path: Path) -> bool:
    """False when there is nothing to draw. Raises ImportError without matplotlib."""
    if not events:
        return False
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    begin = float(events[0]["time"])

    def hours(time: float) -> float:
        return (time - begin) / 3600

    panels = [
        (name, [(hours(s.time), value) for s in samples if (value := read(s)) is not None])
        for name, read in SERIES
    ]
    panels = [(name, points) for name, points in panels if points]
    figure = Figure(figsize=(10, 2.2 * (1 + len(panels))), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1 + len(panels), 1, sharex=True, squeeze=False)[:, 0]
    epochs = [(hours(e["time"]), e["epoch"]) for e in events if e["event"] == "epoch"]
    axes[0].step([t for t, _ in epochs], [n for _, n in epochs], where="post")
    axes[0].set_ylabel("epochs done")
    for axis, (name, points) in zip(axes[1:], panels):
        axis.plot([t for t, _ in points], [value for _, value in points], linewidth=0.8)
        axis.set_ylabel(name)
    faults = account_of(events).faults
    for axis in axes:
        axis.grid(alpha=0.3)
        for fault in faults:
            axis.axvline(hours(fault.time), color="red", linewidth=1)
    axes[0].set_title(f"rocmfix: {len(faults)} fault{'s' * (len(faults) != 1)} (red)")
    axes[-1].set_xlabel("hours")
    figure.savefig(path, dpi=120)
    return True
