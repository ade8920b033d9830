# SPDX-License-Identifier: MIT
"""How a run ended, and the class that it falls into.

Owns the classes and what counts as text that may be printed. Starts nothing: runner.py does.
"""

import json
import re
import signal
from dataclasses import dataclass

# As they are printed, the harmless ones first.
GOOD = {
    "right": "did what it was asked for",
    "clear error": "refused, with a status and words that say why",
}
BAD = {
    "crash": "a signal, an abort, a traceback or a sanitizer's report",
    "hang": "over the limit of CPU time or of time",
    "memory": "over the limit of memory",
    "flood": "more output than anybody reads",
    "unprintable": "an escape byte, a direction override or invalid UTF-8 in the output",
    "silent": "failed and did not say why, or lost output and did not fail",
    "wrong": "another result than it must be",
    "injection": "text of others was executed",
    "file lost": "the administrator's file, or a whole state of rocmfix's, is gone",
    "outside": "read or written outside the root",
    "killed": "ended a process that it did not start",
    "left": "left a process behind",
}
CLASSES = {**GOOD, **BAD}

# Several times what the programs need; sanitizers need more (runner.py).
MEMORY_KIB = 512 << 10
MOST_OUTPUT = 256 << 10

CRASHES = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE,
           signal.SIGSYS, signal.SIGTRAP}
BROKEN = re.compile(rb"Traceback \(most recent call last\)|terminate called|AddressSanitizer|"
                    rb"LeakSanitizer|ThreadSanitizer|runtime error: |Assertion `|"
                    rb"Segmentation fault")
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass
class Ended:
    """Of one command: status as subprocess has it (-N: by signal N; None: it had to be killed)."""

    status: int | None
    stdout: bytes
    stderr: bytes
    size: int  # of the output, of which the rest may have been left out
    rss_kib: int
    seconds: float
    cpu_limit: bool = False


def unprintable(data):
    """What may not be on a terminal, or None."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"invalid UTF-8 at byte {error.start}"
    found = UNPRINTABLE.search(text)
    if not found:
        return None
    around = text[max(0, found.start() - 30):found.start() + 30]
    return f"U+{ord(found[0]):04X} in {ascii(around)}"


def has_error(ended, as_json):
    """Says what is wrong, where one would look for it."""
    if re.search(rb"^(error|rocmfix[a-z-]*): |^hint: ", ended.stderr, re.MULTILINE):
        return True
    if not as_json:
        return False
    try:
        return "error" in json.loads(ended.stdout)
    except (ValueError, TypeError):
        return False


def crash_of(ended):
    for stream in (ended.stderr, ended.stdout):
        found = BROKEN.search(stream)
        if found:
            return stream[found.start():found.start() + 200].decode("utf-8", "replace")
    if ended.status is not None and (-ended.status in CRASHES or ended.status - 128 in CRASHES):
        return f"status {ended.status}"
    return None


def classify(ended, *, as_json=False, wrong=frozenset({1, 3}), memory_kib=MEMORY_KIB,
             check_text=True):
    """(class, detail) of a run of rocmfix. `wrong`: statuses that are an answer and no refusal."""
    crash = crash_of(ended)
    if crash:
        return "crash", crash
    if ended.status is None or ended.cpu_limit:
        return "hang", f"after {ended.seconds:.1f} s"
    if ended.rss_kib > memory_kib:
        return "memory", f"{ended.rss_kib >> 10} MiB"
    if ended.size > MOST_OUTPUT:
        return "flood", f"{ended.size} bytes"
    if check_text:
        for name, stream in (("stdout", ended.stdout), ("stderr", ended.stderr)):
            fault = unprintable(stream)
            if fault:
                return "unprintable", f"{name}: {fault}"
    if ended.status < 0:
        return "crash", f"ended by {signal.Signals(-ended.status).name}"
    if has_error(ended, as_json):
        if ended.status == 0:
            return "right", "with a warning"
        return "clear error", ""
    if ended.status != 0 and not (ended.status in wrong and ended.stdout.strip()):
        return "silent", f"status {ended.status} without a word"
    if as_json:
        try:
            json.loads(ended.stdout)
        except ValueError as error:
            return "wrong", f"no JSON: {error}"
    return "right", ""
