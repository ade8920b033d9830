# SPDX-License-Identifier: MIT
"""Forged reports of GPU faults: on the descriptor that the launcher hands down, in its folder for
incidents, and there by another user."""

import os

from . import hostile
from .runner import BUILD

SHOWN = 64 << 10  # that much may be on a terminal
END = {"abort": ("kill -ABRT $$", {-6, 134}), "status": ("exit 3", {3}), "well": ("exit 0", {0})}


def judge(case, ended, wanted, what):
    """The command's own end is what it should be; what the launcher says is for people."""
    if ended.status in wanted:
        ended.status = 0
    elif ended.status is not None and ended.status >= 0:
        case.record("wrong", what, f"status {ended.status}, not {sorted(wanted)}")
        return
    if ended.size > SHOWN:
        case.record("flood", what, f"{ended.size} bytes for the terminal")
    else:
        case.judge(ended, what)


def on_descriptor(case):
    document, name = hostile.json_report(case.random)
    forged = case.folder / "forged"
    forged.write_bytes(document)
    incidents = case.folder / "incidents"
    incidents.mkdir()
    end, wanted = END[case.random.choice(["abort", "abort", "status", "well"])]
    retries = case.random.choice([[], ["--retries", "1"]])
    keep = case.random.choice(["", "", "sleep 0.3 & "])
    script = f'cat "$0" >&"$ROCMFIX_REPORT_FD"; {keep}{end}'
    case.env["ROCMFIX_INCIDENT_DIR"] = str(incidents)
    ended = case.run([BUILD / "bin/rocmfix-run", "--root", case.copy_root("rx6700xt"), *retries, "bash",
                      "-c", script, forged], seconds=30)
    judge(case, ended, wanted, f"forged report: {name}, {end}")


def in_folder(case):
    """As the interposer writes where it cannot use the descriptor: SECONDS-PID-UNIQUE.json."""
    document, kind = hostile.json_report(case.random)
    forged = case.folder / "forged"
    forged.write_bytes(document)
    incidents = case.folder / "incidents"
    incidents.mkdir()
    case.env["ROCMFIX_INCIDENT_DIR"] = str(incidents)
    another = os.geteuid() == 0 and case.random.random() < 0.5
    name = 'name=$(($(date +%s) + 1))-$$-${ROCMFIX_REPORT_TAG}01234567.json'
    make = f'{name}; cp "$0" "$ROCMFIX_INCIDENT_DIR/$name"'
    if another:
        incidents.chmod(0o1777)
        for folder in (case.folder, *case.folder.parents):
            if str(folder).startswith(("/tmp/", "/dev/shm/", "/var/tmp/")):
                folder.chmod(0o755)
        make = (f'{name}; setpriv --reuid=65534 --clear-groups -- '
                f'cp "$0" "{incidents}/$name"')
    end, wanted = END[case.random.choice(["abort", "status", "well"])]
    retries = case.random.choice([[], ["--retries", "1"]])
    ended = case.run([BUILD / "bin/rocmfix-run", "--root", case.copy_root("rx6700xt"), *retries, "sh",
                      "-c", f"{make}; {end}", forged], seconds=30)
    what = f"forged file{' of another user' if another else ''}: {kind}, {end}"
    if another and b"0x7f0000001000" in ended.stderr:
        case.record("wrong", what, "another user's report was believed")
        return
    judge(case, ended, wanted, what)


def attack(case):
    (on_descriptor if case.number % 3 else in_folder)(case)
    case.end_marked()


def prepare(_work):
    pass
