# SPDX-License-Identifier: MIT
"""Hostile machines: files of a root that are damaged, hostile, missing, links, FIFOs, bombs; then
every verb, plain and --json, on it. And hostile logs for `rocmfix explain`."""

import lzma
import os
import socket
import stat
import subprocess
from pathlib import Path

from . import hostile
from .runner import BUILD, SOURCE

VERBS = [
    ["doctor"], ["doctor", "-v"], ["recommend"], ["recommend", "--all", "--for", "ollama"],
    ["status"], ["plan"], ["plan", "--all"], ["plan", "--profile", "original"],
    ["apply", "--dry-run"], ["verify"], ["env"], ["livepatch", "status"],
    ["report", "--preview"], ["apply"],
    ["apply", "--profile", "original"], ["revert"], ["verify", "--profile", "original"], ["revert"],
]
SECRET = b"OUTSIDE_SECRET"
TABLES = ["gpus", "settings", "faults", "mitigations", "communicators", "builds"]


def content_of(path):
    """Of what may be a FIFO by now."""
    return path.read_bytes() if path.is_file() else b""


def new_files(rng, root):
    """Files that need not be there, with what they are to hold."""
    release = next((path.name for path in sorted((root / "usr/lib/modules").glob("*"))), "6.1.0")
    modules = root / f"usr/lib/modules/{release}"
    conf = rng.choice(["a", "rocmfix", "zz", "\x1b[31m", "\u202ex"]) + ".conf"
    yield root / "etc/modprobe.d" / conf, hostile.modprobe(rng)
    yield root / f"etc/rocmfix/{rng.choice(TABLES)}.toml", hostile.toml(rng)
    yield root / "proc/cmdline", b"quiet amdgpu.noretry=" + hostile.text(rng) + b"\n"
    yield root / "dev/kmsg", b"6,1,1,-;" + hostile.text(rng) + b"\n"
    yield root / f"var/lib/rocmfix/builds/{release}", hostile.text(rng) * 4
    yield root / "var/lib/rocmfix/original.conf", hostile.modprobe(rng)
    yield root / f"boot/initrd.img-{release}", hostile.initramfs(rng, release)
    for module in sorted(modules.glob("**/amdgpu.ko*")):
        name = module.with_name("amdgpu.ko" + rng.choice(["", ".xz", ".gz"]))
        yield name, hostile.module(rng, content_of(module))
    for index in ("modules.dep.bin", "modules.dep", "modules.builtin.modinfo"):
        if (modules / index).exists():
            yield modules / index, hostile.damage(rng, content_of(modules / index))
    process = root / f"proc/{rng.choice([1234, 99999999])}"
    yield process / "comm", hostile.text(rng) + b"\n"
    yield process / "status", b"Name:\t" + hostile.text(rng) + b"\n"


def make_special(rng, path, outside):
    """Something that is no plain file, where one is expected."""
    choice = rng.randrange(8)
    if choice == 0:
        path.symlink_to(outside / "secret.conf")
    elif choice == 1:
        path.symlink_to(os.path.relpath(outside / "secret.conf", path.parent))
    elif choice == 2:
        path.symlink_to(path.name)
    elif choice == 3:
        os.mkfifo(path)
    elif choice == 4:
        path.mkdir()
    elif choice == 5:
        path.symlink_to(outside)
    elif choice == 6 and os.geteuid() == 0:
        try:
            os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, rng.choice([5, 7, 8])))
        except OSError:
            path.write_bytes(b"")
    else:
        try:
            with socket.socket(socket.AF_UNIX) as server:
                server.bind(str(path))
        except OSError:
            path.write_bytes(b"")


def make_process(rng, root):
    """Another user's, that says it has the GPU open."""
    process = root / f"proc/{rng.randrange(2, 40000)}"
    try:
        (process / "fd").mkdir(parents=True)
        (process / "comm").write_bytes(hostile.text(rng)[:100] + b"\n")
        (process / "maps").write_bytes(b"7f00-7f01 rw-s 0 00:06 1 " + rng.choice(
            [b"/dev/kfd", b"/tmp/dev/kfd.txt", b"/tmp/x\x1b[31m/dev/kfd"]) + b"\n")
        (process / "stat").write_bytes(b"7 (x) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 1 0 0\n")
        (process / "fd/3").symlink_to(rng.choice(["/dev/kfd", "/dev/kfd (deleted)", "/tmp/dev/kfd"]))
        (root / "dev").mkdir(exist_ok=True)
        (root / "dev/kfd").touch()
    except OSError:
        pass  # an earlier one has put something else there


def remove(path):
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)


def make_hostile(case, root, outside):
    rng = case.random
    plain = [path for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink()]
    for path in rng.sample(plain, min(len(plain), rng.randrange(0, 6))):
        if rng.random() < 0.3:
            remove(path)
            make_special(rng, path, outside)
        else:
            path.write_bytes(hostile.damage(rng, path.read_bytes()))
    new = list(new_files(rng, root))
    for path, content in rng.sample(new, rng.randrange(1, 4)):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            remove(path)
            if path.exists():
                continue
            if rng.random() < 0.2:
                make_special(rng, path, outside)
            else:
                path.write_bytes(content)
        except OSError:
            continue  # a name or a folder that an earlier one has made impossible
    if rng.random() < 0.3:
        make_process(rng, root)
    if rng.random() < 0.15:
        folder = root / rng.choice(["etc/modprobe.d", "var/lib/rocmfix", "etc/rocmfix", "etc"])
        if folder.exists():
            folder.rename(folder.with_name(folder.name + "-moved"))
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.symlink_to(outside)


def snapshot(folder):
    found = {}
    for path in sorted(folder.rglob("*")):
        info = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(info.st_mode) else b""
        found[str(path)] = (info.st_mode, info.st_ino, info.st_mtime_ns, content)
    return found


def run_env(case, root, what):
    """`eval "$(rocmfix env)"`, as the manual has it."""
    before = set(os.listdir(case.folder))
    command = f'eval "$("{BUILD}/bin/rocmfix" --root "$0" env 2>/dev/null)" >/dev/null 2>&1; true'
    case.run(["bash", "-c", command, root])
    made = set(os.listdir(case.folder)) - before - {"cache", "state"}
    if made:
        case.record("injection", what, " ".join(sorted(made))[:100])
    else:
        case.record("right", what)


def attack_root(case):
    root = case.copy_root()
    outside = case.folder / "outside"
    outside.mkdir()
    (outside / "secret.conf").write_bytes(b"options amdgpu " + SECRET + b"=1\n")
    (outside / "rocmfix.conf").write_bytes(b"options amdgpu " + SECRET + b"=2\n")
    (outside / "original.conf").write_bytes(b"options amdgpu " + SECRET + b"=3\n")
    make_hostile(case, root, outside)
    before = snapshot(outside)
    program = BUILD / "bin/rocmfix"
    for verb in VERBS:
        for form in ([], ["--json"]):
            ended = case.ask([program, "--root", root, *verb, *form])
            if SECRET in ended.stdout + ended.stderr:
                case.record("outside", " ".join(verb + form), "printed a file of the outside")
            after = snapshot(outside)
            if after != before:
                case.record("outside", " ".join(verb + form), "changed a file of the outside")
                before = after
    # A dry run of a command that GPU code is looked for in.
    case.ask([BUILD / "bin/rocmfix-run", "--root", root, "-n", "--json", "true"])
    run_env(case, root, "eval env")


def attack_log(case):
    logs = sorted((SOURCE / "tests/data/logs").glob("*.*"))
    rng = case.random
    content = rng.choice(logs).read_bytes()
    for _ in range(rng.randrange(1, 6)):
        content = hostile.damage(rng, content)[:4 << 20]
    lines = content.split(b"\n")
    for _ in range(rng.randrange(0, 5)):
        lines.insert(rng.randrange(len(lines) + 1), hostile.text(rng))
    name = case.folder / rng.choice(["log", "l\x1b[31mog", "l\u202eog"])
    name.write_bytes(b"\n".join(lines))
    for form in ([], ["--json"]):
        case.ask([BUILD / "bin/rocmfix", "explain", name, *form])
        with open(name, "rb") as log:
            case.ask([BUILD / "bin/rocmfix", "explain", *form], stdin=log)


def module_of(root):
    """The one that modprobe would load."""
    return sorted(root.glob("usr/lib/modules/*/**/amdgpu.ko"))[-1]


def release_of(root):
    return module_of(root).relative_to(root / "usr/lib/modules").parts[0]


def overlay(name, text):
    def put(_rng, root):
        (root / "etc/rocmfix").mkdir(exist_ok=True)
        (root / f"etc/rocmfix/{name}.toml").write_bytes(text)

    return put


def put_fifo(_rng, root):
    module = module_of(root)
    module.unlink()
    os.mkfifo(module)


def put_bomb(_rng, root):
    """Named as depmod(8) has it in its index, which it would not be by a bomb."""
    module, release = module_of(root), release_of(root)
    packed = module.with_name("amdgpu.ko.xz")
    packed.write_bytes(lzma.compress(module.read_bytes()))
    module.unlink()
    subprocess.run(["depmod", "-b", root, release], check=True, env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"})
    packed.write_bytes(hostile.bomb("xz"))


def put_image(content):
    return lambda _rng, root: (root / f"boot/initrd.img-{release_of(root)}").write_bytes(content(root))


def bombs_in(root):
    name = f"usr/lib/modules/{release_of(root)}/kernel/amdgpu.ko.xz".encode()
    return hostile.newc([(name, hostile.bomb("xz"))] * 6)


# What has once been a way in: each in its turn, so that none is left to chance.
CLASSICS = {
    "150,000 dotted keys": overlay("settings", b".".join([b"a"] * 150_000) + b" = 1\n"),
    "150,000 brackets": overlay("settings", b"a = " + b"[" * 150_000),
    "a module that unpacks to 1.5 GiB": put_bomb,
    "a module that is a FIFO": put_fifo,
    "a module with a table that lies": lambda rng, root: module_of(root).write_bytes(
        hostile.module_image(rng)),
    "modules of 1.5 GiB in the initramfs": put_image(bombs_in),
    "an initramfs that unpacks to 1.5 GiB": put_image(lambda _root: hostile.bomb("gz")),
    "a variable's name that is a command": overlay("settings", hostile.setting(
        b"X=1; touch PWNED; Y", b"$(touch PWNED)")),
    "a reason that leaves its comment": overlay("settings", hostile.setting(
        b"X", b"a\\u2028\\rb\\ntouch PWNED")),
    "150,000 dotted keys for the launcher": overlay("mitigations", b".".join([b"a"] * 150_000) + b" = 1\n"),
}


def attack_classic(case):
    names = list(CLASSICS)
    name = names[case.number // 5 % len(names)]
    root = case.copy_root("rx5600xt-rocmfix")
    CLASSICS[name](case.random, root)
    for verb in (["status"], ["verify"], ["plan", "--json"], ["apply", "--dry-run"], ["env"]):
        ended = case.run([BUILD / "bin/rocmfix", "--root", root, *verb], seconds=30)
        if case.judge(ended, f"{name}: {verb[0]}", as_json="--json" in verb) == "hang":
            return  # and so will the others
    ended = case.run([BUILD / "bin/rocmfix-run", "--root", root, "--retries", "1", "true"], seconds=30)
    case.judge(ended, f"{name}: rocmfix-run")
    run_env(case, root, f"{name}: eval env")


def attack(case):
    if case.number % 5 == 3:
        attack_classic(case)
    elif case.number % 5 == 4:
        attack_log(case)
    else:
        attack_root(case)


def prepare(_work):
    assert Path(BUILD / "bin/rocmfix").exists()
    hostile.bomb("xz")  # before the workers divide: made once
    hostile.bomb("gz")
