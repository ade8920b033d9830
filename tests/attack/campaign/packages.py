# SPDX-License-Identifier: MIT
"""dpkg on the package `rocmfix` in a scratch machine, killed at random: whatever is interrupted, no
text of the administrator's is lost, and the purge at the end works.

The package is made here, of the built command and the maintainer scripts of debian/: what dpkg runs
is theirs, with a real dpkg, in a chroot with this machine's /usr under an overlay and no device but
/dev/null.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from .runner import BUILD, SOURCE

sys.path.insert(0, str(SOURCE / "tests/kernels"))
import chroot  # noqa: E402

OWN = b"# mine\noptions amdgpu runpm=0\n"
NEW = b"# newer, and mine\noptions amdgpu runpm=2\n"
EDIT = b"options amdgpu runpm=1 # added by hand\n"
STATES = ["own", "none", "own, apply", "apply", "own, apply, edit", "own, apply, new", "new file",
          "apply, edit", "apply, folder"]
STEPS = [["dpkg", "--purge", "rocmfix"], ["dpkg", "--remove", "rocmfix"],
         ["dpkg", "-i", "/rocmfix.deb"], ["rocmfix", "revert"], ["rocmfix", "apply"]]


def enter(root, command):
    return chroot.enter_overlaid(root, command, binds=chroot.same_path("/dev/null"))


def prepare(work):
    """The package, and a machine on which it may be installed; none where that is not permitted."""
    top = Path(work) / "packages"
    top.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0 or not shutil.which("dpkg-deb"):
        return
    tree = top / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "usr/bin").mkdir(parents=True)
    (tree / "usr/lib").mkdir(parents=True)
    shutil.copy(BUILD / "bin/rocmfix", tree / "usr/bin/rocmfix")
    for library in (BUILD / "lib").glob("librocmfix.so.*"):
        shutil.copy(library, tree / "usr/lib", follow_symlinks=False)
    (tree / "DEBIAN/control").write_text(
        "Package: rocmfix\nVersion: 1\nArchitecture: all\nMaintainer: t <t@example.org>\n"
        "Description: as built\n", encoding="ascii")
    for script in ("preinst", "postinst", "prerm", "postrm"):
        source = SOURCE / f"debian/rocmfix.{script}"
        if source.exists():
            text = source.read_text(encoding="utf-8").replace("#DEBHELPER#", "")
            (tree / "DEBIAN" / script).write_text(text, encoding="utf-8")
            (tree / "DEBIAN" / script).chmod(0o755)
    # ldconfig(8) has nothing to do for a library in a default folder.
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "--build", tree, top / "rocmfix.deb"],
                   check=True, stdout=subprocess.DEVNULL)


def make_machine(case, deb):
    root = case.copy_root("rx5600xt")
    for name in ("usr", "proc", "dev", "var"):
        shutil.rmtree(root / name, ignore_errors=True)
    for name in ("usr", "proc", "dev", ".work", ".upper/sbin", "etc/modprobe.d", "tmp", "var/log",
                 "var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers"):
        (root / name).mkdir(parents=True, exist_ok=True)
    for name in ("status", "available", "diversions", "statoverride"):
        (root / "var/lib/dpkg" / name).touch()
    for name in ("bin", "lib", "lib64", "sbin"):
        if not (root / name).is_symlink():
            (root / name).symlink_to("usr/" + name)
    for line in ("passwd", "group", "ld.so.cache"):
        shutil.copy(f"/etc/{line}", root / "etc")
    stand_in = root / ".upper/sbin/update-initramfs"
    stand_in.write_text("#!/bin/sh\nexit 0\n", encoding="ascii")
    stand_in.chmod(0o755)
    shutil.copy(deb, root / "rocmfix.deb")
    return root


def texts_of(root):
    """What is left of anybody's, wherever it may be kept."""
    found = []
    for folder in ("etc/modprobe.d", "var/lib/rocmfix", "etc/rocmfix"):
        for path in (root / folder).rglob("*"):
            if path.is_file():
                found.append(path.read_bytes())
    return found


def bring_into(case, root, state):
    """The texts that must not be lost."""
    conf, texts = root / "etc/modprobe.d/rocmfix.conf", []
    for word in state.split(", "):
        if word == "own":
            conf.write_bytes(OWN)
            texts.append(OWN)
        elif word == "apply":
            case.run(enter(root, ["rocmfix", "apply"]))
        elif word == "edit" and conf.exists():
            conf.write_bytes(conf.read_bytes() + EDIT)
            texts.append(EDIT)
        elif word.startswith("new"):
            conf.write_bytes(NEW)
            texts.append(NEW)
        elif word == "folder":
            conf.unlink(missing_ok=True)
            conf.mkdir()
            (conf / "kept").write_bytes(NEW)
            texts.append(NEW)
    return texts


def attack(case):
    deb = case.folder.parent / "packages/rocmfix.deb"
    if not deb.exists():
        return
    rng = case.random
    root = make_machine(case, deb)
    if case.run(enter(root, ["true"])).status != 0:
        return  # no overlay here
    state, steps = rng.choice(STATES), rng.choices(STEPS, k=rng.choice([0, 1, 1, 2, 3]))
    what = f"{state}; {', '.join(' '.join(step[:2]) for step in steps)}"
    installed = case.run(enter(root, ["dpkg", "-i", "/rocmfix.deb"]))
    if installed.status != 0:
        case.record("wrong", what, f"dpkg -i: {installed.stderr[-150:]!r}")
        return
    texts = bring_into(case, root, state)
    for step in steps:
        process = case.start(enter(root, step))
        time.sleep(rng.random() * rng.choice([0.05, 0.2, 0.6]))
        case.send(process, "KILL")
        case.finish(process)
        left = texts_of(root)
        for text in texts:
            if not any(text in one for one in left):
                case.record("file lost", what, f"{text[:30]!r} after a killed {' '.join(step[:2])}")
                return
        case.record("right", f"killed: {' '.join(step[:2])}")
    # As dpkg asks for, where it was killed while it unpacked.
    case.run(enter(root, ["dpkg", "-i", "/rocmfix.deb"]))
    ended = case.run(enter(root, ["dpkg", "--purge", "rocmfix"]))
    left = texts_of(root)
    lost = [text for text in texts if not any(text in one for one in left)]
    conf = root / "etc/modprobe.d/rocmfix.conf"
    if lost:
        case.record("file lost", what, f"{lost[0][:30]!r} after purge")
    elif ended.status != 0 and "folder" not in state:
        case.record("wrong", what, f"purge fails: {ended.stderr[-150:]!r}")
    elif not texts and conf.exists():
        case.record("wrong", what, "purge has left our file")
    elif state.startswith("own") and texts == [OWN] and (
            not conf.is_file() or conf.read_bytes() != OWN) and not any(
                step[1] == "apply" for step in steps):
        case.record("file lost", what, "the administrator's file is not where it was")
    else:
        case.record("right", f"purge: {state}")
