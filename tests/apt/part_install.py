# SPDX-License-Identifier: MIT
"""By name, on a clean system that knows the repository by http on loopback and its key: install, use, purge."""

from __future__ import annotations

import amdgpu
import system
from context import Context
from expect import exits_0, has, prints, same
from machine import Machine
from server import serving
from standin import make_package
from suites import Build

# A kernel with modules and without headers, as one from elsewhere is.
KERNEL = "6.1.0-999-amd64"


def version(machine: Machine, package: str) -> str:
    return machine.ask("dpkg-query", "-W", "-f", "${Version}", package)


def stand_in(c: Context, machine: Machine) -> None:
    """Some hundred MB of Debian that nothing here builds with: the kernel's source and headers. And a kernel."""
    made = c.work / "stand-ins"
    made.mkdir(exist_ok=True)
    packages = [make_package(made, name, "99:1") for name in ("linux-source", "linux-headers-amd64")]
    c.check("stand-ins of linux-source and linux-headers", exits_0, machine.dpkg_install(*packages))
    (machine.root / f"lib/modules/{KERNEL}/kernel/drivers/gpu/drm/amd/amdgpu").mkdir(parents=True)


def case_userspace(c: Context, machine: Machine, suite: str, build: Build) -> None:
    before = machine.apt("install", "rocmfix")
    c.check(f"{suite}: without the repository there is no such package", has, before,
            "Unable to locate package rocmfix")
    with_key = c.work / f"served-{suite}"
    with serving(c.publish(with_key, [build])) as url:
        done = system.add_source(machine, url, suite, c.ring.public_key())
        c.check(f"{suite}: apt accepts the repository", exits_0, done)
        done = machine.apt("install", "rocmfix", "python3-rocmfix", "rocmfix-sim", "librocmfix-dev")
        c.check(f"{suite}: apt install of the userspace", exits_0, done)
    name = machine.ask("rocmfix", "--version").split("\n")[0]
    c.check(f"{suite}: the version is this suite's", same, version(machine, "rocmfix"),
            f"{name.split()[1]}{build.suffix}")
    c.check(f"{suite}: rocmfix doctor looks at the system", has, machine.run("rocmfix", "doctor"), "^No supported GPU|^[0-9]+ checks?: ")
    c.check(f"{suite}: rocmfix-run runs a program", prints, machine.run("rocmfix-run", "--", "echo", "well"), "well")
    c.check(f"{suite}: rocmfix-run has its interposer and its simulator", has,
            machine.run("rocmfix-run", "--simulate", "rx5600xt", "--", "env"), "^LD_PRELOAD=.*librocmfix-sim.so")
    c.check(f"{suite}: the Python package finds the library", prints, machine.run(
        "python3", "-c", "from rocmfix import librocmfix; print(librocmfix.version())"), name.split()[1])


def case_driver(c: Context, machine: Machine, suite: str) -> None:
    """Without headers nothing can be built, and apt says what to type."""
    stand_in(c, machine)
    with serving(c.work / f"served-{suite}") as url:
        system.add_source(machine, url, suite, c.ring.public_key())
        done = machine.apt("install", "rocmfix-dkms")
        c.check(f"{suite}: apt install rocmfix-dkms", exits_0, done)
        c.check(f"{suite}: a kernel without headers keeps its driver", has, done,
                f"rocmfix: kernel {KERNEL}: skipped; it keeps the stock amdgpu")
        c.check(f"{suite}: and what to type is said", has, done, f"hint: .*linux-headers-{KERNEL}")
        c.check(f"{suite}: its source is there, without the suffix", same, machine.found("usr/src/rocmfix-*"),
                [f"usr/src/rocmfix-{version(machine, 'rocmfix-dkms').partition('~')[0]}"])
        c.check(f"{suite}: the next boot would load the stock driver if rocmfix's is refused",
                amdgpu.is_enabled, machine, "rocmfix-load-stock.service")
        done = machine.apt("install", "rocmfix-livepatch-dkms")
        c.check(f"{suite}: apt install rocmfix-livepatch-dkms replaces it", exits_0, done)
        c.check(f"{suite}: rocmfix-dkms is gone", same, machine.ask(
            "dpkg-query", "-W", "-f", "${db:Status-Status}", "rocmfix-dkms") in ("", "config-files"), True)
    c.check(f"{suite}: dpkg --audit is clean", amdgpu.audit_is_clean, machine)


def case_purge(c: Context, machine: Machine, suite: str) -> None:
    done = machine.apt("purge", "*rocmfix*")
    c.check(f"{suite}: apt purge", exits_0, done)
    c.check(f"{suite}: nothing of rocmfix is left", nothing_left, machine)
    done = machine.apt("install", "--reinstall", "--download-only", "hostname")
    c.check(f"{suite}: apt works", exits_0, done)


def nothing_left(machine: Machine) -> None:
    """But the user's key and source, and the stand-ins."""
    for own in (system.KEY, system.SOURCES):
        (machine.root / own).unlink(missing_ok=True)
    amdgpu.nothing_left(machine)
    same([path for path in machine.found("usr/**/*rocmfix*") if path != "usr/lib/rocmfix-tests"], [])


def run(c: Context, release: str) -> None:
    build = next(build for build in c.builds if release in build.suites)
    with system.layered(system.clean(build.chroot, c.cache), c.work / f"install-{release}") as machine:
        c.log = machine.last_output
        case_userspace(c, machine, release, build)
        # They depend on Debian's kernels alone.
        if not build.left_out:
            case_driver(c, machine, release)
        case_purge(c, machine, release)


def run_ubuntu(c: Context) -> None:
    """Debian 12 stands for Ubuntu 22.04: the packages run with a libre2 of their own."""
    build = c.build("ubuntu")
    with system.layered(system.clean(build.chroot, c.cache), c.work / "install-ubuntu") as machine:
        c.log = machine.last_output
        case_userspace(c, machine, build.suites[0], build)
        loaded = machine.run("sh", "-c", "ldd /usr/lib/x86_64-linux-gnu/librocmfix.so.1")
        c.check("ubuntu: librocmfix loads its own RE2", has, loaded, r"libre2\.so\.[0-9]+ => /usr/lib/.*/rocmfix/")
        c.check("ubuntu: Debian's is not installed", same, machine.found("usr/lib/x86_64-linux-gnu/libre2.so*"), [])
        case_purge(c, machine, "ubuntu")
