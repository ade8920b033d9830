# SPDX-License-Identifier: MIT
"""What apt does when the repository is not what it should be: nothing is installed, and what is installed works."""

from __future__ import annotations

import shutil
from pathlib import Path

import repository
import system
from context import Context
from expect import Done, Unexpected, exits_0, fails, has, has_not, same
from machine import Machine
from server import serving


def refused(done: Done, *patterns: str) -> None:
    """apt-get update gives 0 for some errors of a single source; what counts is that it says so."""
    for pattern in patterns:
        has(done, pattern)


def no_package(machine: Machine) -> None:
    """apt knows no package of this repository."""
    done = machine.run("apt-cache", "policy", "rocmfix")
    if "Candidate: (none)" not in done.text and done.text.strip():
        raise Unexpected(done.text)


def flip(file: Path) -> None:
    """One bit in the middle."""
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def case_wrong_key(c: Context, machine: Machine, url: str) -> None:
    with repository.keyring(None) as other:
        done = system.add_source(machine, url, "bookworm", other.public_key())
    c.check("wrong key: apt says that the key is missing", refused, done, "NO_PUBKEY|not signed|couldn't be verified")
    c.check("wrong key: apt knows no package of it", no_package, machine)
    c.check("wrong key: nothing is installed", fails, machine.apt("install", "rocmfix"))


def case_no_key(c: Context, machine: Machine, url: str) -> None:
    system.add_source(machine, url, "bookworm", "")
    (machine.root / system.KEY).unlink()
    done = system.update(machine)
    c.check("no key: apt says so", refused, done, "NO_PUBKEY|not signed|couldn't be verified")
    c.check("no key: nothing is installed", fails, machine.apt("install", "rocmfix"))


def case_changed_index(c: Context, machine: Machine, top: Path, url: str) -> None:
    release = top / "dists/bookworm/InRelease"
    kept = release.read_bytes()
    release.write_bytes(kept.replace(b"Label: rocmfix", b"Label: rocmfiX"))
    done = system.add_source(machine, url, "bookworm", c.ring.public_key())
    c.check("changed index: apt says that the signature is bad", refused, done, "BADSIG|invalid signature|not signed|isn't valid")
    c.check("changed index: nothing is installed", fails, machine.apt("install", "rocmfix"))
    release.write_bytes(kept)


def case_changed_package(c: Context, machine: Machine, top: Path, url: str) -> None:
    c.check("the right key: apt accepts the repository", exits_0,
            system.add_source(machine, url, "bookworm", c.ring.public_key()))
    [deb] = top.glob("pool/main/r/rocmfix/librocmfix1_*.deb")
    kept = deb.read_bytes()
    flip(deb)
    done = machine.apt("install", "rocmfix")
    c.check("changed package: apt refuses it", fails, done)
    c.check("changed package: and says why", has, done, "Hash Sum mismatch")
    c.check("changed package: it is not installed", same, machine.ask("dpkg-query", "-W", "rocmfix"), "")
    deb.write_bytes(kept)


def case_unknown_suite(c: Context, machine: Machine, url: str) -> None:
    done = system.add_source(machine, url, "buster", c.ring.public_key())
    c.check("unknown suite: apt says that there is no such release", refused, done, "does not have a Release file")


def case_gone(c: Context, machine: Machine) -> None:
    """After the server has been stopped: the address answers nothing."""
    done = system.update(machine)
    c.check("gone: apt update says what cannot be had", has, done, "^(W|E|Err).*(Failed to fetch|Could not connect)")
    c.check("gone: the installed package runs", has, machine.run("rocmfix", "--version"), r"^rocmfix [0-9.]+")
    c.check("gone: Debian's packages can be installed", exits_0,
            machine.apt("install", "--reinstall", "--download-only", "hostname"))
    done = machine.apt("install", "rocmfix-sim")
    c.check("gone: a package of it cannot", fails, done)
    c.check("gone: dpkg has nothing half-installed", has_not, machine.run("dpkg", "--audit"), ".")
    c.check("gone: the purge works", exits_0, machine.apt("purge", "*rocmfix*"))


def run(c: Context) -> None:
    top = c.publish(c.work / "served-trouble", [c.build("deb12")])
    with system.layered(system.clean("bookworm", c.cache), c.work / "trouble") as machine:
        c.log = machine.last_output
        with serving(top) as url:
            case_wrong_key(c, machine, url)
            case_no_key(c, machine, url)
            case_changed_index(c, machine, top, url)
            case_changed_package(c, machine, top, url)
            case_unknown_suite(c, machine, url)
            system.add_source(machine, url, "bookworm", c.ring.public_key())
            c.check("in the end it installs", exits_0, machine.apt("install", "rocmfix"))
        case_gone(c, machine)
    shutil.rmtree(top)
