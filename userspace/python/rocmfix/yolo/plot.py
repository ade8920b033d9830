# SPDX-License-Identifier: MIT
"""rocmfix.png, next to ultralytics' results.png: what came of the epochs, the GPU, and what went wrong when.

Time goes from left to right as it went by: a pause is a gap, and what a fault has cost is shaded.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

from .. import sensors
from ..printable import printable
from .account import GPU_FAULT, HANG, Loss, account_of
from .journal import TERMINAL, Event, Journal
from .session import state_of

Points = list[tuple[float, float]]  # hours since the beginning, value; NaN: the line is interrupted
SENSORS: tuple[tuple[str, Callable[[sensors.Sample], float | None]], ...] = (
    ("VRAM, GiB", lambda s: None if s.vram_used is None else s.vram_used / 2**30),
    ("GPU in use, %", lambda s: s.busy),
    ("temperature, °C", lambda s: s.temperature),
    ("power, W", lambda s: s.power),
)
SILENCE = 10.0  # seconds without a sample: nobody has measured
ROWS = 4  # of labels above each other
MOST_LABELS = 24
RED, GREY, BLUE, ORANGE = "#c1121f", "#6c757d", "#1d6fa5", "#c96a00"


@dataclass
class Mark:
    time: float
    label: str
    colour: str


@dataclass
class Picture:
    """All that is drawn, in hours since `begin`."""

    begin: float  # seconds since 1970
    end: float  # hours
    losses: list[Loss] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    epochs: Points = field(default_factory=list)
    loss: Points = field(default_factory=list)
    metrics: dict[str, Points] = field(default_factory=dict)
    sensors: dict[str, Points] = field(default_factory=dict)

    def hours(self, time: float) -> float:
        return (time - self.begin) / 3600


def read_results(path: Path) -> dict[int, dict[str, float]]:
    """Epoch -> columns, without what is not a number. Empty without a file."""
    rows: dict[int, dict[str, float]] = {}
    try:
        with open(path, newline="", encoding="utf-8", errors="replace") as file:
            for row in csv.DictReader(file):
                values = {}
                for name, text in row.items():
                    try:
                        values[str(name).strip()] = float(text)
                    except (TypeError, ValueError):
                        continue
                if math.isfinite(values.get("epoch", math.nan)):
                    rows[int(values["epoch"])] = values
    except (OSError, csv.Error):
        pass
    return rows


def _metric_names(rows: dict[int, dict[str, float]]) -> list[str]:
    names = list(dict.fromkeys(name for row in rows.values() for name in row if name.startswith("metrics/")))
    return [name for name in names if "mAP" in name or "accuracy" in name] or names


def marks_of(losses: list[Loss], changes: list[Event]) -> list[Mark]:
    marks = []
    for loss in losses:
        label = loss.what + (f", then {', '.join(loss.mitigations)}" if loss.mitigations else "")
        marks.append(Mark(loss.time, printable(label), RED if loss.kind in (GPU_FAULT, HANG) else GREY))
    for change in changes:
        batch = change["event"] == "batch"
        label = f"batch {change.get('new')}" if batch else f"on the {change.get('new')}"
        marks.append(Mark(float(change["time"]), printable(label), BLUE if batch else ORANGE))
    return sorted(marks, key=lambda mark: mark.time)


def _sensor_lines(samples: list[sensors.Sample], picture: Picture) -> dict[str, Points]:
    lines = {}
    for name, read in SENSORS:
        points: Points = []
        before = -math.inf
        for sample in samples:
            if (value := read(sample)) is None:
                continue
            if sample.time - before > SILENCE:
                points.append((picture.hours(sample.time), math.nan))
            points.append((picture.hours(sample.time), value))
            before = sample.time
        if points:
            lines[name] = points
    return lines


def picture_of(events: list[Event], rows: dict[int, dict[str, float]], samples: list[sensors.Sample]) -> Picture:
    account = account_of(events)
    begin, end = float(events[0]["time"]), float(events[-1]["time"])
    marks = marks_of(account.losses, account.changes)
    picture = Picture(begin, (end - begin) / 3600, account.losses, marks)
    names = _metric_names(rows)
    picture.metrics = {name: [] for name in names}
    for event in events:
        now = picture.hours(float(event["time"]))
        if event["event"] in ("launch", "exit", *TERMINAL):
            for line in (picture.epochs, picture.loss, *picture.metrics.values()):
                line.append((now, math.nan))
        if event["event"] not in ("epoch", "unkept"):
            continue
        row = rows.get(int(event["epoch"]), {})
        picture.epochs.append((now, float(event["epoch"])))
        losses = [value for name, value in row.items() if name.startswith("train/") and "loss" in name]
        if losses:
            picture.loss.append((now, sum(losses)))
        for name in names:
            if name in row:
                picture.metrics[name].append((now, row[name]))
    picture.sensors = _sensor_lines(samples, picture)
    return picture


def _line(axis: Any, points: Points, **style: Any) -> None:
    axis.plot([x for x, _ in points], [y for _, y in points], **style)


def _draw_results(axis: Any, picture: Picture) -> None:
    style = {"marker": "o", "markersize": 2.5, "linewidth": 1.2}
    _line(axis, picture.loss, color="black", label="training loss", **style)
    axis.set_ylabel("loss")
    other = axis.twinx()
    for name, colour in zip(picture.metrics, ("#2a9d4a", "#7b3fa0", "#00838f", "#9c6b00")):
        _line(other, picture.metrics[name], color=colour, label=name.removeprefix("metrics/"), **style)
    other.set_ylabel("metrics")
    other.set_ylim(bottom=0)
    handles = [*axis.get_legend_handles_labels()[0], *other.get_legend_handles_labels()[0]]
    other.legend(handles=handles, loc="lower right", bbox_to_anchor=(1, 1), ncol=len(handles), fontsize=7,
                 frameon=False)  # fmt: skip


def _draw_labels(axis: Any, picture: Picture) -> None:
    """In rows, so that those of one hour do not cover each other."""
    axis.set_ylim(ROWS, 0)
    axis.set_yticks([])
    axis.set_ylabel("events")
    for number, mark in enumerate(picture.marks[:MOST_LABELS]):
        at = picture.hours(mark.time)
        left = at < 0.6 * picture.end  # or it would leave the picture
        axis.annotate(mark.label[:48], (at, number % ROWS + 0.55), fontsize=7, color=mark.colour,
                      xytext=(3 if left else -3, 0), textcoords="offset points", va="center",
                      ha="left" if left else "right",
                      bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5})  # fmt: skip
    if len(picture.marks) > MOST_LABELS:
        axis.set_title(f"the first {MOST_LABELS} of {len(picture.marks)} events have their names",
                       fontsize=7, loc="right")  # fmt: skip


def draw(picture: Picture, path: Path) -> None:
    """Raises OSError, and ImportError without matplotlib."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    heights = [0.8, 2.0, 1.0, *[1.0] * len(picture.sensors)]
    figure = Figure(figsize=(11, 1.0 + 1.5 * sum(heights)), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(heights), 1, sharex=True, gridspec_kw={"height_ratios": heights})
    _draw_labels(axes[0], picture)
    _draw_results(axes[1], picture)
    _line(axes[2], picture.epochs, drawstyle="steps-post", color="black", linewidth=1.2)
    axes[2].set_ylabel("epochs done")
    for axis, (name, points) in zip(axes[3:], picture.sensors.items()):
        _line(axis, points, color=BLUE, linewidth=0.8)
        axis.set_ylabel(name)
    for axis in axes:
        axis.set_facecolor("white")
        axis.grid(alpha=0.25)
        for loss in picture.losses:
            axis.axvspan(*map(picture.hours, loss.interval), color=RED, alpha=0.12, linewidth=0)
        for mark in picture.marks:
            axis.axvline(picture.hours(mark.time), color=mark.colour, linewidth=0.9, linestyle="--")
    faults = sum(loss.kind == GPU_FAULT for loss in picture.losses)
    minutes = sum(loss.lost_seconds for loss in picture.losses) / 60
    hangs = sum(loss.kind == HANG for loss in picture.losses)
    others = len(picture.losses) - faults - hangs
    figure.suptitle(f"rocmfix: {faults} GPU fault{'s' * (faults != 1)}"
                    + (f", {hangs} hang{'s' * (hangs != 1)}" if hangs else "")
                    + (f", {others} other death{'s' * (others != 1)}" if others else "")
                    + f"; {minutes:.1f} minutes lost (shaded)", fontsize=10)  # fmt: skip
    axes[-1].set_xlabel("hours")
    figure.savefig(path, dpi=110)


def draw_run(run: Path) -> None:
    """Into rocmfix.png of the run. Raises OSError, and ImportError without matplotlib."""
    events = Journal(state_of(run) / "journal.jsonl").read()
    if events:
        samples = sensors.read_rows(state_of(run) / "gpu.csv")
        draw(picture_of(events, read_results(run / "results.csv"), samples), run / "rocmfix.png")
