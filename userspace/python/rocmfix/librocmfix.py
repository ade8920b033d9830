# SPDX-License-Identifier: MIT
"""librocmfix.so through its C interface (rocmfix/c_api.h): GPUs, environment, faults, version.

Owns finding and calling the library. Refuses to do: hold any rule of its own; what is set on which
GPU is decided in userspace/data, once.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

SONAME = "librocmfix.so.1"
SCHEMA = 1
FROM_A_CHECKOUT = "from a checkout, make build"


class LibraryError(RuntimeError):
    """The library is missing, of another version, or says that something is wrong. `hint` is what to do next."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.hint = hint


@dataclass(frozen=True)
class Gpu:
    """An AMD GPU of this machine. None: not known."""

    bdf: str  # PCI address, "0000:03:00.0"
    name: str | None
    gfx: str | None  # "gfx1010"
    supported: bool  # RDNA1 or RDNA2
    kfd_node: int | None
    vram_bytes: int | None


@dataclass(frozen=True)
class Variable:
    """An environment variable of the plan, and why."""

    name: str
    value: str
    reason: str
    source: str = ""


@dataclass(frozen=True)
class Advice:
    """A variable that is neither set nor to be set, and why. Urgent: the program will not work."""

    name: str
    reason: str
    source: str
    urgent: bool
    command: str | None = None  # installs a build of the program that runs on the GPU


@dataclass(frozen=True)
class Environment:
    """What to set, what of the user's stays, and what of either is known to do harm."""

    set: tuple[Variable, ...]
    kept: tuple[Variable, ...]
    warnings: tuple[Variable, ...]
    advice: tuple[Advice, ...] = ()


@dataclass(frozen=True)
class Cause:
    """What an incident may have come from: `rocmfix explain` says the same."""

    id: str
    confidence: str  # "possible", "likely", "certain"
    evidence: list[str]
    check: str
    remedy: str
    grade: str
    source: str


@dataclass(frozen=True)
class Incident:
    """Events that belong together, as objects of `rocmfix explain --json`, and their causes."""

    events: list[dict[str, Any]]
    causes: tuple[Cause, ...]


def _candidates() -> list[str]:
    named = os.environ.get("ROCMFIX_LIBRARY")
    if named:
        return [named]
    package = Path(__file__).absolute().parent
    # A wheel's: never another one, which would be of another version.
    own = package / SONAME
    if own.is_file():
        return [str(own)]
    # In a build tree the package is build/python/rocmfix and the library in build/lib.
    beside = package.parent.parent / "lib" / SONAME
    return [str(beside), SONAME] if beside.is_file() else [SONAME]


@lru_cache(maxsize=1)
def _library() -> ctypes.CDLL:
    problem = ""
    for name in _candidates():
        try:
            library = ctypes.CDLL(name)
            break
        except OSError as error:
            problem = str(error)
    else:
        raise LibraryError(
            f"cannot load {SONAME}: {problem}",
            f"install rocmfix again, the packages or the wheel; {FROM_A_CHECKOUT}",
        )
    try:
        _declare(library)
    except AttributeError as problem:
        raise _other_version(str(problem)) from problem
    return library


def _other_version(why: str) -> LibraryError:
    return LibraryError(
        f"{SONAME} and this Python package are of different versions: {why}",
        "install both from the same release, as packages (librocmfix1 and python3-rocmfix) or as one wheel",
    )


def _declare(library: ctypes.CDLL) -> None:
    """The functions of c_api.h. Raises AttributeError for one that the library does not have."""
    library.rocmfix_version.restype = ctypes.c_char_p
    # void pointers, not c_char_p: that one would be copied and its address lost before it is freed.
    library.rocmfix_status_json.restype = ctypes.c_void_p
    library.rocmfix_status_json.argtypes = [ctypes.c_char_p]
    library.rocmfix_explain_json.restype = ctypes.c_void_p
    library.rocmfix_explain_json.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
    library.rocmfix_python_environment_json.restype = ctypes.c_void_p
    library.rocmfix_python_environment_json.argtypes = [
        ctypes.c_char_p, ctypes.c_char_p, ctypes.POINTER(ctypes.c_char_p)
    ]  # fmt: skip
    library.rocmfix_install_json.restype = ctypes.c_void_p
    library.rocmfix_install_json.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
    library.rocmfix_free.restype = None
    library.rocmfix_free.argtypes = [ctypes.c_void_p]


def _list_of_texts(texts: Iterable[str]) -> ctypes.Array[ctypes.c_char_p]:
    items = [os.fsencode(text) for text in texts]
    return (ctypes.c_char_p * (len(items) + 1))(*items, None)


def _document(
    function: str, *arguments: str, python_path: Iterable[str] | None = None
) -> dict[str, Any]:
    library = _library()
    given: list[Any] = [os.fsencode(text) for text in arguments]
    if python_path is not None:
        given.append(_list_of_texts(python_path))
    address = getattr(library, function)(*given)
    if not address:
        raise MemoryError(f"{function}: no memory")
    try:
        document = json.loads(ctypes.string_at(address).decode("utf-8"))
    except ValueError as problem:
        raise _other_version(f"{function} gives no JSON") from problem
    finally:
        library.rocmfix_free(address)
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise _other_version(f"{function} does not return schema {SCHEMA}")
    if "error" in document:
        raise LibraryError(str(document["error"]), str(document.get("hint", "")))
    return document


_Item = TypeVar("_Item")


def _items(document: dict[str, Any], key: str, form: type[_Item]) -> tuple[_Item, ...]:
    """The list at `key` as objects of `form`; what a newer library says in addition is left out."""
    try:
        return tuple(
            form(**{one.name: item[one.name] for one in fields(form) if _is_wanted(one, item)})
            for item in document[key]
        )
    except (KeyError, TypeError) as problem:
        raise _other_version(f"'{key}' has an unknown form ({problem})") from problem


def _is_wanted(one: Field[Any], item: Any) -> bool:
    return one.default is MISSING or one.name in item


def root_of_this_process() -> str:
    """The machine to look at: ROCMFIX_ROOT, as rocmfix-run reads it, else "/"."""
    return os.environ.get("ROCMFIX_ROOT") or "/"


def layer_is_loaded() -> bool:
    """Whether librocmfix-hip.so is in this process: it limits VRAM and unpins on its own."""
    try:
        return "librocmfix-hip.so" in Path("/proc/self/maps").read_text()
    except OSError:
        return False


def library_name() -> str:
    """The library in use, as it was opened: a path, or SONAME. Raises LibraryError."""
    return _library()._name


def version() -> str:
    """The version of librocmfix, "0.1.0". Raises LibraryError when there is none."""
    text: bytes | None = _library().rocmfix_version()
    if text is None:
        raise _other_version("rocmfix_version returns nothing")
    return text.decode("ascii", "replace")


def gpus(root: str | None = None) -> list[Gpu]:
    """The AMD GPUs, by PCI address. Raises LibraryError. No GPU is woken."""
    return list(_items(_document("rocmfix_status_json", root or root_of_this_process()), "gpus", Gpu))


def install_hint(package: str, root: str | None = None) -> str:
    """What to type for a package of userspace/data/packages.toml on this distribution. Raises LibraryError."""
    document = _document("rocmfix_install_json", root or root_of_this_process(), package)
    if not isinstance(document.get("install"), str):
        raise _other_version("'install' has an unknown form")
    return str(document["install"])


def launcher_hint() -> str:
    """What to do where rocmfix-run is missing."""
    try:
        return f"{install_hint('rocmfix')}, or install the wheel again; {FROM_A_CHECKOUT}"
    except LibraryError as problem:
        return problem.hint


def environment(profile: str = "safe", root: str | None = None) -> Environment:
    """What this process should have set, given what it has. Changes nothing.

    HSA_OVERRIDE_GFX_VERSION is decided by the packages that this interpreter imports; none is
    imported for that. `profile`: "safe" or "original". Raises LibraryError for another one, and
    when a file in /etc/rocmfix or /etc/modprobe.d cannot be understood.
    """
    plan = _document(
        "rocmfix_python_environment_json",
        root or root_of_this_process(),
        profile,
        python_path=[folder for folder in sys.path if "\0" not in folder],
    )

    return Environment(
        _items(plan, "set", Variable),
        _items(plan, "kept", Variable),
        _items(plan, "warnings", Variable),
        _items(plan, "advice", Advice),
    )


def explain(
    log: str = "",
    *,
    events: Iterable[dict[str, Any]] = (),
    environment: Mapping[str, str] | None = None,
    root: str | None = None,
) -> list[Incident]:
    """The GPU faults in a log, or of events, and their possible causes.

    log          a kernel log, a program's output, or both; up to 64 MiB with the rest
    events       [{"type": "gpu_memory_fault", "address": "0x7f3d7a123000"}], fields as in the answer
    environment  of the program: some causes are in it. Default: this process's

    Raises LibraryError for an event of an unknown type, for a log that is too large, and when
    /etc/rocmfix/faults.toml cannot be understood.
    """
    request = {
        "schema": SCHEMA, "log": log, "events": list(events),
        "environment": [f"{name}={value}"
                        for name, value in (os.environ if environment is None else environment).items()],
    }  # fmt: skip
    document = _document(
        "rocmfix_explain_json", root or root_of_this_process(),
        json.dumps(request).replace("\\u0000", "\\ufffd"),
    )  # fmt: skip
    return [
        Incident(item["events"], _items(item, "causes", Cause)) for item in document["incidents"]
    ]
