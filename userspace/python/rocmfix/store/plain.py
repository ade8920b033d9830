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
    except (KeyError, IndexError, TypeError, ValueError, RecursionError) as problem:
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


def writer(value: Any) -> Callable[[Any], None]:
    """Writes `value` to a file for read(). Raises NotPlain at once, not when it writes."""
    import torch

    document = encode(value)

    def write(file: Any) -> None:
        guarded: Any = _Guarded(file)
        torch.save(document, guarded)
        if guarded.problem is not None:
            raise guarded.problem

    return write


def read(content: bytes) -> Any:
    """What writer() was given, with its tensors in host memory. Raises NotPlain, whatever `content` is."""
    import torch

    # Of the older forms torch's reader could be led to run code before 2.6, with weights_only, too
    # (CVE-2025-32434).
    if not content.startswith(b"PK\x03\x04"):
        raise NotPlain("it is not in torch's zip form")
    try:
        return decode(torch.load(io.BytesIO(content), map_location="cpu", weights_only=True))
    except Exception as problem:  # torch raises pickle, zip, EOF, key and runtime errors here
        first_line = (str(problem).splitlines() or [""])[0] or type(problem).__name__
        raise NotPlain(first_line) from problem
