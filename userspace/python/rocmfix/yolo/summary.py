# SPDX-License-Identifier: MIT
"""The account of a run in words, as it is printed at the end."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

from .account import CRASH, GPU_FAULT, HANG, KILLED, Account, account_of
from .journal import Journal
from .session import Session, state_of

COUNTED = {HANG: ("hang", "hangs"), CRASH: ("crash", "crashes"),
           KILLED: ("killed process", "killed processes")}  # fmt: skip
MOST_LINES = 20  # of single events; the rest is counted


def duration(seconds: float) -> str:
    """ "2 h 5 min", "4 min 10 s", "12.3 s"."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{int(seconds // 60)} min {int(seconds % 60)} s"
    return f"{minutes // 60} h {minutes % 60} min"


def account_over_runs(session: Session) -> Account:
    """Over the run and those that it continues in full precision."""
    accounts = [
        account_of(Journal(state_of(Path(directory)) / "journal.jsonl").read())
        for directory in (*session.earlier, *([session.save_dir] if session.save_dir else []))
    ]
    last = accounts[-1] if accounts else Account()
    return Account(
        epochs=session.earlier_epochs + last.epochs,
        done=session.earlier_epochs + last.done,
        losses=[loss for one in accounts for loss in one.losses],
        finished=last.finished,
        why=last.why,
        hours=last.hours,
        seconds=sum(one.seconds for one in accounts),
        unkept=last.unkept,
        unkept_why=last.unkept_why,
        changes=[change for one in accounts for change in one.changes],
    )


def _progress(total: Account) -> str:
    if total.hours:
        limit = f"the limit of time={total.hours:g} h"
        return (f"finished: {total.done} epochs, up to {limit}" if total.finished
                else f"not finished: {total.done} epochs of what fits into {limit}")  # fmt: skip
    epochs = f"{total.done} of {total.epochs} epochs"
    if total.finished and total.why == "patience":
        return f"finished: stopped early after {epochs}, without a better result for patience= epochs"
    return f"{'finished' if total.finished else 'not finished'}: {epochs}"


def _counts(total: Account) -> str:
    count = Counter(loss.kind for loss in total.losses)
    faults = count.pop(GPU_FAULT, 0)
    text = f"{faults or 'no'} GPU fault{'s' * (faults != 1)}"
    for kind, number in count.items():
        one, more = COUNTED.get(kind, ("unseen end", "unseen ends"))
        text += f", {number} {one if number == 1 else more}"
    return text + (f", {duration(total.lost_seconds)} lost" if total.losses else "")


def _when(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def _events(total: Account) -> list[str]:
    """In the order of time."""
    lines = []
    for loss in total.losses:
        text = f"after epoch {loss.after_epoch}: {loss.what}; {duration(loss.lost_seconds)} lost"
        if loss.kind in (GPU_FAULT, HANG):
            text += f"; cause: {loss.cause or 'not determined'}"
        if loss.mitigations:
            text += f"; continued with {', '.join(loss.mitigations)}"
        lines.append((loss.time, text))
    for change in total.changes:
        what = "batch" if change["event"] == "batch" else "device"
        why = str(change.get("why", ""))[:200]
        lines.append((float(change["time"]), f"after epoch {change['after']}: {what} {change.get('old')} "
                      f"became {change.get('new')} ({why})"))  # fmt: skip
    lines.sort()
    shown = [f"  {_when(when)}, {text}" for when, text in lines[:MOST_LINES]]
    if len(lines) > MOST_LINES:
        shown.append(f"  and {len(lines) - MOST_LINES} more, in rocmfix/journal.jsonl of the run")
    return shown


def account_text(total: Account, save_dir: str) -> list[str]:
    lines = [f"{_progress(total)} in {duration(total.seconds)}; {_counts(total)}", *_events(total)]
    if total.unkept:
        named = ", ".join(map(str, total.unkept[:10])) + (" ..." if len(total.unkept) > 10 else "")
        lines.append(f"  no checkpoint could be kept of epoch{'s' * (len(total.unkept) != 1)} {named}: "
                     f"{total.unkept_why}")  # fmt: skip
    if not total.finished:
        lines.append(f"resume with: rocmfix-yolo resume {save_dir}")
    return lines
