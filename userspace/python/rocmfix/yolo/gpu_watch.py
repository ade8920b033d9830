# SPDX-License-Identifier: MIT
"""The GPU while a run trains on it: PyTorch's share of its VRAM in each epoch, and its sensors.

Owns reading them; batch.py decides what follows. Does nothing on the CPU. The sensors are read by the first
of several processes alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import librocmfix, sensors
from .batch import Pressure
from .rank import is_lead


class GpuWatch:
    def __init__(self) -> None:
        self._sampler: sensors.Sampler | None = None
        self._retries = 0  # of the allocator, before this epoch

    def begin(self, device: Any, table: Path) -> None:
        """`table`: where the sensors' readings are appended."""
        if device.type != "cuda" or not is_lead():
            return
        root = librocmfix.root_of_this_process()
        gpu = sensors.find_gpu(device.index or 0, librocmfix.gpus(root))
        if gpu is not None:
            self._sampler = sensors.Sampler(sensors.Sensors(gpu.bdf, root), table)
            self._sampler.start()

    def begin_epoch(self, device: Any) -> None:
        if device.type == "cuda":
            import torch

            torch.cuda.reset_peak_memory_stats(device)
            self._retries = torch.cuda.memory_stats(device).get("num_alloc_retries", 0)

    def pressure(self, device: Any) -> Pressure | None:
        """Of the epoch that ends; None on the CPU."""
        if device.type != "cuda":
            return None
        import torch

        total = torch.cuda.get_device_properties(device).total_memory
        share = 1.0 if librocmfix.layer_is_loaded() else 0.8
        retries = torch.cuda.memory_stats(device).get("num_alloc_retries", 0)
        peak = torch.cuda.max_memory_allocated(device) / (total * share)
        return Pressure(peak, retries > self._retries)

    def readings(self) -> str:
        """Of the sensors since the last call: "; VRAM 3.1 of 6.0 GiB, ..."."""
        return "" if self._sampler is None else f"; {sensors.summary(self._sampler.take()).text()}"

    def end(self) -> None:
        sampler, self._sampler = self._sampler, None
        if sampler is not None:
            sampler.stop()
