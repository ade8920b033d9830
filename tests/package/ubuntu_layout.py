# SPDX-License-Identifier: MIT
"""rocmfix-dkms on a machine whose kernel, headers and source package are laid out and named as Ubuntu's:
skipped with the command that gets the source, that command, the whole build, the signature by shim's key.
A stand-in on Debian; nothing of Ubuntu's is in it."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import amdgpu
import kernels
from expect import Done, Unexpected, exits_0, fails, has, same
from machine import required
from story import Story, pattern_of
from ubuntu_kernel import UbuntuKernel, sources_file

SOURCES = "etc/apt/sources.list.d/ubuntu.sources"
COMMAND = "/usr/libexec/rocmfix-dkms/kernel-source"
# Ubuntu's dkms has this by default; it is made when shim-signed is installed.
SHIM = "var/lib/shim-signed/mok"
SMALL = "9.8.7"
# The stand-in, or a real one of tests/kernels/ubuntu-list.
Ubuntu = UbuntuKernel | kernels.UbuntuKernel


def make_shim_key(s: Story, *, configure: bool = True) -> None:
    """Stands for the one that shim-signed makes. `configure` for a dkms that is not Ubuntu's."""
    folder = s.machine.root / SHIM
    folder.mkdir(parents=True)
    subprocess.run(["openssl", "req", "-new", "-x509", "-nodes", "-subj", "/CN=stand-in for shim's key",
                    "-newkey", "rsa:2048", "-keyout", folder / "MOK.priv", "-outform", "DER", "-out", folder / "MOK.der"],
                   check=True, capture_output=True)
    if not configure:
        return
    settings = s.machine.root / "etc/dkms/framework.conf.d/ubuntu.conf"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(f"mok_signing_key=/{SHIM}/MOK.priv\nmok_certificate=/{SHIM}/MOK.der\n", encoding="utf-8")


def enable_by_hint(s: Story, said: str) -> Done:
    """Types what the command said."""
    found = re.search(r"hint: type: (sed .*\.sources); apt update", said)
    if found is None:
        raise Unexpected(said)
    return s.machine.do("sh", "-c", f"{found[1]} && apt-get -q update")


def get_source(s: Story, kernel: Ubuntu) -> Done:
    """By the command where the package rocmfix is there, as users type it."""
    command = ["rocmfix", "kernel-source"] if s.machine.found("usr/bin/rocmfix") else [COMMAND]
    s.tap.say(f"# the source is got by {' '.join(command)}")
    return s.machine.do(*command, "--kernel", kernel.release)


def install_kernel(s: Story, kernel: UbuntuKernel, *, small: bool) -> None:
    """As it is on such a machine, before rocmfix comes."""
    packages = kernel.make_packages(s.machine)
    required(s.machine.apt("install", "libelf1", "libssl3"))
    required(s.machine.dpkg_install(*packages))
    make_shim_key(s)
    archive = kernel.make_archive(s.machine, small=small)
    archive.close()
    (s.machine.root / SOURCES).write_text(sources_file("deb"), encoding="utf-8")
    required(s.machine.apt("update"))


def is_skipped(s: Story, kernel: Ubuntu, packages: dict[str, Path]) -> None:
    s.machine.add_repository(packages.values())
    names = [name for name in ("rocmfix-dkms", "rocmfix") if name in packages]
    done = s.machine.apt("install", *names)
    s.check("apt install exits 0 without the source", exits_0, done)
    s.check("the kernel is skipped", has, done, f"kernel {pattern_of(kernel.release)}: skipped; it keeps the stock amdgpu")
    s.check("the command that gets the source is named", has, done,
            f"hint: type: rocmfix kernel-source --kernel {pattern_of(kernel.release)}$")
    s.check("no headers of Debian's were pulled in", same, s.machine.found("usr/src/linux-headers-*-amd64"), [])


def source_is_got(s: Story, kernel: Ubuntu, enable: Callable[[Story, str], Done] = enable_by_hint,
                  archive: str = "copy:") -> None:
    """`enable` does what the command says about deb-src."""
    done = get_source(s, kernel)
    s.check("without deb-src it fails", fails, done)
    s.check("it says how to enable deb-src", exits_0, enable(s, done.text))
    begin = time.monotonic()
    done = get_source(s, kernel)
    s.tap.say(f"# the source took {time.monotonic() - begin:.0f} s")
    s.check("the source is got", exits_0, done)
    s.check("it says what is downloaded", has, done,
            f"the source of kernel {pattern_of(kernel.release)} is {kernel.source} {pattern_of(kernel.version)}: 3 files, "
            rf"[0-9]+ MiB, from {archive}")
    s.check("only amdgpu's part is left", same, s.machine.found("var/cache/rocmfix/*", "var/cache/rocmfix/.*"),
            [f"var/cache/rocmfix/{kernel.release}"])


def module_is_built(s: Story, kernel: Ubuntu, version: str, done: Done | None = None) -> None:
    """By the package's trigger in what is `done`; else by dpkg-reconfigure."""
    if done is None:
        begin = time.monotonic()
        done = s.reconfigure()
        s.tap.say(f"# the build took {time.monotonic() - begin:.0f} s")
        s.check("dpkg-reconfigure exits 0", exits_0, done)
    s.check("the module is built and installed", has, done,
            f"kernel {pattern_of(kernel.release)}: amdgpu {pattern_of(version)} is built and installed")
    field = amdgpu.modinfo(s.machine, "rocmfix", kernel.release)
    s.check("modinfo names Ubuntu's source", has, field, f"source={pattern_of(kernel.version)}( |$)")
    s.check("it is for that kernel", has, amdgpu.modinfo(s.machine, "vermagic", kernel.release),
            f"^{pattern_of(kernel.release)} ")
    s.check("shim's key signed it", same, amdgpu.modinfo(s.machine, "signer", kernel.release),
            "stand-in for shim's key")
    s.check("a second run has nothing to do", has, s.machine.do("dpkg-reconfigure", "rocmfix-dkms"),
            "is installed already")


def tell(s: Story, packages: dict[str, Path], version: str, *, small: bool) -> None:
    kernel = UbuntuKernel(s.kernel, s.work)
    install_kernel(s, kernel, small=small)
    is_skipped(s, kernel, packages)
    source_is_got(s, kernel)
    module_is_built(s, kernel, version)
    done = s.machine.apt("purge", "rocmfix-dkms")
    s.check("the purge exits 0", exits_0, done)
    s.check("the stock amdgpu is in force", same, amdgpu.modinfo(s.machine, "version", kernel.release), "")
    s.check("nothing is left in the cache", same, s.machine.found("var/cache/rocmfix*"), [])


def run(s: Story) -> None:
    tell(s, s.product.packages, s.product.version, small=False)


def run_small(s: Story) -> None:
    """The same with an amdgpu that builds in seconds, and a package with its patches."""
    s.versions.make([SMALL])
    tell(s, {"rocmfix-dkms": s.versions.deb(SMALL)}, SMALL, small=True)
