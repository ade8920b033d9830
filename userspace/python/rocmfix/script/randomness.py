# SPDX-License-Identifier: MIT
"""The state of the random generators of this process: Python's, numpy's, torch's on the CPU and each GPU.

numpy's is taken only once the program has imported it, and those of the GPUs only once it has opened them.
Other generators (numpy.random.default_rng(), a torch.Generator) are objects of the program's.
"""

from __future__ import annotations

import importlib
import random
import sys
from typing import Any


def capture() -> dict[str, Any]:
    """As plain data. Draws nothing."""
    torch: Any = importlib.import_module("torch")
    numpy = sys.modules.get("numpy")
    of_numpy: Any = None
    if numpy is not None:
        name, keys, *position = numpy.random.get_state()
        of_numpy = (name, keys.tolist(), *position)
    gpus = torch.cuda.is_available() and torch.cuda.is_initialized()
    return {
        "python": random.getstate(),
        "numpy": of_numpy,
        "torch": torch.get_rng_state(),
        "gpus": torch.cuda.get_rng_state_all() if gpus else [],
    }


def restore(state: dict[str, Any]) -> None:
    """Of GPUs that are not there any more nothing is restored."""
    torch: Any = importlib.import_module("torch")
    random.setstate(state["python"])
    if state["numpy"] is not None:
        import numpy

        name, keys, *position = state["numpy"]
        of_numpy: Any = (name, numpy.asarray(keys, dtype=numpy.uint32), *position)
        numpy.random.set_state(of_numpy)
    torch.set_rng_state(state["torch"])
    if state["gpus"] and torch.cuda.is_available():
        for number, of_gpu in enumerate(state["gpus"][: torch.cuda.device_count()]):
            torch.cuda.set_rng_state(of_gpu, number)
