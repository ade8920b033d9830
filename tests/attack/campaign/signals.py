# SPDX-License-Identifier: MIT
"""Signals to the launcher at random moments, with commands of several kinds; and processes that
were there before it, which are none of its business."""

import os
import signal
import time

from .runner import BUILD, alive

PATIENCE = 8  # seconds between a TERM and the end, on a busy machine
CHILDREN = {
    "obedient": "exec sleep 30",
    "shell": "sleep 30; true",
    "family": "sleep 30 & sleep 30 & wait",
    "late": "trap '' TERM INT HUP; sleep 0.4; exit 7",
    "grandchildren": "sh -c 'sh -c \"sleep 30; true\"; true'; true",
    "session": "setsid sleep 30 & sleep 30",
    "short": "exit 5",
    "crash": "kill -SEGV $$",
}
SIGNALS = ["TERM", "INT", "HUP", "QUIT", "USR1", "WINCH", "CONT", "KILL", "STOP CONT TERM", "TERM TERM"]


def signalled(case):
    rng = case.random
    child, names = rng.choice(list(CHILDREN)), rng.choice(SIGNALS)
    options = rng.choice([[], ["--retries", "2"], ["-q"]])
    blocked = rng.random() < 0.2  # a stderr that nobody reads, full
    kept = []
    if blocked:
        kept = list(os.pipe())
        os.set_blocking(kept[1], False)
        try:
            while True:
                os.write(kept[1], b"x" * 4096)
        except BlockingIOError:
            os.set_blocking(kept[1], True)
    what = f"{names} to {child}{' ' + ' '.join(options) if options else ''}" + (
        ", stderr full" if blocked else "")
    note = case.folder / "command"
    started = {"stderr": kept[1]} if blocked else {}
    process = case.start([BUILD / "bin/rocmfix-run", "--root", case.copy_root("rx6700xt"), *options,
                          "sh", "-c", 'echo $$ >"$0"; ' + CHILDREN[child], note], **started)
    time.sleep(rng.choice([0, 0.005, 0.02, 0.1, 0.4, 0.8]) * rng.random())
    for name in names.split():
        # As a terminal sends these: a shell alone would wait for what it runs in the foreground.
        if name in ("INT", "HUP"):
            os.killpg(process.pid, getattr(signal, "SIG" + name))
        else:
            case.send(process, name)
        time.sleep(rng.random() * 0.02)
    # USR1 ends a command, but not one that ends late; nor does an INT that came before the shell's
    # child was there, for which the shell then waits.
    harmless = names in ("USR1", "WINCH", "CONT", "INT")
    began = time.monotonic()
    if harmless:
        time.sleep(rng.random() * 0.2)
        case.send(process, "TERM")
    ended = case.finish(process, time.monotonic() - process.began + PATIENCE)
    for descriptor in kept:
        os.close(descriptor)
    if ended.status is None:
        case.record("hang", what, f"{time.monotonic() - began:.1f} s after the signal")
    else:
        allowed = {-getattr(signal, "SIG" + name) for name in names.split()}
        allowed |= {-signal.SIGTERM, 0, 7, 5, -signal.SIGSEGV, 143, 130, 129, 131, 125}
        if ended.status in allowed:
            case.record("right", what)
        else:
            case.record("wrong", what, f"status {ended.status}")
    if "KILL" in names:
        # The command has to go; what it has started is then its own affair, as without a launcher.
        time.sleep(1)
        text = note.read_text() if note.exists() else ""
        if text.strip() and alive(int(text)):
            case.record("left", what, "the command")
        case.end_marked()
    elif child == "session":
        case.end_marked()  # what has a session of its own is left alone on purpose
    else:
        case.expect_nothing_left(what)


def bystander(case):
    """The issue's own: what the shell has started before it became the launcher."""
    rng = case.random
    options = rng.choice([[], ["--retries", "1"]])
    end = rng.choice(["true", "false", "kill -ABRT $$", "sleep 0.2", "sleep 0.3 & exit 1"])
    root = case.copy_root("rx6700xt")
    script = ('sleep 60 & echo $! >"$0"; exec "$@"')
    note = case.folder / "pid"
    what = f"a bystander, {' '.join(options)} {end}"
    ended = case.run(["bash", "-c", script, note, BUILD / "bin/rocmfix-run", "--root", root, *options,
                      "sh", "-c", end], seconds=30)
    pid = int(note.read_text())
    if ended.status is None:
        case.record("hang", what)
    elif not alive(pid):
        case.record("killed", what, "a process that was there before")
    else:
        case.record("right", what)
    case.end_marked()


def entrypoint(case):
    """`exec > >(tee log); exec rocmfix-run job`: the log has all of it."""
    lines = case.random.choice([1, 100, 5000])
    log = case.folder / "log"
    script = 'exec > >(sleep 0.2; exec cat >"$0"); exec "$@"'
    ended = case.run(["bash", "-c", script, log, BUILD / "bin/rocmfix-run", "--root",
                      case.copy_root("rx6700xt"), "seq", str(lines)], seconds=30)
    deadline = time.monotonic() + 5
    wanted = sum(len(str(number)) + 1 for number in range(1, lines + 1))
    while time.monotonic() < deadline and not (log.exists() and log.stat().st_size == wanted):
        time.sleep(0.02)
    got = log.stat().st_size if log.exists() else 0
    what = f"an entrypoint's log of {lines} lines"
    if ended.status != 0:
        case.record("wrong", what, f"status {ended.status}")
    elif got != wanted:
        case.record("killed", what, f"{got} of {wanted} bytes arrived")
    else:
        case.record("right", what)
    case.end_marked()


def stopped(case):
    """STOP and CONT, as job control sends them to the launcher: the command goes along."""
    process = case.start([BUILD / "bin/rocmfix-run", "--root", case.copy_root("rx6700xt"), "sh", "-c",
                          'trap "echo continued >&2" CONT; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep'
                          ' 0.05; done; exit 5'])
    time.sleep(0.2 * case.random.random())
    case.send(process, "STOP")
    time.sleep(0.05)
    case.send(process, "CONT")
    ended = case.finish(process, 20)
    if ended.status == 5:
        case.record("right", "STOP and CONT")
    else:
        case.record("hang" if ended.status is None else "wrong", "STOP and CONT", f"{ended.status}")
    case.expect_nothing_left("STOP and CONT")


def attack(case):
    [signalled, signalled, bystander, signalled, entrypoint, signalled, stopped][case.number % 7](case)


def prepare(_work):
    pass
