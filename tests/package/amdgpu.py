# SPDX-License-Identifier: MIT
"""What is asked of a machine about its amdgpu: which module is in force, on disk and in the initramfs,
what dkms and rocmfix have recorded of it. Functions that begin with a verb expect, as those of
expect.py; the others only look.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from expect import Done, Unexpected, exits_0, has, prints, same
from machine import Machine

HERE = Path(__file__).resolve().parent
STOCK = "kernel/drivers/gpu/drm/amd/amdgpu"
OURS = "updates/dkms"
# Where nothing of rocmfix may be left by a purge.
PLACES = ("usr/src", "var/lib/dkms", "lib/modules", "etc", "var/lib", "var/cache", "usr/libexec",
          "usr/lib/systemd")
# Of apt itself: which packages there are and were.
NOT_LEFT = ("var/lib/apt/", "var/cache/apt/", "etc/apt/sources.list.d/")


# --- what texts say

def directories_in(listing: str) -> list[str]:
    """Where an initramfs has amdgpu, from the list of its files."""
    return re.findall(r"^(?:usr/)?(lib/modules/.*)/amdgpu\.ko(?:\.[a-z]+)?$", listing, re.MULTILINE)


def installed_versions(status: str) -> str:
    """`dkms status` without what it says in brackets, such as that the stock module is kept."""
    return "\n".join(re.sub(r" \(.*", "", line) for line in status.splitlines() if line)


def value_in(record: str, key: str) -> str:
    """Of KEY=VALUE lines."""
    return "\n".join(line.removeprefix(f"{key}=") for line in record.splitlines()
                     if line.startswith(f"{key}="))


def built_kernels(log: str) -> list[str]:
    """The kernels for which a build was begun."""
    return sorted(re.findall(r"kernel (\S+): building amdgpu", log))


def words_of_hint(log: str, kernel: str) -> list[str]:
    """What `apt install` is to be given, according to the message about a kernel that was skipped."""
    about = False
    for line in log.splitlines():
        if f"kernel {kernel}: skipped" in line:
            about = True
        elif about and "hint: " in line:
            about = False
            _, found, words = line.partition("hint: type: apt install ")
            if found:
                return words.split()
    return []


# --- what is there

def modinfo(machine: Machine, field: str, kernel: str = "", module: str = "amdgpu") -> str:
    """Nothing where there is no such module."""
    return machine.ask("modinfo", "-k", kernel or machine.kernel, "-F", field, module)


def source_in_force(machine: Machine, kernel: str) -> str:
    """Of which linux-source amdgpu was built."""
    return modinfo(machine, "rocmfix", kernel).partition("source=")[2].partition(" ")[0]


def initramfs_files(machine: Machine) -> str:
    dracut = (machine.root / "usr/bin/lsinitrd").exists()
    text = machine.ask("lsinitrd" if dracut else "lsinitramfs", f"/boot/initrd.img-{machine.kernel}")
    return "\n".join(line.rpartition(" ")[2] for line in text.splitlines())


def our_files(machine: Machine) -> list[Path]:
    """amdgpu as DKMS installed it."""
    return sorted((machine.root / "lib/modules" / machine.kernel / OURS).glob("**/amdgpu.ko*"))


def unpacked(file: Path) -> bytes:
    """A module as the kernel loads it, in whatever way it is compressed."""
    program = {".xz": "xz", ".zst": "zstd"}.get(file.suffix)
    if program is None:
        return file.read_bytes()
    return subprocess.run([program, "-qdc", file], stdout=subprocess.PIPE, check=True).stdout


def stock_file(machine: Machine) -> Path:
    [file] = (machine.root / "lib/modules" / machine.kernel / STOCK).glob("amdgpu.ko*")
    return file


def record(machine: Machine, kernel: str, key: str) -> str:
    """What rocmfix has recorded of its last build for a kernel."""
    file = machine.root / "var/lib/rocmfix/builds" / kernel
    return value_in(file.read_text(encoding="utf-8"), key) if file.exists() else ""


def kept_versions(machine: Machine) -> list[str]:
    """The versions of rocmfix that dkms has."""
    return sorted(path.name for path in (machine.root / "var/lib/dkms/rocmfix").glob("[0-9]*"))


def dkms_versions(machine: Machine) -> str:
    return installed_versions(machine.ask("dkms", "status"))


# --- what is expected

def is_stock(machine: Machine) -> None:
    prints(machine.run("modinfo", "-k", machine.kernel, "-F", "version", "amdgpu"), "")
    has(machine.run("modinfo", "-k", machine.kernel, "-F", "filename", "amdgpu"),
        f"/{STOCK}/")


def initramfs_has(machine: Machine, directory: str) -> None:
    """The amdgpu of this directory, and no other."""
    same(directories_in(initramfs_files(machine)), [f"lib/modules/{machine.kernel}/{directory}"])


def keeps_stock(machine: Machine) -> None:
    """The stock module can come back: where it was, or where dkms 3.2 puts it aside."""
    for folder in (f"lib/modules/{machine.kernel}/kernel", "var/lib/dkms/rocmfix/original_module"):
        for path in (machine.root / folder).glob("**/amdgpu.ko*"):
            if path.stat().st_size > 1 << 20:
                return
    raise Unexpected("no stock amdgpu is on disk")


def is_signed(machine: Machine) -> None:
    """It bears DKMS' signature, by the key whose certificate a user enrols."""
    is_signed_by(machine, "DKMS module signing key", machine.root / "var/lib/dkms/mok.pub")


def is_signed_by(machine: Machine, signer: str, certificate: Path) -> None:
    serial = subprocess.run(["openssl", "x509", "-inform", "DER", "-in", certificate, "-noout", "-serial"],
                            stdout=subprocess.PIPE, text=True, check=True).stdout
    same(modinfo(machine, "signer"), signer)
    same(re.sub(r"[:\s]", "", modinfo(machine, "sig_key")), serial.strip().removeprefix("serial="))
    [file] = our_files(machine)
    with tempfile.NamedTemporaryFile(suffix=".ko") as module:
        module.write(unpacked(file))
        module.flush()
        verified = subprocess.run([sys.executable, HERE / "verify-signature", module.name, certificate], text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    exits_0(Done(verified.returncode, verified.stdout))


def audit_is_clean(machine: Machine) -> None:
    """No package is half-configured."""
    prints(machine.run("dpkg", "--audit"), "")


def apt_works(machine: Machine) -> None:
    """The kernel's hooks run, and another package can be installed."""
    audit_is_clean(machine)
    for command in (("dpkg-reconfigure", f"linux-headers-{machine.kernel}"),
                    ("apt-get", "-y", "-q", "install", "--reinstall", "hostname")):
        done = machine.run(*command)
        if done.status != 0:
            raise Unexpected(done.text)


def is_enabled(machine: Machine, unit: str) -> None:
    """systemd runs it at the next boot."""
    link = machine.root / "etc/systemd/system/multi-user.target.wants" / unit
    # Absolute, and inside the chroot.
    if not (link.is_symlink() and Path(f"{machine.root}{link.readlink()}").is_file()):
        raise Unexpected(f"{unit} is not enabled")


def nothing_left(machine: Machine) -> None:
    left = []
    for place in PLACES:
        for path in (machine.root / place).rglob("*"):
            name = str(path.relative_to(machine.root))
            if "rocmfix" in path.name.lower() or "/updates/" in f"/{name}":
                left.append(name)
    same([name for name in sorted(set(left)) if not name.startswith(NOT_LEFT)], [])
