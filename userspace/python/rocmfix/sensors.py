# SPDX-License-Identifier: MIT
"""VRAM, use, temperature and power of a GPU, from the files that amdgpu has in sysfs.

Owns reading them. Refuses to do: wake a suspended GPU. What cannot be read is None, never guessed.
"""

from __future__ import annotations

import math
import os
import threading
import time
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import IO, Callable

from . import librocmfix


@dataclass(frozen=True)
class Sample:
    time: float  # seconds since 1970
    vram_used: int | None = None  # bytes
    vram_total: int | None = None  # bytes
    busy: int | None = None  # per cent
    temperature: float | None = None  # degrees Celsius, at the edge of the chip
    power: float | None = None  # watts

    def text(self) -> str:
        """ "VRAM 3.1 of 6.0 GiB, GPU 97 %, 71 °C, 142 W", with what is known of it."""
        parts = []
        if self.vram_used is not None and self.vram_total:
            parts.append(f"VRAM {self.vram_used / 2**30:.1f} of {self.vram_total / 2**30:.1f} GiB")
        if self.busy is not None:
            parts.append(f"GPU {self.busy} %")
        if self.temperature is not None:
            parts.append(f"{self.temperature:.0f} °C")
        if self.power is not None:
            parts.append(f"{self.power:.0f} W")
        return ", ".join(parts)


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


class Sensors:
    def __init__(self, bdf: str, root: str = "/") -> None:
        """`bdf`: the GPU's PCI address, "0000:03:00.0"."""
        self.directory = Path(root) / "sys/bus/pci/devices" / bdf

    def read(self) -> Sample:
        awake = True
        try:
            awake = (self.directory / "power/runtime_status").read_text().strip() == "active"
        except OSError:
            pass  # a kernel without runtime power management does not suspend
        if not awake:
            return Sample(time.time())
        temperature = power = None
        for monitor in sorted(self.directory.glob("hwmon/hwmon*")):
            temperature = _number(monitor / "temp1_input")  # millidegrees
            power = _number(monitor / "power1_average")  # microwatts
            if power is None:
                power = _number(monitor / "power1_input")
        return Sample(
            time.time(),
            _number(self.directory / "mem_info_vram_used"),
            _number(self.directory / "mem_info_vram_total"),
            _number(self.directory / "gpu_busy_percent"),
            None if temperature is None else temperature / 1000,
            None if power is None else power / 1e6,
        )


def find_gpu(device: int, gpus: list[librocmfix.Gpu]) -> librocmfix.Gpu | None:
    """The GPU that PyTorch calls `device`: HIP counts KFD's nodes, as far as they are visible."""
    nodes = sorted((gpu for gpu in gpus if gpu.kfd_node is not None), key=lambda g: g.kfd_node or 0)
    for variable in ("ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES"):
        text = os.environ.get(variable, "")
        if variable == "CUDA_VISIBLE_DEVICES" and "HIP_VISIBLE_DEVICES" in os.environ:
            break  # HIP's own name wins
        if text:
            indices = [int(part) for part in text.split(",") if part.strip().isdigit()]
            nodes = [nodes[index] for index in indices if index < len(nodes)]
    return nodes[device] if 0 <= device < len(nodes) else None


COLUMNS = [field.name for field in fields(Sample)]


def append_row(file: IO[str], sample: Sample) -> None:
    file.write(",".join("" if value is None else f"{value}" for value in astuple(sample)) + "\n")
    file.flush()


def read_rows(path: Path) -> list[Sample]:
    """What a Sampler has written, without a row that a dying process left unfinished."""
    samples = []
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return []
    for line in lines:
        values = line.split(",")
        try:
            numbers = [float(value) if value else None for value in values]
        except ValueError:
            continue  # the heading
        if any(number is not None and not math.isfinite(number) for number in numbers):
            continue
        if len(numbers) == len(COLUMNS) and numbers[0] is not None:
            first = [None if n is None else int(n) for n in numbers[1:4]]
            samples.append(Sample(numbers[0], *first, *numbers[4:]))
    return samples


class Sampler:
    """Reads the sensors every `period` seconds, in a thread, into a file of comma separated rows."""

    def __init__(self, sensors: Sensors, path: Path, period: float = 2.0) -> None:
        self._sensors, self._path, self._period = sensors, path, period
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._recent: list[Sample] = []
        self._thread = threading.Thread(target=self._run, name="rocmfix-sensors", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def take(self) -> list[Sample]:
        """The samples since the last call; at least one."""
        with self._lock:
            recent, self._recent = self._recent, []
        return recent or [self._sensors.read()]

    def _run(self) -> None:
        with open(self._path, "a", encoding="ascii") as file:
            if file.tell() == 0:
                file.write(",".join(COLUMNS) + "\n")
            while not self._stop.wait(self._period):
                sample = self._sensors.read()
                with self._lock:
                    self._recent.append(sample)
                try:
                    append_row(file, sample)
                except OSError:
                    return  # a full disk ends the plot, not the training


def summary(samples: list[Sample]) -> Sample:
    """The most VRAM, and the mean of the rest."""

    def mean(read: Callable[[Sample], float | None]) -> float | None:
        values = [value for value in map(read, samples) if value is not None]
        return sum(values) / len(values) if values else None

    busy = mean(lambda s: s.busy)
    used = [s.vram_used for s in samples if s.vram_used is not None]
    return Sample(
        samples[-1].time,
        max(used) if used else None,
        samples[-1].vram_total,
        None if busy is None else round(busy),
        mean(lambda s: s.temperature),
        mean(lambda s: s.power),
    )
