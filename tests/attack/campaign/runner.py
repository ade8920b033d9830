# SPDX-License-Identifier: MIT
"""Starts commands within limits, and looks after what they leave behind.

A case has a number, and with it everything that is random about it: the same seed, part and number
are the same case. It has a folder of its own, which is removed.
"""

import io
import os
import random
import resource
import select
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from .outcome import MEMORY_KIB, MOST_OUTPUT, Ended, classify

SOURCE = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("ROCMFIX_BUILD_DIR", SOURCE / "build")).resolve()
ROOTS = Path(os.environ.get("ROCMFIX_TEST_ROOTS", BUILD / "roots")).resolve()

CPU_SECONDS = 15
WALL_SECONDS = 60
MARK = "ATTACK_CASE"


def is_sanitized():
    cache = BUILD / "CMakeCache.txt"
    return cache.exists() and any(
        line.startswith("ROCMFIX_SANITIZE:") and line.rstrip().partition("=")[2] not in ("", "OFF")
        for line in cache.read_text(encoding="utf-8").splitlines())


SANITIZED = is_sanitized()


def limit_resources():
    """In the child. SIGINT and the like as a shell has them, and no core files."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not SANITIZED:  # which take more of both
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 2))
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)


class Case:
    def __init__(self, part, number, seed, work):
        self.part, self.number, self.seed = part, number, seed
        self.random = random.Random(f"{seed}:{part}:{number}")
        self.folder = Path(work) / f"{part}-{number}"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.results = []  # (class, what was run, detail)
        self.mark = f"{part}:{number}:{os.getpid()}"
        self.env = {
            "PATH": f"{BUILD / 'bin'}:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(self.folder), "XDG_STATE_HOME": str(self.folder / "state"),
            "XDG_CACHE_HOME": str(self.folder / "cache"), "LC_ALL": "C.UTF-8", MARK: self.mark,
            "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0:allocator_may_return_null=1",
            "UBSAN_OPTIONS": "print_stacktrace=1",
        }

    def close(self):
        subprocess.run(["chmod", "-R", "u+rwX", str(self.folder)], check=False,
                       stderr=subprocess.DEVNULL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def copy_root(self, name=None):
        """A machine of the tests, this case's own."""
        names = sorted(path.name for path in ROOTS.iterdir() if path.is_dir())
        root = self.folder / "root"
        shutil.copytree(ROOTS / (name or self.random.choice(names)), root, symlinks=True)
        return root

    def record(self, kind, what, detail=""):
        self.results.append((kind, what, detail))

    def start(self, command, **options):
        """Output goes to files: whoever keeps a pipe open cannot hold us up."""
        for name in ("stdout", "stderr"):
            if name not in options:
                options[name] = tempfile.TemporaryFile(dir=self.folder)
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("env", self.env)
        options.setdefault("cwd", self.folder)
        process = subprocess.Popen([os.fsencode(str(word)) if not isinstance(word, bytes) else word
                                    for word in command],
                                   start_new_session=True, preexec_fn=limit_resources, **options)
        process.began = time.monotonic()
        process.files = [options["stdout"], options["stderr"]]
        return process

    def finish(self, process, seconds=WALL_SECONDS):
        """Waits; kills what does not end."""
        descriptor = os.pidfd_open(process.pid)
        try:
            left = process.began + seconds - time.monotonic()
            ended = select.select([descriptor], [], [], max(0, left))[0]
            if not ended:
                os.kill(process.pid, signal.SIGKILL)
            _, status, usage = os.wait4(process.pid, 0)
        finally:
            os.close(descriptor)
        process.returncode = os.waitstatus_to_exitcode(status)
        texts, size = [], 0
        for file in process.files:
            if not isinstance(file, io.IOBase):  # the case's own descriptor
                texts.append(b"")
                continue
            size += os.fstat(file.fileno()).st_size
            file.seek(0)
            texts.append(file.read(4 * MOST_OUTPUT))
            file.close()
        return Ended(process.returncode if ended else None, *texts, size, usage.ru_maxrss,
                     time.monotonic() - process.began, process.returncode == -signal.SIGXCPU)

    @staticmethod
    def send(process, name):
        """Not subprocess' own, which would reap it."""
        os.kill(process.pid, getattr(signal, "SIG" + name))

    def run(self, command, seconds=WALL_SECONDS, **options):
        return self.finish(self.start(command, **options), seconds)

    def judge(self, ended, what, **options):
        """Records how a run of rocmfix ended; the class."""
        options.setdefault("memory_kib", MEMORY_KIB * (8 if SANITIZED else 1))
        kind, detail = classify(ended, **options)
        self.record(kind, what, detail)
        return kind

    def ask(self, command, *, judged=None, **options):
        """Runs and judges a rocmfix command."""
        ended = self.run(command, **options)
        shown = b" ".join(os.fsencode(str(word)) if not isinstance(word, bytes) else word
                          for word in command)
        shown = shown.replace(os.fsencode(str(self.folder)), b"F").replace(
            os.fsencode(str(BUILD)), b"BUILD")
        self.judge(ended, ascii(shown.decode("utf-8", "surrogateescape"))[1:120],
                   as_json=any(word in ("--json", b"--json") for word in command),
                   **(judged or {}))
        return ended

    def marked(self):
        """Processes of this case that are alive: every one inherits its environment."""
        found = []
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit() or int(folder.name) == os.getpid():
                continue
            try:
                if f"{MARK}={self.mark}\0".encode() not in (folder / "environ").read_bytes():
                    continue
                state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            except (OSError, ValueError):
                continue
            if state not in "ZX":
                found.append(int(folder.name))
        return found

    def expect_nothing_left(self, what, patience=3.0, spare=()):
        """Records `left` for what does not go away, and ends it. `spare`: the case's own."""
        deadline = time.monotonic() + patience
        while left := [pid for pid in self.marked() if pid not in spare]:
            if time.monotonic() > deadline:
                names = []
                for pid in left:
                    try:
                        names.append(Path(f"/proc/{pid}/comm").read_text().strip())
                        os.kill(pid, signal.SIGKILL)
                    except OSError:
                        pass
                self.record("left", what, " ".join(names)[:100])
                return False
            time.sleep(0.02)
        return True

    def end_marked(self):
        for pid in self.marked():
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
