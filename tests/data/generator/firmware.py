# SPDX-License-Identifier: MIT
"""A file of firmware that has the header of the real one (amdgpu_ucode.h) and no firmware in it."""

import struct

from .tree import Tree

SIZE, HEADER = 4096, 44


def image(version: int) -> bytes:
    """common_firmware_header: sizes, versions of the header and of the IP, ucode_version, payload."""
    header = struct.pack("<IIHHHHIIII", SIZE, HEADER, 1, 0, 10, 3, version, SIZE - 256, 256, 0)
    return header + b"\0" * (SIZE - len(header))


def write_file(tree: Tree, name: str, version: int) -> None:
    tree.write(f"usr/lib/firmware/{name}", image(version))
