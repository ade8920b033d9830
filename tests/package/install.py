# SPDX-License-Identifier: MIT
"""The whole DKMS build, by the commands that the package itself names, and the purge. The module that is
built is kept in the cache for tests/vm."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
import time
from pathlib import Path

import amdgpu
import cache
from expect import Done, Unexpected, absent, exits_0, has, has_not, same
from standin import SOURCE
from story import Story


class PeakSize(threading.Thread):
    """The most MiB that a folder has, looked at every ten seconds until stop()."""

    def __init__(self, folder: Path, every: float = 10) -> None:
        super().__init__(daemon=True)
        self.folder = folder
        self.every = every
        self.peak = 0
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(self.every):
            self.look()

    def look(self) -> None:
        # It comes with dkms, and files go while they are counted.
        counted = subprocess.run(["du", "-sm", self.folder], stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, text=True, check=False).stdout
        self.peak = max(self.peak, int(counted.split()[0]) if counted else 0)

    def stop(self) -> int:
        self.stopped.set()
        self.join()
        return self.peak


def follow_hints(s: Story, done: Done) -> list[Done]:
    """Only a user's words can get what is missing: types what the package says. All that was said."""
    said = [done]
    for number in (1, 2, 3):
        words = amdgpu.words_of_hint(said[-1].text, s.kernel.release)
        if not words:
            break
        s.tap.say(f"# hint {number}: apt install {' '.join(words)}")
        said.append(s.machine.apt("install", *words))
        s.check(f"the command of hint {number} exits 0", exits_0, said[-1])
    return said


def keep_for_vm(s: Story) -> None:
    """The built module, uncompressed, as the cache's built/NAME/amdgpu.ko."""
    folder = cache.directory() / "built" / s.kernel.name
    for file in amdgpu.our_files(s.machine):
        folder.mkdir(parents=True, exist_ok=True)
        new = folder / "amdgpu.ko.new"
        new.write_bytes(amdgpu.unpacked(file))
        new.rename(folder / "amdgpu.ko")


def install(s: Story) -> list[Done]:
    """All that apt said."""
    begin = time.monotonic()
    sampler = PeakSize(s.machine.root / "var/lib/dkms")
    sampler.start()
    done = s.machine.apt("install", *s.kernel.prefer, "rocmfix-dkms")
    s.check("apt install rocmfix-dkms exits 0", exits_0, done)
    said = follow_hints(s, done)
    peak = sampler.stop()
    # First of all: it took half an hour.
    keep_for_vm(s)
    minutes, seconds = divmod(int(time.monotonic() - begin), 60)
    s.tap.say(f"# the installation took {minutes} min {seconds} s; /var/lib/dkms grew to {peak} MiB")
    return said


def check_module(s: Story) -> None:
    shown = s.machine.run("modinfo", "-k", s.kernel.release, "amdgpu")
    version = s.product.version
    s.check(f"modinfo: version {version}", has, shown, f"^version: +{version}$")
    s.check("modinfo: the file is under updates/dkms", has, shown,
            rf"^filename: +(/usr)?/lib/modules/{s.kernel_re}/updates/dkms/amdgpu\.ko(\.xz)?$")
    s.check("modinfo: series, patches and source", has, shown,
            f"^rocmfix: +series={s.kernel.patches} patches=[1-9][0-9]* source={s.source_re} fixes=[0-9a-z,]+$")
    s.check("modinfo: parameter rocmfix", has, shown, "^parm: +rocmfix:")
    s.check("modinfo: parameter rocmfix_mtype", has, shown, "^parm: +rocmfix_mtype:")
    s.check("it is signed with the key of DKMS", amdgpu.is_signed, s.machine)


def quick_and_silent(seconds: float, done: Done) -> None:
    if seconds >= 60:
        raise Unexpected(f"{seconds:.0f} s")
    has_not(done, "^rocmfix: ")


def make_synthetic_machine(s: Story) -> None:
    """/srv/machine in the chroot, an RX 5600 XT with the chroot's own modules and initramfs: no Radeon is
    needed to look at them."""
    root = s.machine.root
    subprocess.run([SOURCE / "tests/data/make-roots", s.work / "machines", "rx5600xt"], check=True)
    synthetic = root / "srv/machine"
    shutil.move(s.work / "machines/rx5600xt", synthetic)
    for name in ("lib/modules", "usr/lib/modules", "boot"):
        shutil.rmtree(synthetic / name, ignore_errors=True)
    (synthetic / "lib/modules").mkdir(parents=True)
    for source, target in ((f"lib/modules/{s.kernel.release}", "lib/modules"), ("boot", "boot")):
        subprocess.run(["cp", "-al", root / source, synthetic / target], check=True)
    version = synthetic / "proc/version"
    version.write_text(re.sub("Linux version [^ ]*", f"Linux version {s.kernel.release}", version.read_text()))
    (synthetic / "proc/sys/kernel/osrelease").write_text(f"{s.kernel.release}\n")


def verify_says(report: str, wanted: str, pattern: str) -> None:
    """The check of this ID is good, and its detail matches."""
    check = {check["id"]: check for check in json.loads(report)["checks"]}[wanted]
    if check["ok"] is not True or not re.search(pattern, check["detail"]):
        raise Unexpected(str(check))


def check_verify(s: Story) -> None:
    """The userspace with it, when dist/ has it and it is for this release."""
    machine = s.machine
    if not (machine.root / "usr/bin/rocmfix").exists():
        s.tap.skip("rocmfix verify", f"the userspace package in dist/ is not installable on {s.kernel.suite}")
        return
    s.check("each boot logs rocmfix verify", amdgpu.is_enabled, machine, "rocmfix-verify.service")
    make_synthetic_machine(s)
    report = machine.ask("rocmfix", "verify", "--json", "--root", "/srv/machine")
    machine.did(Done(0, report))
    s.check("rocmfix verify finds the module of DKMS", verify_says, report, "module.installed",
            f"updates/dkms/amdgpu.ko(.xz)?, version {s.product.version}$")
    s.check("rocmfix verify finds it in the initramfs", verify_says, report, "initramfs.module",
            "has the installed amdgpu")
    shutil.rmtree(machine.root / "srv/machine")
    s.check("rocmfix-run runs", same, machine.ask("rocmfix-run", "--", "echo", "well"), "well")


def case_purge(s: Story) -> None:
    done = s.machine.apt("purge", "*rocmfix*")
    s.check("apt purge exits 0", exits_0, done)
    s.check("the message names the kernel", has, done, f"kernel {s.kernel_re}: back to the stock amdgpu")
    s.check("nothing is left in /usr/src, /var/lib/dkms, /lib/modules and /etc", amdgpu.nothing_left, s.machine)
    s.check("modinfo shows the stock amdgpu", amdgpu.is_stock, s.machine)
    s.check("the initramfs has the stock module", amdgpu.initramfs_has, s.machine, amdgpu.STOCK)
    s.check("apt is not blocked", amdgpu.apt_works, s.machine)


def run(s: Story) -> None:
    machine, version = s.machine, s.product.version
    s.add_repository()
    s.check("before: the stock amdgpu", amdgpu.is_stock, machine)
    s.check("before: it is in the initramfs", amdgpu.initramfs_has, machine, amdgpu.STOCK)
    said = install(s)
    s.check("the message says that it is installed", has, said[-1],
            f"kernel {s.kernel_re}: amdgpu {version} is built and installed")
    s.check("for one kernel and no other", same,
            sum(done.text.count(": building amdgpu from") for done in said), 1)
    check_module(s)
    s.check("the initramfs has the new module", amdgpu.initramfs_has, machine, amdgpu.OURS)
    s.check("the build tree is gone", absent, machine.root / f"var/lib/dkms/rocmfix/{version}/build")
    s.check("apt is not blocked", amdgpu.apt_works, machine)
    s.check("the next boot would load the stock driver if rocmfix's is refused",
            amdgpu.is_enabled, machine, "rocmfix-load-stock.service")
    begin = time.monotonic()
    done = machine.apt("install", "--reinstall", f"linux-headers-{s.kernel.release}")
    s.check("a trigger with nothing to do is quick and silent", quick_and_silent, time.monotonic() - begin, done)
    check_verify(s)
    case_purge(s)
