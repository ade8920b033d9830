# SPDX-License-Identifier: MIT
"""A file of torch.save() without the tensors that another file has too, and back to the same bytes.

A checkpoint of ultralytics has weights of the exact state as 16-bit numbers, and its optimizer as 16 or
32-bit ones, as the version will. Here each record of it that is a tensor of the state, or one rounded,
becomes a hole with the tensor's number. What does not match to the bit stays, so that any file comes
back as it was; its sum is checked.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from typing import Any, Iterator, Sequence

_SMALLEST = 256  # bytes: a hole costs about 30


class NotWhole(ValueError):
    """What was not put together as it was."""


def _bytes(tensor: Any, rounded: bool) -> bytes:
    import torch

    dense = tensor.detach().cpu().contiguous()
    dense = dense.half() if rounded else dense
    return bytes(dense.reshape(-1).view(torch.uint8).numpy().tobytes())


def _known(tensors: Sequence[Any], sizes: set[int]) -> dict[tuple[int, int], tuple[int, bool]]:
    """(bytes, CRC-32) of each -> its number, and whether it was rounded."""
    import torch

    found: dict[tuple[int, int], tuple[int, bool]] = {}
    for number, tensor in enumerate(tensors):
        for rounded in (False, True) if tensor.dtype == torch.float32 else (False,):
            if tensor.numel() * (2 if rounded else tensor.element_size()) in sizes:
                content = _bytes(tensor, rounded)
                found.setdefault((len(content), zlib.crc32(content)), (number, rounded))
    return found


def _records(content: bytes) -> Iterator[tuple[int, int, int]]:
    """(offset, bytes, CRC-32) of what could be a tensor, in the order of the file."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for record in sorted(archive.infolist(), key=lambda one: one.header_offset):
            if record.compress_type != zipfile.ZIP_STORED or record.file_size < _SMALLEST:
                continue
            header = content[record.header_offset : record.header_offset + 30]
            skipped = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
            yield record.header_offset + 30 + skipped, record.file_size, record.CRC


def take_out(content: bytes, tensors: Sequence[Any]) -> bytes:
    """For put_back(). A `content` of any other kind stays whole."""
    try:
        records = list(_records(content))
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        records = []
    known = _known(tensors, {size for _, size, _ in records})
    holes: list[tuple[int, int, int, bool]] = []
    rest, end = [], 0
    for offset, size, crc in records:
        number, rounded = known.get((size, crc), (-1, False))
        if number < 0 or offset < end or content[offset : offset + size] != _bytes(tensors[number], rounded):
            continue
        holes.append((offset - end, size, number, rounded))  # what stays before it, and what goes
        rest.append(content[end:offset])
        end = offset + size
    header = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(), "holes": holes}
    return b"".join([json.dumps(header).encode(), b"\n", *rest, content[end:]])


def put_back(rest: bytes, tensors: Sequence[Any]) -> bytes:
    """What take_out() was given. Raises NotWhole, whatever `rest` and `tensors` are."""
    try:
        line, _, rest = rest.partition(b"\n")
        header = json.loads(line)
        pieces, at = [], 0
        for before, size, number, rounded in header["holes"]:
            piece = _bytes(tensors[number], rounded)
            if len(piece) != size or before < 0:
                raise NotWhole("a tensor is of another size")
            pieces += [rest[at : at + before], piece]
            at += before
        content = b"".join([*pieces, rest[at:]])
        if hashlib.sha256(content).hexdigest() != header["sha256"]:
            raise NotWhole("it is not what was written")
        return content
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, RuntimeError, RecursionError) as problem:
        raise NotWhole(str(problem) or type(problem).__name__) from problem
