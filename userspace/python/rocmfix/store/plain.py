# SPDX-License-Identifier: MIT
"""Nested values as JSON and a list of tensors, which every torch reads with weights_only=True.

That reader runs nothing that a file brings along, but knows few types: torch 1.13's has no floating
point number. Owns the form. Numbers, texts, lists, tuples, dictionaries and tensors come back as they
were; numpy's scalars as Python's numbers.
"""

from __future__ import annotations

import io
import json
from typing import Any, Callable

_DEEPEST = 40


class NotPlain(ValueError):
    """A value that this form does not hold, or a text that is not of this form."""


def encode(value: Any) -> dict[str, Any]:
    """For torch.save(). Raises NotPlain."""
    import torch

    tensors: list[Any] = []

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
        if isinstance(item, dict):
            return {"dict": [[plain(key, depth + 1), plain(one, depth + 1)] for key, one in item.items()]}
        raise NotPlain(f"{type(item).__name__} is not kept")

    return {"json": json.dumps(plain(value, 0)), "tensors": tensors}


def decode(document: Any) -> Any:
    """What encode() was given. Raises NotPlain, whatever `document` is."""
    import torch

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


def writer(value: Any) -> Callable[[Any], None]:
    """Writes `value` to a file for read(). Raises NotPlain at once, not when it writes."""
    import torch

    document = encode(value)
    return lambda file: torch.save(document, file)


def read(content: bytes) -> Any:
    """What writer() was given, with its tensors in host memory. Raises NotPlain, whatever `content` is."""
    import torch

    try:
        return decode(torch.load(io.BytesIO(content), map_location="cpu", weights_only=True))
    except Exception as problem:  # torch raises pickle, zip, EOF, key and runtime errors here
        first_line = (str(problem).splitlines() or [""])[0] or type(problem).__name__
        raise NotPlain(first_line) from problem
