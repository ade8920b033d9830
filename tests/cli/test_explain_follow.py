# SPDX-License-Identifier: MIT
"""`python3 train.py 2>&1 | rocmfix explain --follow`: everything passes through unchanged and at
once, and what was found is reported on stderr."""

import fcntl
import json
import os
import pty
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import hostile
from test_follow import FAULT, LATER

ROCR = ("Memory access fault by GPU node-1 (Agent handle: 0x55921bba97b0) on address "
        "0x7f3d7a123000. Reason: Page not present or supervisor privilege.\n")
UNRELATED = "ollama[7]: time=2026-11-27 level=INFO msg=\"still serving\"\n"
EVERYTHING = bytes(range(256)) * 17 + b"\r 10%|#   |\r 20%|##  |\x1b[2J\n" + hostile.BYTES
LONG_LINE = b"x" * (3 << 20)


class Piped:
    """The command between two pipes of ours, with all that it has printed so far."""

    def __init__(self, words, environment, **popen):
        # A job that a shell starts in the background ignores SIGINT, and so would the command.
        options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
                   "preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
        self.process = subprocess.Popen(words, env=environment, bufsize=0, **{**options, **popen})
        self.printed = {"stdout": b"", "stderr": b""}
        self.readers = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream:
                stream.close()

    def write(self, text):
        left = memoryview(text if isinstance(text, bytes) else text.encode())
        while left:
            left = left[self.process.stdin.write(left) :]

    def read(self, name, seconds):
        """What comes within that time, or nothing; False at the end."""
        stream = getattr(self.process, name)
        if select.select([stream], [], [], seconds)[0]:
            got = os.read(stream.fileno(), 65536)
            self.printed[name] += got
            return got != b""
        return True

    def until(self, name, text, seconds=30):
        text = text if isinstance(text, bytes) else text.encode()
        deadline = time.monotonic() + seconds
        while text not in self.printed[name]:
            left = deadline - time.monotonic()
            assert left > 0, f"not on {name} within {seconds} s: {text!r}; {self.printed[name]!r} was"
            assert self.read(name, left), f"{name} ended without {text!r}: {self.printed[name]!r}"
        return self.printed[name].decode(errors="replace")

    def read_all(self, name):
        """All that is still to come, in the background until end()."""
        def rest():
            while self.read(name, 60):
                pass

        self.readers[name] = threading.Thread(target=rest)
        self.readers[name].start()

    def end(self):
        """Closes its input; the exit status, when all of its output has been read."""
        if self.process.stdin:
            self.process.stdin.close()
        for name in self.printed:
            stream = getattr(self.process, name)
            if stream and not stream.closed and name not in self.readers:
                self.read_all(name)
        status = self.process.wait(timeout=60)
        for reader in self.readers.values():
            reader.join(timeout=60)
        return status


@pytest.fixture
def piped(build, roots, environment):
    def start(*words, root="no-amd", **popen):
        folder = root if isinstance(root, Path) else roots / root
        return Piped([build / "bin/rocmfix", "explain", "--follow", "--root", folder, *words],
                     environment, **popen)

    return start


def whole(piped, data, *words, **options):
    """(status, stdout, stderr) of all of it."""
    with piped(*words, **options) as run:
        run.read_all("stdout")
        run.write(data)
        status = run.end()
        return status, run.printed["stdout"], run.printed["stderr"].decode(errors="replace")


# ------------------------------------------------------------------------- what passes through

@pytest.mark.parametrize("data", [
    b"", b"\n", b"no end of the line", EVERYTHING, b"\0" * 70_000, LONG_LINE, LONG_LINE + b"\n\n",
    FAULT.encode() + EVERYTHING + LATER.encode() + LONG_LINE,
], ids=["nothing", "a newline", "no newline", "every byte", "NULs", "a long line", "long, ended",
        "between faults"])  # fmt: skip
def test_everything_passes_through_unchanged(piped, data):
    status, out, _ = whole(piped, data)
    assert status == 0 and out == data


def test_what_was_written_is_there_at_once(piped):
    """A progress bar has no end of a line, and a prompt waits for an answer."""
    with piped() as run:
        for piece in ("epoch 1: ", "\r 50%|#####     |", "\rcontinue? [y/n] ", ROCR, "after it: "):
            run.write(piece)
            run.until("stdout", piece, seconds=10)
        assert run.end() == 0


def test_interrupted_by_the_terminal_it_passes_on_what_the_program_still_writes(piped):
    """Ctrl-C goes to the whole pipeline, and the program's last words come after it."""
    with piped() as run:
        run.write("training\n")
        run.until("stdout", "training\n")
        for _ in range(3):
            run.process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        run.write("KeyboardInterrupt\n" + ROCR)
        assert run.end() == 0
        assert run.printed["stdout"].endswith(ROCR.encode())
        assert b"0x7f3d7a123000" in run.printed["stderr"]


def test_a_closed_reader_ends_it_as_every_filter(piped):
    with piped() as run:
        run.process.stdout.close()
        run.write("something\n")
        assert run.end() == -signal.SIGPIPE and run.printed["stderr"] == b""


def test_a_closed_reader_with_sigpipe_ignored_is_a_reported_error(piped):
    with piped(preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_IGN)) as run:
        run.process.stdout.close()
        run.write("something\n")
        assert run.end() == 1
        assert run.printed["stderr"] == b"error: cannot write to standard output: Broken pipe\n"


@pytest.mark.parametrize("lost", [">/dev/full", ">&-", "1</dev/null"])
def test_a_lost_stdout_is_an_error_after_the_account(lost, build, roots, environment):
    line = f"printf '%s' '{ROCR}' | {build}/bin/rocmfix explain --follow --root {roots}/no-amd {lost}"
    done = subprocess.run(["bash", "-c", line], env=environment, capture_output=True, text=True,
                          timeout=60)  # fmt: skip
    assert done.returncode == 1
    account, error, _ = done.stderr.partition("error: cannot write to standard output: ")
    assert error and "0x7f3d7a123000" in account, done.stderr


@pytest.mark.parametrize("lost", ["2>&-", "2>/dev/full", "2> >(true)", "2</dev/null"])
def test_a_lost_stderr_changes_nothing(lost, build, roots, environment):
    line = f"printf '%s' '{ROCR}' | {build}/bin/rocmfix explain --follow --root {roots}/no-amd {lost}"
    done = subprocess.run(["bash", "-c", line], env=environment, stdout=subprocess.PIPE, text=True,
                          timeout=60)  # fmt: skip
    assert (done.returncode, done.stdout) == (0, ROCR)


def test_a_closed_stdin_is_an_error(build, environment):
    done = subprocess.run(["bash", "-c", "rocmfix explain --follow <&-"], env=environment,
                          capture_output=True, text=True, timeout=60)  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "") and "Bad file descriptor" in done.stderr


def test_descriptors_that_do_not_block_lose_nothing(piped):
    """asyncio, node and ssh leave them so, and the open file is theirs as well."""
    data = EVERYTHING * 600
    given, feed = os.pipe()
    mine, theirs = os.pipe()
    for fd in (given, feed, theirs):
        os.set_blocking(fd, False)
    with piped(stdin=given, stdout=theirs) as run:
        os.close(given)
        os.close(theirs)
        time.sleep(0.3)  # nothing to read: EAGAIN
        got = bytearray()
        sent = 0
        while len(got) < len(data):
            ready, writable, _ = select.select([mine], [feed] if sent < len(data) else [], [], 30)
            assert ready or writable, f"stuck at {sent} and {len(got)} of {len(data)}"
            if writable:
                sent += os.write(feed, data[sent : sent + 4096])
            if ready:
                time.sleep(0.0001)  # slower than the writer: its pipe is full now and then
                part = os.read(mine, 3000)
                assert part, f"ended after {len(got)} bytes"
                got += part
        os.close(feed)
        os.close(mine)
        assert run.end() == 0 and bytes(got) == data


def test_it_does_not_make_a_shared_stream_non_blocking(piped):
    mine, theirs = os.pipe()
    with piped(stdout=theirs) as run:
        run.write(ROCR)
        run.until("stderr", "0x7f3d7a123000")
        assert not fcntl.fcntl(theirs, fcntl.F_GETFL) & os.O_NONBLOCK
        assert run.end() == 0
    os.close(mine)
    os.close(theirs)


def test_a_line_without_end_takes_no_memory(piped):
    piece = b"\r 45%|####5     | it/s " * 40_000
    with piped() as run:
        run.read_all("stdout")
        for _ in range(70):  # 60 MB
            run.write(piece)
        status = Path(f"/proc/{run.process.pid}/status").read_text()
        peak = int(status.partition("VmHWM:")[2].split()[0])
        assert run.end() == 0
        assert len(run.printed["stdout"]) == 70 * len(piece)
        limit = 40 << 10 if "ASAN" not in os.environ.get("ROCMFIX_SANITIZER", "") else 400 << 10
        assert peak < limit, f"{peak} KiB"


# ------------------------------------------------------------------------------ what it reports

def test_a_fault_is_reported_while_other_lines_continue(piped):
    """A service writes all the time: no silence to wait for."""
    with piped() as run:
        run.write(UNRELATED + FAULT)
        deadline = time.monotonic() + 30
        lines = 1
        while b"0x7f3d7a123000" not in run.printed["stderr"]:
            assert time.monotonic() < deadline, run.printed
            run.write(UNRELATED)
            lines += 1
            run.read("stderr", 0.2)
        assert run.process.poll() is None
        run.write(LATER)
        assert run.end() == 0
        account = run.printed["stderr"].decode()
        assert "rocmfix explain: incident 1\n" in account
        assert "rocmfix explain: incident 2\n" in account and "0x7abc1000" in account
        assert account.count("0x7f3d7a123000") == 1, "nothing is reported twice"
        assert run.printed["stdout"].decode() == UNRELATED + FAULT + UNRELATED * (lines - 1) + LATER


def test_the_lines_of_one_fault_are_one_incident(piped):
    """The reset after a fault takes the GPU a second or two."""
    with piped() as run:
        for line in (FAULT + "[  101.5] amdgpu 0000:03:00.0: amdgpu: GPU reset begin!\n").splitlines(
                keepends=True):
            run.write(line)
            time.sleep(1)
        assert run.end() == 0
        account = run.printed["stderr"].decode()
        assert account.count("incident") == 1 and "0x7f3d7a123000" in account, account


def test_the_account_comes_at_the_end_without_a_wait(piped):
    with piped() as run:
        run.write(ROCR)
        began = time.monotonic()
        assert run.end() == 0
        assert "0x7f3d7a123000" in run.printed["stderr"].decode()
        assert time.monotonic() - began < 2.5, "the end of the log is the end of the incident"


def test_a_reader_that_does_not_read_holds_back_no_account(piped):
    """As `| less` on its first page."""
    with piped() as run:
        fcntl.fcntl(run.process.stdout, fcntl.F_SETPIPE_SZ, 8192)  # less than is read at once
        run.write(ROCR)
        run.until("stdout", ROCR)
        text = UNRELATED * 4000
        writer = threading.Thread(target=run.write, args=(text,))
        writer.start()
        run.until("stderr", "0x7f3d7a123000")
        assert run.printed["stdout"] == ROCR.encode() and writer.is_alive(), "the pipe is full"
        run.read_all("stdout")
        writer.join(timeout=60)
        assert run.end() == 0
        assert run.printed["stdout"].decode() == ROCR + text


def test_a_stderr_of_its_own_has_only_accounts(piped):
    _, _, account = whole(piped, ROCR.encode() + b"\r 50%|##  |")
    assert account.startswith("rocmfix explain: incident 1\n") and account.endswith("\n\n")
    assert account.count("\n\n") == 1


def test_no_fault_is_said_in_one_line(piped):
    assert whole(piped, UNRELATED.encode() * 3) == (
        0, UNRELATED.encode() * 3, "rocmfix explain: no GPU fault in 3 lines\n")


def test_the_account_has_nothing_that_a_terminal_obeys(piped):
    log = FAULT.encode().replace(b"from client", hostile.BYTES + b" from client") + \
        b"Memory access fault by GPU node-1 on address 0x7f00. Reason: " + hostile.BYTES + b"\n"
    for form in ((), ("--json",)):
        status, out, account = whole(piped, log, *form)
        assert status == 0 and out == log
        assert "0x7f00" in account and not hostile.fault_in(account.encode()), account


def test_on_a_terminal_the_account_begins_a_line(build, roots, environment):
    """And no more than that: an ended line gets no empty one after it."""
    def shown(text):
        mine, theirs = pty.openpty()
        command = [build / "bin/rocmfix", "explain", "--follow", "--root", roots / "no-amd"]
        with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=theirs,
                              stderr=theirs) as process:  # fmt: skip
            os.close(theirs)
            process.stdin.write(text)
            process.stdin.close()
            output = b""
            try:
                while got := os.read(mine, 65536):
                    output += got
            except OSError:  # EIO: the end, of a terminal
                pass
            assert process.wait(timeout=30) == 0
        os.close(mine)
        return output.decode().replace("\r\n", "\n")

    assert "privilege.\nrocmfix explain: incident 1\n" in shown(ROCR.encode())
    assert "\r 50%|##  |\nrocmfix explain: incident 1\n" in shown(ROCR.encode() + b"\r 50%|##  |")


def test_a_program_that_writes_to_the_end_of_its_life(piped, environment):
    """A real one, buffered as Python is, whose whole output comes at its end."""
    code = f"import sys, os\nprint('epoch 1')\nsys.stderr.write({ROCR!r})\nsys.stdout.flush()\nos.abort()"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env=environment) as program:  # fmt: skip
        with piped(stdin=program.stdout) as run:
            program.stdout.close()
            run.until("stderr", "0x7f3d7a123000")
            run.until("stdout", ROCR)
            assert run.process.wait(timeout=30) == 0
            assert b"epoch 1\n" in run.printed["stdout"]


# ------------------------------------------------------------------------------------- documents

def test_json_is_one_document_a_line_on_stderr(piped):
    log = (FAULT + UNRELATED + LATER).encode()
    status, out, account = whole(piped, log, "--json")
    assert status == 0 and out == log
    first, second = [json.loads(line) for line in account.splitlines()]
    assert first["schema"] == second["schema"] == 1
    assert [one["events"][0]["address"] for one in first["incidents"]] == ["0x7f3d7a123000"]
    assert [one["events"][0]["address"] for one in second["incidents"]] == ["0x7abc1000"]


def test_json_is_the_plain_verbs_document(piped, build, roots, environment, source):
    log = (source / "tests/data/logs/aperture-override-gfx1010.log").read_bytes()
    plain = subprocess.run([build / "bin/rocmfix", "explain", "--json"], input=log, env=environment,
                           capture_output=True, check=True, timeout=60)  # fmt: skip
    status, _, account = whole(piped, log, "--json")
    assert status == 0 and json.loads(account) == json.loads(plain.stdout)


def test_json_of_no_fault_is_nothing(piped):
    assert whole(piped, UNRELATED.encode(), "--json") == (0, UNRELATED.encode(), "")


def test_an_error_is_a_document_of_a_line_too_and_not_on_stdout(piped):
    status, out, account = whole(piped, b"\x1f\x8b\x08 no text", "--json")
    assert (status, out) == (1, b"\x1f\x8b\x08 no text")
    assert json.loads(account)["error"] == "the log is compressed by gzip"
    assert account.count("\n") == 1


# ------------------------------------------------------------------------- machine and bad input

def test_this_machines_cards_and_kernel_are_known(piped):
    """A program's output seldom names the card."""
    log = f"HSA_OVERRIDE_GFX_VERSION=10.3.0 python3 train.py\n{ROCR}".encode()
    _, _, unknown = whole(piped, log, "--json")
    assert "wrong-isa-override" not in unknown
    _, _, known = whole(piped, log, "--json", root="rx5600xt")
    causes = json.loads(known)["incidents"][0]["causes"]
    assert "wrong-isa-override" in [cause["id"] for cause in causes]
    _, _, words = whole(piped, log, root="rx5600xt")
    assert "evidence  this machine: rdna1: gfx1010" in words and "line 0" not in words, words


def test_rules_that_cannot_be_read_do_not_end_the_program_before_it(piped, tmp_path):
    """It would be ended by SIGPIPE, for a typing error in a file of ours."""
    (tmp_path / "etc/rocmfix").mkdir(parents=True)
    (tmp_path / "etc/rocmfix/faults.toml").write_text("[[pattern]]\nnane = 1\n")
    data = (UNRELATED + ROCR).encode() + LONG_LINE
    status, out, account = whole(piped, data, root=tmp_path)
    assert (status, out) == (1, data)
    assert account.count("error:") == 1 and "unknown key 'nane'" in account
    assert "incident" not in account and "no GPU fault" not in account


def test_what_is_no_text_passes_through_and_is_not_called_free_of_faults(piped):
    data = b"\x1f\x8b\x08\x00" + EVERYTHING + b"\n" + ROCR.encode()
    status, out, account = whole(piped, data)
    assert (status, out) == (1, data)
    assert account == ("error: the log is compressed by gzip\n"
                       "hint: zcat FILE | rocmfix explain\n")  # fmt: skip


def test_a_file_is_refused_with_the_command_that_does_it(build, environment):
    done = subprocess.run([build / "bin/rocmfix", "explain", "--follow", "train.log"],
                          env=environment, capture_output=True, text=True, timeout=60)  # fmt: skip
    assert done.returncode == 2 and "error: --follow reads standard input" in done.stderr
    assert "tail -F train.log | rocmfix explain --follow" in done.stderr


def test_a_terminal_is_refused(build, environment):
    mine, theirs = pty.openpty()
    done = subprocess.run([build / "bin/rocmfix", "explain", "--follow"], env=environment,
                          stdin=theirs, capture_output=True, text=True, timeout=60)  # fmt: skip
    os.close(mine)
    os.close(theirs)
    assert (done.returncode, done.stdout) == (1, "")
    assert "hint: python3 train.py 2>&1 | rocmfix explain --follow" in done.stderr
