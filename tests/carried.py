#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Programs whose GPU code is for the targets that a test wants: real ELF files of Debian's gcc, with
a section .hip_fatbin of bundles as clang writes them. From a shell, for the text cases:

    tests/carried.py venv DIR TARGET...     a virtual environment with a torch for ROCm
    tests/carried.py program FILE TARGET... a program that carries them itself
    tests/carried.py library FILE TARGET... a library that does; either --linked FILE... with these
    tests/carried.py tree DIR TARGET...     a Python and such an environment, /opt/venv, in the root DIR

With --kpack TARGET... the torch has its code in .kpack files, of which these are installed (none: the
bare option); --hip and --cuda say what its version.py says.
"""

import argparse

import shutil
import struct
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
MAGIC = b"__CLANG_OFFLOAD_BUNDLE__"


def bundle(targets):
    """A plain fat binary: an entry for the host and one a target, 16 bytes of code each."""
    ids = [b"host-x86_64-unknown-linux-gnu-"]
    ids += [f"hipv4-amdgcn-amd-amdhsa--{target}".encode() for target in targets]
    size = len(MAGIC) + 8 + sum(24 + len(name) for name in ids)
    start = (size + 4095) // 4096 * 4096
    table = b""
    for number, name in enumerate(ids):
        place = (start + 4096 * number, 0 if number == 0 else 16)
        table += struct.pack("<QQQ", *place, len(name)) + name
    body = MAGIC + struct.pack("<Q", len(ids)) + table
    return body.ljust(start + 4096 * (len(ids) - 1) + 16, b"\0")


def marker(paths):
    """.rocm_kpack_ref: a msgpack map with the paths."""
    words = b"".join(bytes([0xD9, len(path)]) + path.encode() for path in paths)
    key = b"kpack_search_paths"
    return bytes([0x81, 0xA0 | len(key)]) + key + bytes([0x90 | len(paths)]) + words


def build(path, source, *options):
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["gcc", "-x", "c", "-", "-x", "none", "-o", path, *options], input=source, text=True, check=True
    )
    return path


def add_section(path, name, content):
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        subprocess.run(["objcopy", f"--add-section={name}={file.name}", path], check=True)


def library(path, targets=(), *options):
    """A shared library; its soname is the file's name."""
    path = Path(path)
    build(path, "int nothing;", "-shared", f"-Wl,-soname,{path.name}", *options)
    if targets:
        add_section(path, ".hip_fatbin", bundle(targets))
    return path


def linked(paths):
    """Options of gcc: the library asks for these by their soname, and looks next to itself first."""
    return ["-Wl,--no-as-needed", "-Wl,-rpath,$ORIGIN", *(Path(path).resolve() for path in paths)]


def program(path, targets=(), *options):
    """A program that prints HSA_OVERRIDE_GFX_VERSION."""
    source = '#include <stdio.h>\n#include <stdlib.h>\nint main(void) {\n'
    source += 'const char *value = getenv("HSA_OVERRIDE_GFX_VERSION");\n'
    source += 'puts(value ? value : "not set"); }\n'
    path = build(Path(path), source, *options)
    if targets:
        add_section(path, ".hip_fatbin", bundle(targets))
    return path


def kpack(path, targets):
    """A .kpack file: its table of contents, without code."""
    path.parent.mkdir(parents=True, exist_ok=True)
    words = b"".join(bytes([0xD9, len(target)]) + target.encode() for target in targets)
    key = b"gfx_arches"
    toc = bytes([0x81, 0xA0 | len(key)]) + key + bytes([0x90 | len(targets)]) + words
    path.write_bytes(b"KPAK" + struct.pack("<IQ", 1, 16) + toc)


def torch(site, targets, hip="'6.3.42131'", kpack=(), cuda=None, version="2.9.0"):
    """site-packages/torch, with what `import torch` is not needed for."""
    folder = Path(site) / "torch"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "__init__.py").write_text("raise ImportError('torch was imported')\n")
    (folder / "version.py").write_text(
        f"from typing import Optional\n\n__version__ = '{version}'\ndebug = False\n"
        f"cuda: Optional[str] = {cuda}\nhip: Optional[str] = {hip}\n"
    )
    hip_library = library(folder / "lib" / "libtorch_hip.so", targets)
    if kpack:
        add_section(hip_library, ".rocm_kpack_ref", marker(kpack))
    return folder


def venv(folder, targets=None, **how):
    """A virtual environment of this interpreter. `targets` None: without torch."""
    folder = Path(folder)
    site = folder / "lib" / f"python{VERSION}" / "site-packages"
    site.mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "bin" / "python3").symlink_to(sys.executable)
    (folder / "bin" / "python").symlink_to("python3")
    (folder / "pyvenv.cfg").write_text(
        f"home = {Path(sys.executable).parent}\ninclude-system-site-packages = false\n"
        f"version = {sysconfig.get_python_version()}\n"
    )
    if targets is not None:
        torch(site, targets, **how)
    return folder


KPACK = "../.kpack/torch_@GFXARCH@.kpack"


def tree(root, targets, packed=None, **how):
    """A Python that cannot run below `root`, and its virtual environment /opt/venv. `packed`: the
    targets whose .kpack file is installed; None: the library has its code itself."""
    root = Path(root)
    python = root / "usr" / "bin" / f"python{VERSION}"
    python.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(shutil.which("true"), python)
    (python.parent / "python3").symlink_to(python.name)
    library = root / "usr" / "lib" / f"python{VERSION}"
    library.mkdir(parents=True)
    (library / "os.py").touch()
    folder = root / "opt" / "venv"
    site = folder / "lib" / f"python{VERSION}" / "site-packages"
    site.mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "bin" / "python3").symlink_to("/usr/bin/python3")
    (folder / "bin" / "python").symlink_to("python3")
    (folder / "pyvenv.cfg").write_text(
        f"home = /usr/bin\ninclude-system-site-packages = false\nversion = {VERSION}\n"
    )
    made = torch(site, targets, kpack=() if packed is None else (KPACK,), **how)
    for target in packed or ():
        kpack(made / ".kpack" / f"torch_{target}.kpack", [target])
    return root


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["venv", "program", "library", "tree"])
    parser.add_argument("where", type=Path)
    parser.add_argument("targets", nargs="*")
    parser.add_argument("--kpack", nargs="*", dest="packed")
    parser.add_argument("--linked", nargs="*", default=[])
    for name in ("hip", "cuda", "version"):
        parser.add_argument(f"--{name}")
    given = parser.parse_args()
    how = {name: getattr(given, name) for name in ("hip", "cuda") if getattr(given, name)}
    how = {name: value if value == "None" else repr(value) for name, value in how.items()}
    if given.version:
        how["version"] = given.version
    if given.what == "tree":
        tree(given.where, given.targets, given.packed, **how)
    elif given.what == "venv":
        venv(given.where, given.targets)
    else:
        make = {"library": library, "program": program}[given.what]
        make(given.where, given.targets, *linked(given.linked))


if __name__ == "__main__":
    main()
