# SPDX-License-Identifier: MIT
"""Standard streams that are closed, full, of the wrong kind or read by nobody."""

import os
import signal

from .runner import BUILD

COMMANDS = [
    ["rocmfix", "status"], ["rocmfix", "status", "--json"], ["rocmfix", "plan", "--all"],
    ["rocmfix", "verify"], ["rocmfix", "env"], ["rocmfix", "apply"], ["rocmfix", "revert"],
    ["rocmfix", "--help"], ["rocmfix", "nonsense"], ["rocmfix", "explain"], ["rocmfix-run", "--simulate", "list"],
    ["rocmfix-run", "-n"], ["rocmfix-run", "--help"], ["rocmfix-run", "-v", "true"],
    ["rocmfix-run", "sh", "-c", "exit 3"], ["rocmfix-run", "--nonsense"],
]
WAYS = ["as usual", "closed", "/dev/full", "nobody reads", "read only", "a folder"]
SHELL = {"as usual": "", "closed": "{n}>&-", "/dev/full": "{n}>/dev/full", "nobody reads": "{n}>&{gone}",
         "read only": "{n}</dev/null", "a folder": "{n}</"}


def attack(case):
    rng = case.random
    root = case.copy_root(rng.choice(["rx6700xt", "rx5600xt-origin", "no-amd", "rx5600xt-rocmfix"]))
    conf = root / "etc/modprobe.d/rocmfix.conf"
    for _ in range(8):
        command = rng.choice(COMMANDS)
        out, err = rng.choice(WAYS), rng.choice(WAYS)
        into = rng.choice(["", "", "<&-", "</", "</dev/null"])
        program = [BUILD / "bin" / command[0], "--root", root, *command[1:]]
        reader, gone = os.pipe()
        os.close(reader)
        redirections = f"{SHELL[out].format(n=1, gone=gone)} {SHELL[err].format(n=2, gone=gone)} {into}"
        before = conf.read_bytes() if conf.exists() else None
        ended = case.run(["bash", "-c", f'exec "$@" {redirections} {gone}>&-', "bash", *program],
                         pass_fds=(gone,), seconds=30)
        os.close(gone)
        what = f"{' '.join(command)}, stdout {out}, stderr {err}, stdin {into or 'as usual'}"
        judge(case, ended, what, out, err, command)
        after = conf.read_bytes() if conf.exists() else None
        if ended.status == 1 and after != before and command[1] in ("apply", "revert") and out == "as usual":
            case.record("wrong", what, "changed the file and failed")
    case.expect_nothing_left("descriptors")


def judge(case, ended, what, out, err, command):
    lost_out = out not in ("as usual",)
    if ended.status is not None and lost_out and ended.status in (-signal.SIGPIPE, 141):
        case.record("right", what, "SIGPIPE")  # as cat(1) and ls(1)
        return
    if ended.status is not None and ended.status >= 0 and err != "as usual":
        # It cannot say why; its status has to.
        prints = command[0] == "rocmfix" or command[1] in ("-n", "--help")
        if lost_out and prints and ended.status == 0 and "explain" not in command:
            case.record("silent", what, "the output is lost, and the status is 0")
        elif ended.status in (134, 139):
            case.record("crash", what, f"status {ended.status}")
        else:
            case.record("right", what)
        return
    if ended.status == 3 and command[0] == "rocmfix-run":
        case.record("right", what)
        return
    if ended.status == 0 and lost_out and (command[0] == "rocmfix" or command[1] in ("-n", "--help")) \
            and "explain" not in command:
        case.record("silent", what, "the output is lost, and the status is 0")
        return
    case.judge(ended, what, as_json="--json" in command and not lost_out, wrong=frozenset({1, 3}))


def prepare(_work):
    pass
