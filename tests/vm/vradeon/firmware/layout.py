# SPDX-License-Identifier: MIT
"""Packed little-endian C structures, declared in the words of the kernel's headers.

Owns sizes and offsets, and refuses a field that the structure has not. Knows
nothing of what the structures mean. `generate --layout` prints every declared
offset as a C assertion, so that a compiler can hold them against the headers.
"""

import re
import struct

_CODES = {"uint8_t": "B", "uint16_t": "H", "uint32_t": "I", "uint64_t": "Q", "char": "B"}
_FIELD = re.compile(r"(?:struct )?(\w+) (\w+)(?:\[(\d+)\])?;?$")
_known = {}


class Struct:
    """One structure. `fields` is the body of its C declaration."""

    def __init__(self, name, fields, header=None):
        self.name = name
        self.header = header  # where the kernel declares it; None: nowhere by this name
        self.fields = {}
        offset = 0
        for line in filter(None, map(str.strip, fields.splitlines())):
            match = _FIELD.match(line)
            if not match:
                raise ValueError(f"{name}: cannot read '{line}'")
            kind, field, count = match[1], match[2], int(match[3] or 0)
            size = _known[kind].size if kind in _known else struct.calcsize(_CODES[kind])
            self.fields[field] = (offset, kind, count)
            offset += size * max(count, 1)
        self.size = offset
        _known[name] = self

    def pack(self, **values):
        """The structure as bytes; what is not given is 0."""
        data = bytearray(self.size)
        for field, value in values.items():
            if field not in self.fields:
                raise KeyError(f"struct {self.name} has no {field}")
            offset, kind, count = self.fields[field]
            encoded = _encode(kind, count, value)
            data[offset : offset + len(encoded)] = encoded
        return bytes(data)

    def offset(self, field):
        return self.fields[field][0]

    def assertions(self):
        """C lines that fail to compile where the kernel's structure differs."""
        for field, (offset, _, _) in self.fields.items():
            yield f"static_assert(offsetof(struct {self.name}, {field}) == {offset});"
        yield f"static_assert(sizeof(struct {self.name}) == {self.size});"


def _encode(kind, count, value):
    if isinstance(value, bytes):
        return value
    if count:
        return b"".join(_encode(kind, 0, item) for item in value)
    if kind in _known:
        return _known[kind].pack(**value)
    return struct.pack("<" + _CODES[kind], value)


def all_structs():
    return list(_known.values())
