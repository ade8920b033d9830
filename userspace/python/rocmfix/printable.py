# SPDX-License-Identifier: MIT
"""Text that somebody else wrote (a path, a variable, a message of torch), made fit to be printed.

The rule is that of librocmfix (rocmfix/printable_character.hpp); tests/data/printable.json is the
table of cases for both.
"""

from __future__ import annotations

import os
import re
import sys
from typing import IO

# C0, DEL and C1 controls, Unicode's Bidi_Control, the line and the paragraph separator, and what
# is not UTF-8 (surrogates, as os.fsdecode() leaves them).
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # a byte that os.fsdecode() could not decode
        return f"\\x{code - 0xDC00:02x}"
    if 0xD800 <= code <= 0xDFFF:  # a lone surrogate: as the bytes of its encoding
        return "".join(f"\\x{byte:02x}" for byte in match[0].encode("utf-8", "surrogatepass"))
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}"


def printable(text: object) -> str:
    """str(text) on one line, with what a terminal would obey as \\xNN or \\uNNNN."""
    return _UNPRINTABLE.sub(_escape, str(text))


# At the beginning of a line, after the name of the program if that is first.
_COLOURS = (("error:", "\x1b[1;31m"), ("warning:", "\x1b[33m"), ("RUNNING ON THE CPU", "\x1b[1;33m"))
_PROGRAM = re.compile(r"[a-z][\w-]*: ")


def _wants_colour(stream: IO[str]) -> bool:
    """On a terminal that has it, unless NO_COLOR is set (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"


def coloured(line: str) -> str:
    """A printable line with its kind in colour: the name of the program is cyan."""
    program = _PROGRAM.match(line)
    name = program[0] if program and not line.startswith(("error:", "warning:", "hint:")) else ""
    rest = line[len(name) :]
    for word, colour in _COLOURS:
        if rest.startswith(word):
            rest = f"{colour}{word}\x1b[0m{rest[len(word) :]}"
    return (f"\x1b[36m{name}\x1b[0m" if name else "") + rest


def write_stderr(text: object) -> None:
    """A printable line on stderr. That it cannot be written (closed, full) changes nothing."""
    try:
        # None when it was closed at the start: print() would take that for stdout.
        if sys.stderr is not None:
            line = printable(text)
            print(coloured(line) if _wants_colour(sys.stderr) else line, file=sys.stderr, flush=True)
    except (OSError, ValueError):
        pass
