# SPDX-License-Identifier: MIT
"""Reading a checkpoint of torch.save() to see that it is whole, without running what it names.

ultralytics' last.pt is a zip archive of a pickle of whole objects and of the bytes of their tensors.
Here every class and function that the pickle names becomes one that does nothing, and of the bytes
the archive's sums are checked. torch has no part in it: 1.13's torch.load() ignores `pickle_module`.
"""

from __future__ import annotations

import collections
import io
import pickle
import zipfile
from typing import Any


class NotWhole(Exception):
    """What is wrong with the file."""


class Inert:
    """What a class, a function or a tensor of the file has become."""

    def __new__(cls, *_: Any, **__: Any) -> "Inert":
        return object.__new__(cls)

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __call__(self, *_: Any, **__: Any) -> "Inert":
        return Inert()

    def __setstate__(self, _: Any) -> None:
        pass

    def __setitem__(self, _: Any, __: Any) -> None:
        pass

    def append(self, _: Any) -> None:
        pass

    extend = update = add = append


class _Unpickler(pickle.Unpickler):
    def __init__(self, content: bytes, sizes: dict[str, int]) -> None:
        super().__init__(io.BytesIO(content), encoding="utf-8")
        self._sizes = sizes

    def find_class(self, module: str, name: str) -> Any:
        is_dictionary = module == "collections" and name == "OrderedDict"
        return collections.OrderedDict if is_dictionary else Inert

    def persistent_load(self, identity: Any) -> Any:
        """("storage", type, name of the record, device, elements)"""
        kind, _, name, _, elements = identity
        if kind != "storage" or self._sizes.get(name, -1) < elements:  # of a byte each, at least
            raise NotWhole(f"the tensor {name!r} is missing")
        return Inert()


def read(content: bytes) -> Any:
    """The object that was saved, with Inert in it. Raises NotWhole, whatever `content` is."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            records = archive.infolist()
            if any(record.compress_type != zipfile.ZIP_STORED for record in records):
                raise NotWhole("it is compressed, which torch never does")
            if (bad := archive.testzip()) is not None:
                raise NotWhole(f"{bad} is damaged")
            (name,) = [record.filename for record in records if record.filename.endswith("/data.pkl")]
            folder = name[: -len("data.pkl")] + "data/"
            sizes = {record.filename[len(folder) :]: record.file_size for record in records
                     if record.filename.startswith(folder)}  # fmt: skip
            return _Unpickler(archive.read(name), sizes).load()
    except NotWhole:
        raise
    except Exception as problem:  # zipfile and pickle raise what the bytes lead them to
        raise NotWhole(f"{problem or type(problem).__name__}".splitlines()[0]) from problem
