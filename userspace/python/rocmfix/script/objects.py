# SPDX-License-Identifier: MIT
"""The objects of a program that a checkpoint keeps, and how each gives and takes its state.

Owns that choice. A function in a state (a scheduler's, for example) is not kept: on load the program's
own is used again, because a file must not name code.
"""

from __future__ import annotations

import types
import weakref
from functools import partial
from typing import Any, Callable, Mapping

from .errors import CheckpointError

# save() gives plain data and tensors, load() takes them.
Pair = tuple[Callable[[], Any], Callable[[Any], object]]

_PROGRAM = "the program's own"  # in a state, where a function was
_CODE = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, partial, weakref.ref)
_OF_DEVICE = ("fused", "foreach", "capturable")  # of an optimizer's groups: the device decides
HINT = "give objects with state_dict() and load_state_dict(), a (save, load) pair of functions, a list or a dict"


def _without_code(value: Any) -> Any:
    if isinstance(value, _CODE):
        return {_PROGRAM: True}
    if type(value) is dict:
        return {key: _without_code(one) for key, one in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_without_code(one) for one in value)
    return value


def _with_code(saved: Any, live: Any) -> Any:
    """`saved`, with what `live` has at the same place where a function was left out."""
    if isinstance(saved, dict):
        if saved == {_PROGRAM: True}:
            if not isinstance(live, _CODE):
                raise CheckpointError("it was kept with a function that the program does not have now")
            return live
        if type(saved) is dict:
            entries = live if isinstance(live, Mapping) else {}
            return {key: _with_code(one, entries.get(key)) for key, one in saved.items()}
    if type(saved) in (list, tuple):
        items = live if isinstance(live, (list, tuple)) and len(live) == len(saved) else [None] * len(saved)
        return type(saved)(map(_with_code, saved, items))
    return saved


def _unwrapped(value: Any) -> Any:
    """A model without the wrapper of its parallel or compiled form, whose names are others."""
    name = type(value).__name__
    if name == "FullyShardedDataParallel":
        raise CheckpointError("FSDP's sharded models are not supported", "torch.distributed.checkpoint keeps them")
    if name in ("DistributedDataParallel", "DataParallel"):
        return _unwrapped(value.module)
    return getattr(value, "_orig_mod", value)  # torch.compile()


def _of_state_dict(value: Any) -> Pair:
    def save() -> Any:
        state = value.state_dict()
        metadata = getattr(state, "_metadata", None)  # the versions of a model's layers
        return {"state": _without_code(dict(state) if isinstance(state, Mapping) else state),
                "metadata": None if metadata is None else dict(metadata)}  # fmt: skip

    def load(saved: Any) -> None:
        state, metadata = saved["state"], saved["metadata"]
        if not state and not isinstance(value, _module_class()):
            return  # a GradScaler that was switched off, for example
        live = value.state_dict()
        if metadata is not None and hasattr(live, "_metadata"):
            state = type(live)(state)
            state._metadata = type(live._metadata)(metadata)
        elif isinstance(state, dict):
            state = _with_code(state, live)
            _keep_device_choice(state, live)
        value.load_state_dict(state)

    return save, load


def _module_class() -> Any:
    import torch

    return torch.nn.Module


def _keep_device_choice(state: dict[str, Any], live: Any) -> None:
    groups, of_live = state.get("param_groups"), live.get("param_groups") if isinstance(live, Mapping) else None
    if isinstance(groups, list) and isinstance(of_live, list):
        for ours, theirs in zip(groups, of_live):
            ours.update({name: theirs[name] for name in _OF_DEVICE if name in theirs and name in ours})


def _replace_list(value: list[Any]) -> Callable[[Any], object]:
    def load(saved: Any) -> None:
        value[:] = saved

    return load


def _replace_dict(value: dict[Any, Any]) -> Callable[[Any], object]:
    def load(saved: Any) -> None:
        value.clear()
        value.update(saved)

    return load


def _is_stateful(loader: Any) -> bool:
    """torchdata's. accelerate's loader has the methods, too, and they fail for any other."""
    inner = getattr(loader, "base_dataloader", loader)
    return any(one.__name__ == "StatefulDataLoader" for one in type(inner).__mro__)


def _of_loader(value: Any) -> Pair:
    """The order of its next pass, as far as it has a generator of its own: torch's is kept anyway."""
    from .loader import generators_of

    def load(saved: Any) -> None:
        for generator, state in zip(generators_of(value), saved):
            generator.set_state(state)

    return lambda: [generator.get_state() for generator in generators_of(value)], load


def pair_of(name: str, value: Any) -> Pair:
    """How to save and load it. Raises TypeError for what has no way, CheckpointError for FSDP."""
    import torch

    if isinstance(value, torch.Generator):
        return value.get_state, value.set_state
    if isinstance(value, torch.utils.data.DataLoader) and not _is_stateful(value):
        return _of_loader(value)
    value = _unwrapped(value)
    if callable(getattr(value, "state_dict", None)) and callable(getattr(value, "load_state_dict", None)):
        return _of_state_dict(value)
    if isinstance(value, tuple) and len(value) == 2 and all(map(callable, value)):
        return value[0], value[1]
    if isinstance(value, list):
        return lambda: list(value), _replace_list(value)
    if isinstance(value, dict):
        return lambda: dict(value), _replace_dict(value)
    raise TypeError(f"{name}: a {type(value).__name__} cannot be kept: {HINT}")
