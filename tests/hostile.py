# SPDX-License-Identifier: MIT
"""What a machine, a user or a file can have put into text that is printed, and whether it shows."""

import re

# A title, a cleared screen, CSI as a C1 character, the reading direction turned round (Trojan
# Source), line ends of every kind that would begin a line of their own, DEL.
TEXT = "x\x1b]0;owned\x07\x1b[2J\x9b31m\u202etxt.exe\u202c\u2066a\u2069\u200f\u2028FORGED\u2029FORGED\x85\x7f"
LINES = f"{TEXT}\rFORGED: ok\nFORGED: ok\n"
BYTES = b"\x9b31m\xff\xc0\xaf\xed\xa0\x80" + TEXT.encode()

_UNPRINTABLE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)


def fault_in(output: bytes) -> str:
    """What is wrong with bytes that were printed; empty: nothing."""
    try:
        text = output.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"not UTF-8: {error}"
    found = _UNPRINTABLE.search(text)
    if found:
        return f"U+{ord(found[0]):04X} in {text[max(0, found.start() - 60):found.end() + 20]!r}"
    forged = re.search(r"^\s*FORGED.*", text, re.MULTILINE)
    return f"a line of its own: {forged[0]!r}" if forged else ""
