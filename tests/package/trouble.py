# SPDX-License-Identifier: MIT
"""Every way in which the build cannot work: in each the stock amdgpu stays, apt stays usable, and one
message says what to type."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import amdgpu
from expect import Done, absent, exits_0, has, has_not
from machine import required
from standin import make_source_packages
from story import Story

AGAIN = "hint: .*dpkg-reconfigure rocmfix-dkms"


def check_trouble(s: Story, name: str, done: Done, *patterns: str) -> None:
    """What holds in every trouble."""
    for pattern in patterns:
        s.check(f"{name}: the message says: {pattern}", has, done, pattern)
    s.check(f"{name}: the stock amdgpu is in place", amdgpu.is_stock, s.machine)
    s.check(f"{name}: apt is not blocked", amdgpu.apt_works, s.machine)


@contextlib.contextmanager
def changed(file: Path, content: bytes) -> Iterator[None]:
    """The file has other content meanwhile."""
    before = file.read_bytes()
    file.write_bytes(content)
    try:
        yield
    finally:
        file.write_bytes(before)


def source_of_rocmfix(s: Story) -> Path:
    return s.machine.root / f"usr/src/rocmfix-{s.product.version}"


def case_no_matching_source(s: Story) -> None:
    series = s.kernel.series
    done = s.machine.apt("install", "--no-install-recommends", "rocmfix-dkms", f"linux-headers-{s.kernel.release}",
                         f"linux-source={series}.1-1", f"linux-source-{series}={series}.1-1")
    s.check("no matching source: apt exits 0", exits_0, done)
    check_trouble(s, "no matching source", done, f"kernel {s.kernel_re}: skipped", f"installed: {series}.1-1",
                  f"hint: type: apt install linux-source-{series}={s.source_re}$")


def case_broken_patch(s: Story) -> None:
    """Then types what the message said: dpkg's trigger builds."""
    patch = max((source_of_rocmfix(s) / "patches" / s.kernel.patches).glob("*.patch"))
    broken = re.sub(rb"^ (.*[a-z].*)$", rb" broken \1", patch.read_bytes(), flags=re.MULTILINE)
    with changed(patch, broken):
        done = s.machine.apt("install", f"linux-source-{s.kernel.series}={s.kernel.source}")
        s.check("broken patch: the command of the message works", exits_0, done)
        check_trouble(s, "broken patch", done, f"kernel {s.kernel_re}: building", "error: patch .* does not apply",
                      AGAIN)
        done = s.machine.apt("install", "--reinstall", f"linux-headers-{s.kernel.release}")
        s.check("broken patch: the next trigger does not try again", exits_0, done)
        s.check("broken patch: the next trigger says so", has, done, "failed before and is not repeated")


def case_failing_build(s: Story) -> None:
    """kbuild fails, seconds into the build."""
    makefile = source_of_rocmfix(s) / "rocmfix/Makefile"
    with changed(makefile, makefile.read_bytes() + b"$(error broken on purpose)\n"):
        done = s.reconfigure()
        s.check("failing build: dpkg-reconfigure exits 0", exits_0, done)
        check_trouble(s, "failing build", done, f"kernel {s.kernel_re}: the build failed; it keeps the stock amdgpu",
                      f"error: amdgpu does not compile for kernel {s.kernel_re}", AGAIN)
        s.check("failing build: no source tree is left", absent,
                s.machine.root / f"var/lib/dkms/rocmfix/{s.product.version}/build/tree")


def make_kernel_folders(s: Story) -> list[Path]:
    """Kernels that are only directories: one whose source is not installed, without amdgpu, without
    headers, and headers without a kernel."""
    modules = s.machine.root / "lib/modules"
    other, cloud, missing, alone = (modules / name for name in (
        "6.99.0-1-amd64", "6.1.0-97-cloud-amd64", "6.1.0-98-amd64", "6.1.0-99-amd64"))
    for folder in (other, cloud, alone):
        for name in ("generated", "config"):
            (folder / "build/include" / name).mkdir(parents=True)
        (folder / "build/include/generated/package.h").write_text('#define LINUX_PACKAGE_ID " Debian 6.99.1-1"\n',
                                                                  encoding="utf-8")
    for folder in (other, cloud, missing):
        (folder / "kernel").mkdir(parents=True)
    (cloud / "build/include/config/auto.conf").write_text("CONFIG_DRM=m\n", encoding="utf-8")
    return [other, cloud, missing, alone]


def case_other_kernels(s: Story) -> None:
    """What counts is what the package says."""
    folders = make_kernel_folders(s)
    # Keeps the real kernel from being built here.
    tarball = s.machine.root / f"usr/src/linux-source-{s.kernel.series}.tar.xz"
    aside = s.work / f"{tarball.name}.aside"
    shutil.move(tarball, aside)
    done = s.reconfigure()
    s.check("other kernels: dpkg-reconfigure exits 0", exits_0, done)
    check_trouble(
        s, "other kernels", done,
        "kernel 6.1.0-98-amd64: skipped", "hint: type: apt install linux-headers-6.1.0-98-amd64",
        "kernel 6.99.0-1-amd64: skipped", "hint: type: apt install linux-source-6.99=6.99.1-1",
        "kernel 6.1.0-97-cloud-amd64 has no amdgpu",
        f"hint: type: apt install --reinstall linux-source-{s.kernel.series}=")
    s.check("other kernels: headers alone are not a kernel", has_not, done, r"6\.1\.0-99-amd64")
    for folder in folders:
        shutil.rmtree(folder)
    shutil.move(aside, tarball)


def case_full_disk(s: Story) -> None:
    folder = "var/lib/dkms"
    with s.machine.mounted(folder, ["-t", "tmpfs", "-o", "size=16m", "tmpfs"]):
        done = s.reconfigure()
        s.check("full disk: dpkg-reconfigure exits 0", exits_0, done)
        check_trouble(s, "full disk", done, "error: the build needs [0-9]+ MiB .*; [0-9]+ MiB are free", AGAIN)
        required(s.machine.apt("purge", "rocmfix-dkms"))
        with contextlib.suppress(OSError):
            (s.machine.root / folder / "filler").write_bytes(bytes(32 << 20))
        done = s.machine.apt("install", "rocmfix-dkms")
        s.check("no byte left: apt install exits 0", exits_0, done)
        check_trouble(s, "no byte left", done, AGAIN)


def run(s: Story) -> None:
    series = s.kernel.series
    tarball = s.work / f"linux-source-{series}.tar.xz"
    tarball.write_text("no kernel source\n", encoding="utf-8")
    s.add_repository(*make_source_packages(s.work, series, f"{series}.1-1", tarball))
    case_no_matching_source(s)
    case_broken_patch(s)
    case_failing_build(s)
    case_other_kernels(s)
    case_full_disk(s)
    s.check("after trouble: apt purge exits 0", exits_0, s.machine.apt("purge", "*rocmfix*"))
    s.check("after trouble: nothing is left", amdgpu.nothing_left, s.machine)
