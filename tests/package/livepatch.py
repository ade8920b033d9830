# SPDX-License-Identifier: MIT
"""rocmfix-livepatch-dkms on a system without a GPU: installation, upgrades, kernels, headers and sources
that come in any order, the change to rocmfix-dkms and back, dracut, purge. In all of it amdgpu stays
unchanged. Real maintainer scripts, dkms, headers and initramfs."""

from __future__ import annotations

import time

import amdgpu
import otherkernel
from expect import absent, exits_0, has, has_not, same, true
from livepatch_story import PACKAGE, TOOLS, Livepatch
from machine import required
from standin import make_standin_source, make_trigger
from story import Story


def case_install(p: Livepatch) -> None:
    s, machine, version = p.s, p.machine, p.s.product.version
    begin = time.monotonic()
    done = machine.apt("install", PACKAGE)
    p.check("install: apt exits 0", exits_0, done)
    s.tap.say(f"# apt install took {time.monotonic() - begin:.0f} s, the source being a small one")
    p.check("install: the message says so", has, done,
            f"kernel {s.kernel_re}: rocmfix_livepatch {version} is built and installed; "
            "it takes effect when that kernel boots")
    p.check_in_place(version, "install")
    p.check("install: modinfo: series and source", has, p.info("rocmfix"),
            f"^series={s.kernel.patches} patches=[1-9][0-9]* source={s.source_re} fixes=[0-9a-z,]+$")
    p.check("install: it is signed", same, p.info("signer"), "DKMS module signing key")
    p.check("install: modprobe would load it before amdgpu", has, machine.run("modprobe", "-c"),
            "^softdep amdgpu pre: rocmfix_livepatch")
    p.check("install: the build tree is gone", absent,
            machine.root / f"var/lib/dkms/rocmfix-livepatch/{version}/build")
    p.check("install: the command for the running kernel is there", has,
            machine.run(f"{TOOLS}/livepatch-switch", "status"), "^state=off$")
    p.check("install: apt is not blocked", amdgpu.apt_works, machine)


def case_upgrade(p: Livepatch) -> None:
    s = p.s
    first = p.make_version(p.packages, "7.0.1")
    p.check("upgrade: dpkg exits 0", exits_0, p.install(first))
    p.check_in_place("7.0.1", "upgrade")
    done = p.install(p.make_version(p.packages, "7.0.2", broken="livepatch/rocmfix_livepatch_main.c"))
    p.check("failing upgrade: dpkg exits 0", exits_0, done)
    p.check("failing upgrade: the message says so", has, done,
            f"kernel {s.kernel_re}: the build failed; it keeps rocmfix_livepatch 7.0.1, built from Linux {s.source_re}")
    p.check("failing upgrade: and what to do", has, done, f"hint: .*dpkg-reconfigure {PACKAGE}")
    p.check_in_place("7.0.1", "failing upgrade")
    p.check("failing upgrade: apt is not blocked", amdgpu.apt_works, p.machine)
    p.check("downgrade: dpkg exits 0", exits_0, p.install(first))
    p.check_in_place("7.0.1", "downgrade")


def case_point_release(p: Livepatch) -> None:
    """The order of a kernel's update: its files, its initramfs, then dpkg's triggers."""
    s, machine = p.s, p.machine
    before = p.info("amdgpu")
    p.point_release()
    done = machine.do("update-initramfs", "-u", "-k", machine.kernel)
    p.check("point release: the initramfs is built", exits_0, done)
    p.check("point release: the hook says that the livepatch does not fit", has, done,
            f"rocmfix-livepatch: cannot be used in the initramfs of {s.kernel_re}: error: "
            ".* was made for another amdgpu.ko")
    p.check("point release: the initramfs has amdgpu", amdgpu.initramfs_has, machine, amdgpu.STOCK)
    done = p.install(make_trigger(p.packages, "linux-point-release"))
    p.check("point release: dpkg exits 0", exits_0, done)
    p.check("point release: the trigger removes the old one", has, done,
            f"kernel {s.kernel_re}: rocmfix_livepatch is removed: error: .* another amdgpu.ko")
    p.check("point release: and builds the new one", has, done,
            f"kernel {s.kernel_re}: rocmfix_livepatch 7.0.1 is built and installed")
    p.check_in_place("7.0.1", "point release")
    p.check("point release: it was another one", true, before not in ("", p.info("amdgpu")))


def case_new_headers_first(p: Livepatch, release: str, source: str) -> None:
    series = p.s.kernel.series
    packages = p.make_source(source)
    otherkernel.add(p.machine, release, source)
    done = p.headers_arrive(release)
    p.check("new headers first: dpkg exits 0", exits_0, done)
    p.check("new headers first: the message says what is missing", has, done,
            f"kernel {release} needs linux-source-{series} {source}; installed: {p.s.source_re}")
    p.check("new headers first: and what to type", has, done,
            f"hint: type: apt install linux-source-{series}={source}")
    p.check("new headers first: nothing is built for the new kernel", same, p.modules(release), [])
    p.check_in_place("7.0.1", "new headers first")
    p.check("then the source: dpkg exits 0", exits_0, p.install(*packages))
    p.check("then the source: it is built for the new kernel", p.fits, release)
    p.check("then the source: from the new source", has, p.info("rocmfix", release), f"source={source} ")
    p.check_in_place("7.0.1", "then the source")


def case_new_source_first(p: Livepatch, release: str, source: str) -> None:
    machine = p.machine
    p.remove_kernel(release, "7.0.1")
    required(machine.run("dpkg", "--purge", f"linux-headers-{release}"))
    otherkernel.add(machine, release, source)
    otherkernel.remove_headers(machine, release)
    done = p.install(p.packages / "linux-point-release_1_all.deb")
    p.check("new source first: dpkg exits 0", exits_0, done)
    p.check("new source first: the message says what is missing", has, done,
            f"the headers of kernel {release} are not installed")
    otherkernel.remove(machine, release)
    otherkernel.add(machine, release, source)
    p.check("then the headers: dpkg exits 0", exits_0, p.headers_arrive(release))
    p.check("then the headers: it is built for the new kernel", p.fits, release)
    p.check_in_place("7.0.1", "then the headers")
    p.remove_kernel(release, "7.0.1")
    required(p.install(*p.make_source(p.s.kernel.source)))


def case_switch(p: Livepatch) -> None:
    """To the whole build, with a stand-in for amdgpu's source, and back; by apt, which has only the virtual
    package to go by."""
    s, machine = p.s, p.machine
    standin = s.work / "standin"
    standin.mkdir()
    required(p.install(*make_standin_source(standin, s.kernel.series, s.kernel.source)))
    s.versions.make(["7.0.1"])
    machine.add_repository([s.versions.deb("7.0.1"), p.make_version(p.packages, "7.0.3")])
    done = machine.apt("install", "--allow-downgrades", "rocmfix-dkms=7.0.1")
    p.check("to the whole build: apt exits 0", exits_0, done)
    p.check("to the whole build: the livepatch package is removed", has_not, machine.run("dpkg", "-l"),
            f"^ii +{PACKAGE} ")
    p.check("to the whole build: amdgpu is rocmfix's", same, amdgpu.modinfo(machine, "version"), "7.0.1")
    p.check("to the whole build: it is in the initramfs", amdgpu.initramfs_has, machine, amdgpu.OURS)
    p.check_gone("to the whole build")
    p.check("to the whole build: nothing of the livepatch is left", same, p.files(), p.files_before)
    p.check("to the whole build: apt is not blocked", amdgpu.apt_works, machine)

    required(p.install(p.packages / f"linux-source-{s.kernel.series}_{s.kernel.source}_all.deb"))
    done = machine.apt("install", f"{PACKAGE}=7.0.3")
    p.check("back: apt exits 0", exits_0, done)
    p.check("back: the other package is removed", has_not, machine.run("dpkg", "-l"), "^ii +rocmfix-dkms ")
    p.check_in_place("7.0.3", "back")
    p.check("back: apt is not blocked", amdgpu.apt_works, machine)


def case_dracut(p: Livepatch) -> None:
    machine = p.machine
    make_initramfs = ("dracut", "--force", f"/boot/initrd.img-{machine.kernel}", machine.kernel)
    p.check("dracut: apt exits 0", exits_0, machine.apt("install", "--no-install-recommends", "dracut"))
    p.check("dracut: it makes the initramfs", exits_0, machine.do(*make_initramfs))
    p.check_in_place("7.0.3", "dracut")
    p.point_release()
    done = machine.do(*make_initramfs)
    p.check("dracut, point release: it makes the initramfs", exits_0, done)
    p.check("dracut, point release: it says that the livepatch does not fit", has, done,
            f"rocmfix-livepatch: cannot be used in the initramfs of {p.s.kernel_re}: error: ")
    p.check("dracut, point release: the initramfs has amdgpu", amdgpu.initramfs_has, machine, amdgpu.STOCK)
    p.check("dracut, point release: dpkg-reconfigure exits 0", exits_0, p.s.reconfigure(PACKAGE))
    p.check_in_place("7.0.3", "dracut, point release")


def case_purge(p: Livepatch) -> None:
    machine = p.machine
    done = machine.apt("purge", "*rocmfix*")
    p.check("purge: apt exits 0", exits_0, done)
    p.check("purge: the message names the kernel", has, done, f"kernel {p.s.kernel_re}: back to the stock amdgpu")
    p.check("purge: nothing is left", amdgpu.nothing_left, machine)
    p.check("purge: nor elsewhere", same, p.files(), p.files_before)
    p.check_gone("purge")
    p.check_amdgpu("purge")
    p.check("purge: the initramfs has no order of loading", p.initramfs_has_no_order)
    p.check("purge: modules.dep is the same as without it", has_not,
            machine.root / f"lib/modules/{machine.kernel}/modules.dep", "livepatch")
    p.check("purge: apt is not blocked", amdgpu.apt_works, machine)


def run(s: Story) -> None:
    if PACKAGE not in s.product.packages:
        s.check("there is a package", true, False)
        return
    s.add_repository()
    s.install_tools("livepatch", "zstd", "binutils")
    p = Livepatch(s)
    required(p.install(*p.make_source(s.kernel.source)))
    release, source = f"{s.kernel.series}.0-999-amd64", f"{s.kernel.series}.999-1"
    case_install(p)
    case_upgrade(p)
    case_point_release(p)
    case_new_headers_first(p, release, source)
    case_new_source_first(p, release, source)
    case_switch(p)
    case_dracut(p)
    case_purge(p)
