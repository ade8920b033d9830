# SPDX-License-Identifier: MIT
"""apply and revert at the same time on one machine, each killed at random: rocmfix.conf is always
one of its whole states, and the administrator's own file is safe."""

import fcntl
import os
import signal
import time

from .runner import BUILD

OWN = b"# mine\noptions amdgpu runpm=0\n"
EDIT = b"options amdgpu runpm=1 # added by hand\n"
STATES = ["absent", "own", "ours", "ours-over-own", "edited-over-own"]
VERBS = [["apply"], ["apply", "--profile", "original"], ["revert"], ["apply", "--force"]]


def command(root, verb):
    return [BUILD / "bin/rocmfix", "--root", root, *verb]


def whole_texts(case, root, conf):
    """What apply writes here, by profile."""
    texts = []
    for verb in (VERBS[0], VERBS[1], VERBS[3]):
        case.run(command(root, verb))
        texts.append(conf.read_bytes() if conf.exists() else None)
        case.run(command(root, ["revert"]))
    return texts


def kept(root):
    return [path.read_bytes() for path in (root / "var/lib/rocmfix").glob("*") if path.is_file()]


def race(case):
    rng = case.random
    root = case.copy_root("rx5600xt")
    conf = root / "etc/modprobe.d/rocmfix.conf"
    whole = whole_texts(case, root, conf)
    state = rng.choice(STATES)
    own = "own" in state
    if own:
        conf.write_bytes(OWN)
        conf.chmod(0o640)
    if state.startswith(("ours", "edited")):
        case.run(command(root, ["apply"]))
    if state.startswith("edited"):
        conf.write_bytes(conf.read_bytes() + EDIT)
    allowed = [*whole, None, OWN, *(text + EDIT for text in whole if text)]
    for round_number in range(3):
        running = [case.start(command(root, rng.choice(VERBS))) for _ in range(rng.choice([1, 2, 4]))]
        for process in running:
            if rng.random() < 0.7:
                time.sleep(rng.random() * 0.03)
                case.send(process, "KILL")
        for process in running:
            ended = case.finish(process)
            if ended.status in (0, -signal.SIGKILL):
                case.record("right", f"{state}, round {round_number}")
            else:
                case.judge(ended, f"{state}, round {round_number}")
        content = conf.read_bytes() if conf.exists() else None
        if content not in allowed:
            case.record("file lost", state, f"rocmfix.conf is no whole state: {content[:60]!r}")
            return
        texts = [content, *kept(root)]
        if own and OWN not in texts:
            case.record("file lost", state, "the administrator's file is nowhere")
            return
        if "edited" in state and not any(text and text.endswith(EDIT) for text in texts):
            case.record("file lost", state, "the administrator's edit is nowhere")
            return
    for verb in (["apply"], ["revert"]):
        ended = case.ask(command(root, verb))
        if ended.status != 0:
            case.record("wrong", f"{state}: {verb[0]} at the end", f"status {ended.status}")
    if own and (not conf.exists() or conf.read_bytes() != OWN or conf.stat().st_mode & 0o777 != 0o640):
        case.record("file lost", state, "revert did not restore the administrator's file")
    elif not own and conf.exists():
        case.record("wrong", state, "revert has left a file")
    case.record("right", f"{state}, at the end")


def locked(case):
    """A lock that any user can take must not keep root from applying."""
    root = case.copy_root("rx5600xt")
    folder = root / "etc/modprobe.d"
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        ended = case.run(command(root, ["apply"]), seconds=30)
    finally:
        os.close(descriptor)
    what = "apply, with another's flock on /etc/modprobe.d"
    if ended.status == 0:
        case.record("right", what)
    elif ended.status is None:
        case.record("hang", what)
    else:
        case.record("wrong", what, f"blocked: status {ended.status}, {ended.seconds:.0f} s")


def attack(case):
    (locked if case.number % 20 == 7 else race)(case)


def prepare(_work):
    pass
