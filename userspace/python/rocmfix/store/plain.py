# SPDX-License-Identifier: MIT
"""Nested values as JSON and a list of tensors, which every torch reads with weights_only=True.

That reader runs nothing that a file brings along, but knows few types: torch 1.13's has no floating
point number. Owns the form. Numbers, texts, bytes, lists, tuples, dictionaries, counters, deques, sets,
tensors and numpy's arrays of numbers come back as they were; numpy's scalars as Python's numbers.
"""

from __future__ import annotations

import io
import json
from collections import Counter, deque
from typing import Any, Callable

_DEEPEST = 40
_KINDS = "biufc"  # of numpy's arrays: numbers and truth values
_ZEROS = ("float16", "bfloat16", "float32", "float64", "int64", "int32", "uint8")
_MANY = 64  # elements; a tensor of zeros with fewer is kept as it is


class NotPlain(ValueError):
    """A value that this form does not hold, or a text that is not of this form."""


def _bytes_of_array(array: Any) -> bytes:
    if array.dtype.kind not in _KINDS:
        raise NotPlain(f"an array of {array.dtype} is not kept")
    content: bytes = array.tobytes()
    return content


def _array(dtype: str, shape: list[int], content: bytes) -> Any:
    """Only numbers: of other kinds numpy would make objects."""
    import numpy

    kind = numpy.dtype(dtype)
    if kind.kind not in _KINDS or kind.str != dtype:
        raise NotPlain("an array is not of numbers")
    return numpy.frombuffer(content, kind).reshape(shape).copy()


def _is_zero(tensor: Any) -> bool:
    """All its bits: -0.0 is none. Gradients are, after a step with torch 1.13."""
    import torch

    dense = tensor.layout == torch.strided and not tensor.is_quantized
    if not dense or tensor.numel() < _MANY or str(tensor.dtype).rpartition(".")[2] not in _ZEROS:
        return False
    flat = tensor.detach().contiguous().reshape(-1)
    return not bool(flat[:_MANY].any()) and not bool(flat.view(torch.uint8).any())


def encode(value: Any) -> dict[str, Any]:
    """For torch.save(). Raises NotPlain."""
    import torch

    tensors: list[Any] = []

    def tensor_of(content: bytes) -> int:
        tensors.append(torch.frombuffer(bytearray(content or b"\0"), dtype=torch.uint8)[: len(content)])
        return len(tensors) - 1

    def plain(item: Any, depth: int) -> Any:
        if depth > _DEEPEST:
            raise NotPlain("it is nested too deeply")
        if isinstance(item, torch.Tensor):
            if _is_zero(item):
                return {"zeros": [str(item.dtype).rpartition(".")[2], list(item.shape)]}
            tensors.append(item)
            return {"tensor": len(tensors) - 1}
        if type(item).__module__ == "numpy" and getattr(item, "shape", None) == ():
            item = item.item()
        if item is None or isinstance(item, (bool, int, float, str)):
            return item
        if isinstance(item, list):
            return [plain(one, depth + 1) for one in item]
        if isinstance(item, tuple):
            return {"tuple": [plain(one, depth + 1) for one in item]}
        if isinstance(item, (bytes, bytearray)):
            return {"bytes": tensor_of(bytes(item))}
        if type(item).__module__ == "numpy" and type(item).__name__ == "ndarray":
            return {"array": [item.dtype.str, list(item.shape), tensor_of(_bytes_of_array(item))]}
        if isinstance(item, complex):
            return {"complex": [item.real, item.imag]}
        if isinstance(item, Counter):
            return {"counter": [[plain(key, depth + 1), count] for key, count in item.items()]}
        if isinstance(item, deque):
            return {"deque": [item.maxlen, [plain(one, depth + 1) for one in item]]}
        if isinstance(item, (set, frozenset)):
            return {"set": [plain(one, depth + 1) for one in sorted(item, key=repr)]}
        if isinstance(item, dict):
            return {"dict": [[plain(key, depth + 1), plain(one, depth + 1)] for key, one in item.items()]}
        raise NotPlain(f"{type(item).__name__} is not kept")

    return {"json": json.dumps(plain(value, 0)), "tensors": tensors}


def decode(document: Any) -> Any:
    """What encode() was given. Raises NotPlain, whatever `document` is."""
    import torch

    def bytes_at(number: int) -> bytes:
        content: bytes = tensors[number].to(torch.uint8).numpy().tobytes()
        return content

    def zeros(dtype: str, shape: list[int]) -> Any:
        kind = getattr(torch, dtype) if dtype in _ZEROS else None
        if kind is None or not all(isinstance(one, int) and one >= 0 for one in shape):
            raise NotPlain("a tensor of zeros has no form")
        return torch.zeros(shape, dtype=kind)

    def value(item: Any, depth: int) -> Any:
        if depth > _DEEPEST:
            raise NotPlain("it is nested too deeply")
        if isinstance(item, list):
            return [value(one, depth + 1) for one in item]
        if not isinstance(item, dict):
            return item
        (kind, content), *more = item.items()
        if kind == "tensor" and not more:
            return tensors[content]
        if kind == "zeros" and not more:
            return zeros(*content)
        if kind == "tuple" and not more:
            return tuple(value(one, depth + 1) for one in content)
        if kind == "bytes" and not more:
            return bytes_at(content)
        if kind == "array" and not more:
            return _array(content[0], content[1], bytes_at(content[2]))
        if kind == "complex" and not more:
            return complex(*content)
        if kind == "counter" and not more:
            return Counter({value(key, depth + 1): int(count) for key, count in content})
        if kind == "deque" and not more:
            return deque([value(one, depth + 1) for one in content[1]], content[0])
        if kind == "set" and not more:
            return {value(one, depth + 1) for one in content}
        if kind == "dict" and not more:
            return {value(key, depth + 1): value(one, depth + 1) for key, one in content}
        raise NotPlain(f"no '{kind}' is known")

    try:
        tensors = document["tensors"]
        if not all(isinstance(one, torch.Tensor) for one in tensors):
            raise NotPlain("something among the tensors is none")
        return value(json.loads(document["json"]), 0)
    except (KeyError, IndexError, TypeError, ValueError, RuntimeError, RecursionError) as problem:
        raise NotPlain(str(problem) or type(problem).__name__) from problem


class _Guarded:
    """A file whose write() never raises: torch's zip writer ends the process with abort() if one does."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.problem: Exception | None = None  # what the first failed write raised

    def write(self, content: Any) -> int:
        if self.problem is None:
            try:
                self._file.write(content)
            except Exception as problem:
                self.problem = problem
        return memoryview(content).nbytes

    def flush(self) -> None:
        pass


def saving(document: dict[str, Any]) -> Callable[[Any], None]:
    """Writes what encode() gave."""
    import torch

    def write(file: Any) -> None:
        guarded: Any = _Guarded(file)
        torch.save(document, guarded)
        if guarded.problem is not None:
            raise guarded.problem

    return write


def writer(value: Any) -> Callable[[Any], None]:
    """Writes `value` to a file for read(). Raises NotPlain at once, not when it writes."""
    return saving(encode(value))


def load(content: bytes) -> Any:
    """The document that was written, its tensors in host memory. Raises NotPlain, whatever `content` is."""
    import torch

    # Of the older forms torch's reader could be led to run code before 2.6, with weights_only, too
    # (CVE-2025-32434).
    if not content.startswith(b"PK\x03\x04"):
        raise NotPlain("it is not in torch's zip form")
    try:
        return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as problem:  # torch raises pickle, zip, EOF, key and runtime errors here
        first_line = (str(problem).splitlines() or [""])[0] or type(problem).__name__
        raise NotPlain(first_line) from problem


def read(content: bytes) -> Any:
    """What writer() was given, with its tensors in host memory. Raises NotPlain, whatever `content` is."""
    return decode(load(content))
