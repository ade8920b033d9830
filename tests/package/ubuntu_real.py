# SPDX-License-Identifier: MIT
"""rocmfix-dkms and rocmfix-livepatch-dkms on Ubuntu itself: a minimal installation of a release from its own
archive, with one of its kernels, dkms, compiler and initramfs. The source by `rocmfix kernel-source`, the whole
amdgpu.ko, its signature, what verify says, the change to the livepatch and the purge. Nothing is loaded; shim's
key is a stand-in, since no firmware is here that could enrol one."""

from __future__ import annotations

import re
import time
from pathlib import Path

import amdgpu
import install
import kernels
import livepatch_story
from expect import Done, Unexpected, exits_0, has, has_not, same
from machine import required
from story import Story, pattern_of
from ubuntu_layout import SHIM, enable_by_hint, is_skipped, make_shim_key, module_is_built, source_is_got

LIST = "etc/apt/sources.list"
# Called by Ubuntu's dkms before and after it signs; it would ask firmware that is not here.
POLICY = "usr/sbin/update-secureboot-policy"
SIGNER = "stand-in for shim's key"


def arrange_sources(s: Story) -> None:
    """As the release's installer leaves them: without deb-src."""
    root = s.machine.root
    lines = (root / LIST).read_text(encoding="utf-8").splitlines()
    if s.kernel.suite == "jammy":
        (root / LIST).write_text("".join(f"{line}\n# deb-src{line.removeprefix('deb')}\n" for line in lines))
        return
    (root / LIST).unlink()
    uri = lines[0].split()[1]
    suites = " ".join(line.split()[2] for line in lines)
    (root / "etc/apt/sources.list.d/ubuntu.sources").write_text(
        f"Types: deb\nURIs: {uri}\nSuites: {suites}\nComponents: main universe\n"
        "Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg\n", encoding="utf-8")


def enable_sources(s: Story, said: str) -> Done:
    """What the command says: to type, or for an older release to edit."""
    if s.kernel.suite != "jammy":
        return enable_by_hint(s, said)
    if not re.search(f"hint: remove the # of the deb-src lines in /{LIST}", said):
        raise Unexpected(said)
    return s.machine.do("sh", "-c", f"sed -i 's/^# deb-src/deb-src/' /{LIST} && apt-get -q update")


def source_is_there(s: Story, kernel: kernels.UbuntuKernel) -> Done | None:
    """By the command that kernel-source names where the archive has a linux-source of that very version, in which case
    the package builds at once; else by kernel-source itself."""
    said = s.machine.do("rocmfix", "kernel-source", "--kernel", kernel.release).text
    packaged = re.search(r"hint: type: apt install (\S+), which is the same source", said)
    if packaged is None:
        source_is_got(s, kernel, enable_sources, "http:")
        return None
    s.check("linux-source is named, of exactly that version", same, packaged[1],
            f"linux-source-{kernel.version.partition('-')[0]}={kernel.version}")
    begin = time.monotonic()
    done = s.machine.apt("install", packaged[1])
    s.tap.say(f"# its installation took {time.monotonic() - begin:.0f} s, with the build")
    s.check("it can be installed", exits_0, done)
    s.check("then there is nothing more to get", has,
            s.machine.run("rocmfix", "kernel-source", "--kernel", kernel.release), "its source is here already")
    return done


def prepare_signing(s: Story) -> None:
    required(s.machine.apt("install", "--no-install-recommends", "sbsigntool", "openssl"))
    make_shim_key(s, configure=False)
    policy = s.machine.root / POLICY
    if not policy.exists():
        policy.write_text("#!/bin/sh\n", encoding="utf-8")
        policy.chmod(0o755)


def check_module(s: Story) -> None:
    shown = s.machine.run("modinfo", "-k", s.kernel.release, "amdgpu")
    s.check("modinfo: the file is under updates/dkms", has, shown,
            rf"^filename: +(/usr)?/lib/modules/{s.kernel_re}/updates/dkms/amdgpu\.ko(\.zst)?$")
    s.check("modinfo: series, patches, source and fixes", has, shown,
            f"^rocmfix: +series={s.kernel.patches} patches=[1-9][0-9]* source={s.source_re} fixes=[0-9a-f,]+$")
    s.check("the initramfs has the new module", amdgpu.initramfs_has, s.machine, amdgpu.OURS)
    s.check("the stock module is kept", amdgpu.keeps_stock, s.machine)
    certificate = s.machine.root / SHIM / "MOK.der"
    s.check("the signature is that of the key", amdgpu.is_signed_by, s.machine, SIGNER, certificate)


def case_livepatch(s: Story, packages: dict[str, Path], version: str) -> None:
    begin = time.monotonic()
    done = s.machine.apt("install", livepatch_story.PACKAGE)
    s.tap.say(f"# the livepatch's package took {time.monotonic() - begin:.0f} s")
    s.check("apt install replaces it by the livepatch", exits_0, done)
    s.check("the livepatch is built, from the source that was kept", has, done,
            f"kernel {s.kernel_re}: rocmfix_livepatch {pattern_of(version)} is built and installed")
    s.check("it is signed, too", same, amdgpu.modinfo(s.machine, "signer", module="rocmfix_livepatch"), SIGNER)
    s.check("the stock amdgpu is in force", amdgpu.is_stock, s.machine)


def run(s: Story) -> None:
    kernel, packages, version = kernels.find(s.kernel.name), s.product.packages, s.product.version
    assert isinstance(kernel, kernels.UbuntuKernel)
    machine = s.machine
    arrange_sources(s)
    prepare_signing(s)
    required(machine.apt("update"))
    required(machine.apt("install", f"linux-headers-{kernel.release}"))
    s.check("before: the stock amdgpu", amdgpu.is_stock, machine)
    is_skipped(s, kernel, packages)
    s.check("no linux-source was pulled in", has_not, machine.run("dpkg", "-l"), "^ii +linux-source")
    module_is_built(s, kernel, version, source_is_there(s, kernel))
    install.keep_for_vm(s)
    check_module(s)
    install.check_verify(s)
    case_livepatch(s, packages, version)
    done = machine.apt("purge", "*rocmfix*")
    s.check("the purge exits 0", exits_0, done)
    s.check("nothing is left", amdgpu.nothing_left, machine)
    s.check("apt is not blocked", amdgpu.apt_works, machine)
