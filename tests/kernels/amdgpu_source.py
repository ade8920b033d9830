# SPDX-License-Identifier: MIT
"""amdgpu's source out of Debian's linux-source, unpacked in the cache.

Kernels can share a source (Debian backports point releases): it is kept once, named by its content.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cache import Record
from commands import Failure, quietly

# What is kept of the kernel's source: amdgpu, and what says its version; and KUnit.
AMDGPU = ("Makefile", "drivers/gpu/drm/amd")
KEPT = (*AMDGPU, "lib/kunit", "include/kunit")


def digest(tree: Path) -> str:
    """The same for the same content: of what `sha256sum ./FILE...` prints, in the order of names."""
    files = sorted(os.fsencode(path.relative_to(tree)) for path in tree.rglob("*")
                   if path.is_file() and not path.is_symlink())
    total = hashlib.sha256()
    for name in files:
        content = hashlib.sha256((tree / os.fsdecode(name)).read_bytes()).hexdigest()
        total.update(content.encode() + b"  ./" + name + b"\n")
    return total.hexdigest()


def unpack(tarball: Path, sources: Path, kept: Sequence[str] = KEPT) -> Path:
    """The directory below `sources` that has the source. The caller has the lock."""
    sources.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".new.", dir=sources))
    try:
        quietly(f"unpacking {tarball}",
                ["tar", "-C", str(work), "-xf", str(tarball), "--strip-components=1", "--no-same-owner",
                 "--wildcards", "--no-wildcards-match-slash", *(f"*/{name}" for name in kept)])
        if not (work / "drivers/gpu/drm/amd/amdgpu").is_dir() or not (work / "Makefile").is_file():
            raise Failure(f"no amdgpu in {tarball}")
        source = sources / digest(work)[:16]
        work.chmod(0o755)
        if not source.is_dir():
            work.rename(source)
        return source
    finally:
        shutil.rmtree(work, ignore_errors=True)


def drop_unused(sources: Path, records: Path) -> None:
    """Those that no record names, and what an interrupted unpacking has left. The caller has the lock."""
    used = {Record(path).values().get("pristine") for path in records.glob("*.env")}
    for path in sources.iterdir():
        if path.is_dir() and str(path) not in used:
            shutil.rmtree(path, ignore_errors=True)
