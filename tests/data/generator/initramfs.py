# SPDX-License-Identifier: MIT
"""An initramfs as initramfs-tools lays it out: optionally an uncompressed cpio archive with
microcode, then a compressed one with modules and modprobe's configuration."""

import gzip
import os
import subprocess
from pathlib import Path


def cpio_newc(entries: dict) -> bytes:
    """{name: bytes | str (a link's target) | None (a directory)} in cpio's format newc."""
    archive = bytearray()
    for inode, (name, content) in enumerate([*sorted(entries.items()), ("TRAILER!!!", b"")], 1):
        mode = 0o40755 if content is None else 0o120777 if isinstance(content, str) else 0o100644
        data = b"" if content is None else os.fsencode(content)
        if name == "TRAILER!!!":
            inode = mode = 0
        fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
        archive += b"070701" + b"".join(b"%08X" % f for f in fields) + name.encode() + b"\0"
        archive += b"\0" * (-len(archive) % 4) + data
        archive += b"\0" * (-len(archive) % 4)
    return bytes(archive) + b"\0" * (-len(archive) % 512)


def with_directories(files: dict) -> dict:
    """The same and every directory above them: the kernel creates none on its own."""
    parents = {str(p) for name in files for p in Path(name).parents}
    return {**dict.fromkeys(sorted(parents)), **files}


def build(files: dict, compression: str, microcode: bool) -> bytes:
    early = b""
    if microcode:
        blob = b"no microcode: a stand-in for the file that early loading looks for\n"
        early = cpio_newc(with_directories({"kernel/x86/microcode/AuthenticAMD.bin": blob}))
    main = cpio_newc(with_directories(files))
    if compression == "gzip":
        return early + gzip.compress(main, mtime=0)
    zstd = ["zstd", "-q", "-19", "-T1", "-c", "-"]
    return early + subprocess.run(zstd, input=main, stdout=subprocess.PIPE, check=True).stdout
