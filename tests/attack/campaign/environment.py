# SPDX-License-Identifier: MIT
"""Every variable and option of rocmfix with hostile values, for the launcher, the command and what is
preloaded; and a simulated card, which is no reason to write to this machine."""

import os
from pathlib import Path

from . import hostile
from .runner import BUILD

VARIABLES = [
    "ROCMFIX_PROFILE", "ROCMFIX_COHERENCE", "ROCMFIX_COMMUNICATORS", "ROCMFIX_VRAM_CAP", "ROCMFIX_OOM",
    "ROCMFIX_HIP", "ROCMFIX_SIM", "ROCMFIX_RETRIES", "ROCMFIX_ROOT", "ROCMFIX_QUIET",
    "ROCMFIX_VERBOSE", "ROCMFIX_INCIDENT_DIR", "ROCMFIX_REPORT_FD", "ROCMFIX_ATTEMPT",
    "ROCMFIX_SIM_SCENARIO", "ROCMFIX_SIM_SOCKET", "ROCMFIX_SIM_JOURNAL", "ROCMFIX_SIM_KERNELS",
    "ROCMFIX_SIM_INSTRUCTIONS",
    "ROCMFIX_SIM_SEED",
    "HSA_OVERRIDE_GFX_VERSION", "HSA_TOOLS_LIB", "ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES",
    "PYTORCH_HIP_ALLOC_CONF", "PYTHONPATH", "PYTHONHOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "HOME",
    "COLUMNS", "TERM",
]
OPTIONS = ["--profile", "--coherence", "--communicators", "--vram-cap", "--oom", "--simulate", "--retries",
           "--root"]


def path_value(case):
    rng = case.random
    fifo, loop, plain = case.folder / "fifo", case.folder / "loop", case.folder / "file"
    if not fifo.exists():
        os.mkfifo(fifo)
        loop.symlink_to(loop)
        plain.write_bytes(b"x\n")
    return os.fsencode(str(rng.choice(["/dev/zero", "/dev/full", "/proc/self/mem", fifo, loop, "/nonexistent",
                                       plain, case.folder, "relative/../..", "." * 5000])))


def value(case, large=True):
    rng = case.random
    chosen = path_value(case) if rng.random() < 0.4 else hostile.text(rng)
    chosen = chosen.replace(b"\0", b"")
    return chosen[:100_000] if large else chosen[:2000]


def with_variables(case):
    rng = case.random
    env = {os.fsencode(name): os.fsencode(text) for name, text in case.env.items()}
    names = rng.sample(VARIABLES, rng.choice([1, 1, 2, 5]))
    for name in names:
        env[name.encode()] = value(case)
    what = " ".join(f"{name}={ascii(env[name.encode()][:30])[1:]}" for name in names)
    root = case.copy_root("rx6700xt")
    run, ask = BUILD / "bin/rocmfix-run", BUILD / "bin/rocmfix"
    for command in ([run, "--root", root, "-n"], [run, "--root", root, "-n", "--json"],
                    [run, "--root", root, "true"], [ask, "--root", root, "env", "--", "python3", "x.py"],
                    [ask, "--root", root, "plan", "--json"]):
        ended = case.run(command, env=env, seconds=30)
        case.judge(ended, f"{command[0].name} with {what}", as_json="--json" in command,
                   wrong=frozenset({1, 3}))
    # What is preloaded says what it must, and the program runs.
    env[b"LD_PRELOAD"] = os.fsencode(str(BUILD / "lib/librocmfix-hip.so"))
    ended = case.run(["/bin/echo", "ran"], env=env, seconds=30)
    if ended.stdout == b"ran\n" and ended.status == 0:
        case.judge(ended, f"the preload with {what}")
    else:
        case.record("wrong" if ended.status is not None else "hang", f"the preload with {what}",
                    f"status {ended.status}")
    case.expect_nothing_left(what)


def with_options(case):
    rng = case.random
    root = case.copy_root("rx6700xt")
    words = [word for option in rng.sample(OPTIONS, rng.choice([1, 2, 3]))
             for word in (option, value(case, large=False))]
    case.ask([BUILD / "bin/rocmfix-run", "--root", root, *words, "true"], seconds=30)
    case.ask([BUILD / "bin/rocmfix-run", "--root", root, "-n", *words, value(case, large=False)],
             seconds=30)
    case.ask([BUILD / "bin/rocmfix-run", "--root", root, value(case, large=False)], seconds=30)
    for words in ([value(case, large=False)], ["status", value(case, large=False)],
                  ["--root", value(case, large=False), "status"],
                  ["plan", "--profile", value(case, large=False)],
                  ["explain", hostile.text(rng).replace(b"\0", b"")[:2000]],
                  ["--root", value(case, large=False), "status", "--json"]):
        case.ask([BUILD / "bin/rocmfix", *words])
    case.expect_nothing_left("options")


# In a mount namespace: this machine's /etc is below an overlay, and no initramfs is made.
PRIVATE = """
set -e
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work"
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$1/upper,workdir=$1/work" /etc
for program in /usr/sbin/update-initramfs /usr/bin/dracut; do
  [ ! -e "$program" ] || mount --bind /bin/true "$program"
done
mount -t tmpfs tmpfs /var/lib/rocmfix 2>/dev/null || mount -t tmpfs tmpfs /var/lib
upper=$1/upper
shift
status=0
"$@" || status=$?
find "$upper" -mindepth 1 ! -type d -printf 'WROTE /etc/%P\\n'
exit "$status"
"""


def simulated(case):
    """`rocmfix-run --simulate CARD rocmfix apply`: the card is not there, and /etc is."""
    card = case.random.choice(["rx5600xt", "rx6700xt", "rx6900xt"])
    verb = case.random.choice([["apply"], ["revert"], ["apply", "--force"]])
    what = f"--simulate {card} rocmfix {' '.join(verb)}"
    folder = case.folder / "private"
    folder.mkdir()
    enter = ["unshare", "--mount", "sh", "-c", PRIVATE, "private", folder]
    if os.geteuid() != 0 or case.run([*enter, "true"]).status != 0:
        return  # no mount namespace here
    ended = case.run([*enter, BUILD / "bin/rocmfix-run", "--simulate", card, BUILD / "bin/rocmfix", *verb])
    if b"WROTE /etc/" in ended.stdout:
        case.record("outside", what, ended.stdout[ended.stdout.index(b"WROTE"):][:100].decode("ascii", "replace"))
    else:
        case.judge(ended, what)


def without_options(case):
    """From a hostile current folder: no library, table or module of it may be taken."""
    folder = case.folder / "here"
    folder.mkdir()
    for name in ("librocmfix.so.1", "libkmod.so.2", "libfmt.so.9", "libc.so.6", "librocmfix-hip.so",
                 "rocmfix", "libzstd.so.1", "libarchive.so.13"):
        (folder / name).write_bytes(b"\x7fELF not a library")
    for command in ([BUILD / "bin/rocmfix", "status"], [BUILD / "bin/rocmfix-run", "-n", "true"]):
        ended = case.run([*command, "--root", case.folder / "root"] if command[1] == "status"
                         else [command[0], "--root", case.folder / "root", *command[1:]], cwd=folder)
        if b"here" in ended.stderr or ended.status == 127 or b"shared libraries" in ended.stderr:
            case.record("injection", f"{command[0].name} in a hostile folder", ended.stderr[:100].decode("utf-8", "replace"))
        else:
            case.judge(ended, f"{command[0].name} in a hostile folder")


def hostile_folder(case):
    case.copy_root("rx6700xt")
    without_options(case)


def attack(case):
    [with_variables, with_options, with_variables, simulated, with_options,
     hostile_folder][case.number % 6](case)


def prepare(_work):
    assert Path(BUILD / "lib/librocmfix-hip.so").exists()
