# SPDX-License-Identifier: MIT
"""A private DKMS tree, source tree and install tree for the tests.

The dkms, the kernel headers and rocmfix's scripts are the real ones; only the
kernel source is a stand-in of two files, so that a build takes seconds. Nothing
outside the test's own directory is written."""

import os
import shutil
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
DATA = Path(__file__).resolve().parent / "data"
VERSION = "9.8.7"
# dkms, depmod and modinfo are there, which is not in every user's PATH.
os.environ["PATH"] += ":/usr/sbin:/sbin"
STOCK = "kernel/drivers/gpu/drm/amd/amdgpu/amdgpu.ko"


def find_kernel():
    """A kernel of Debian's whose headers are installed, and its version."""
    for build in sorted(Path("/lib/modules").glob("*/build")):
        header = build / "include/generated/package.h"
        if header.exists() and '" Debian ' in (text := header.read_text()):
            return build.parent.name, text.split('" Debian ')[1].split('"')[0]
    return None, ""


KERNEL, SOURCE_VERSION = find_kernel()
SERIES = ".".join(SOURCE_VERSION.split(".")[:2])


class Lab:
    """One machine: what is installed on it is what the test says."""

    def __init__(self, directory, stock):
        self.directory = directory
        self.sources = directory / "src"
        self.dkms_tree = directory / "dkms"
        self.modules = directory / "root/lib/modules"
        self.admin = directory / "dpkg"
        self.rocmfix = self.sources / f"rocmfix-{VERSION}"
        self.environment = {}
        self.before_dkms = "true"
        for path in (self.sources, self.dkms_tree, self.admin):
            path.mkdir(parents=True)
        target = self.modules / KERNEL / STOCK
        target.parent.mkdir(parents=True)
        shutil.copy(stock, target)
        # dkms 3.0.10 looks for headers in /lib/modules, later ones in their install tree.
        (self.modules / KERNEL / "build").symlink_to(f"/lib/modules/{KERNEL}/build")
        self.depmod()
        self.install_rocmfix()
        self.install_linux_source(SOURCE_VERSION)

    def install_rocmfix(self):
        """The scripts as the package lays them out, with the stand-in's patches."""
        subprocess.run(
            [TOP / "dkms/assemble", "--version", VERSION, "--output", self.rocmfix], check=True
        )
        for name, target in (("patches", f"patches/{SERIES}"), ("rocmfix", "rocmfix")):
            shutil.rmtree(self.rocmfix / name)
            shutil.copytree(DATA / name, self.rocmfix / target)
        shutil.copy(TOP / "kernel/rocmfix/rocmfix_version.c", self.rocmfix / "rocmfix")

    def install_linux_source(self, version):
        """The package linux-source-SERIES of this version."""
        make_tarball(self.sources / f"linux-source-{SERIES}.tar.xz", self.directory / "tar", SOURCE_VERSION)
        (self.admin / "status").write_text(
            f"Package: linux-source-{SERIES}\nStatus: install ok installed\nArchitecture: all\n"
            f"Maintainer: tests <tests@rocmfix.invalid>\nVersion: {version}\nDescription: stand-in\n"
        )

    def remove_linux_source(self):
        (self.sources / f"linux-source-{SERIES}.tar.xz").unlink()
        (self.admin / "status").write_text("")

    def depmod(self):
        subprocess.run(["depmod", "-b", self.directory / "root", KERNEL], check=True, capture_output=True)

    def sign_with_own_key(self):
        """dkms signs as it does on a user's machine, with a key of this test. Gives the certificate."""
        key, certificate = self.directory / "mok.key", self.directory / "mok.pub"
        subprocess.run(
            ["openssl", "req", "-new", "-x509", "-nodes", "-subj", "/CN=DKMS module signing key",
             "-newkey", "rsa:2048", "-keyout", key, "-outform", "DER", "-out", certificate],
            check=True, capture_output=True,
        )
        self.environment |= {
            "sign_file": f"/lib/modules/{KERNEL}/build/scripts/sign-file",
            "mok_signing_key": str(key), "mok_certificate": str(certificate),
        }
        return certificate

    def dkms(self, action, *arguments, kernel=KERNEL):
        """Runs the real dkms; gives its exit status and everything it said."""
        module = [] if action == "autoinstall" else ["-m", "rocmfix", "-v", VERSION]
        command = [
            "dkms", action, *module,
            "--dkmstree", self.dkms_tree, "--sourcetree", self.sources,
            "--installtree", self.modules, "--no-depmod",
            # Without it dkms waits in steps of three seconds.
            "--verbose", *arguments,
        ]
        if action not in ("add",) and "--all" not in arguments:
            command += ["-k", kernel]
        environment = {
            **os.environ,
            "DPKG_ADMINDIR": str(self.admin),
            # Signing would make a key in the machine's /var/lib/dkms.
            "sign_file": "/nonexistent",
            "LC_ALL": "C.UTF-8",
            **self.environment,
        }
        namespace = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
        run = subprocess.run(
            [*namespace, "sh", "-c", self.before_dkms + '; "$@"', "sh", *command],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )
        self.depmod()
        return run.returncode, run.stdout

    def install(self, *arguments, kernel=KERNEL):
        if self.before_dkms == "true" and not (self.dkms_tree / "rocmfix").exists():
            status, output = self.dkms("add")
            assert status == 0, output
        return self.dkms("install", *arguments, kernel=kernel)

    def install_package_helper(self):
        """As if the package were installed, which builds by its own triggers."""
        helper = "/usr/libexec/rocmfix-dkms/each-kernel"
        self.before_dkms = (
            "mount -t tmpfs tmpfs /usr/libexec && mkdir /usr/libexec/rocmfix-dkms && "
            f"ln -s /bin/true {helper}"
        )

    def limit_disk(self, size):
        """dkms sees a disk of this size, in a mount namespace of its own, and on
        it rocmfix added already. The log outlives the namespace."""
        tree = self.dkms_tree / "rocmfix" / VERSION
        self.before_dkms = (
            f"mount -t tmpfs -o size={size} tmpfs {self.dkms_tree}; mkdir -p {tree}; "
            f"ln -s {self.rocmfix} {tree}/source; "
            f"trap 'cp {tree}/build/make.log {self.directory} 2>/dev/null' EXIT"
        )

    def modinfo(self, field):
        return subprocess.run(
            ["modinfo", "-b", self.directory / "root", "-k", KERNEL, "-F", field, "amdgpu"],
            capture_output=True, text=True, check=True,
        ).stdout.strip()

    def make_log(self):
        return (self.dkms_tree / "rocmfix" / VERSION / "build/make.log").read_text()

    def assert_stock(self):
        assert self.modinfo("version") == ""
        assert self.modinfo("filename").endswith(STOCK)

    def assert_no_build_tree(self):
        build = self.dkms_tree / "rocmfix" / VERSION / "build"
        left = [path.name for path in build.glob("*")] if build.exists() else []
        assert "tree" not in left and "amdgpu.ko" not in left


def make_tree(top, version):
    """A kernel source tree with the stand-in in amdgpu's place."""
    major, minor, patch = version.split("-")[0].split(".")
    shutil.copytree(DATA / "amdgpu", top / "drivers/gpu/drm/amd/amdgpu")
    (top / "Makefile").write_text(f"VERSION = {major}\nPATCHLEVEL = {minor}\nSUBLEVEL = {patch}\n")
    return top


def make_tarball(path, scratch, version):
    shutil.rmtree(scratch, ignore_errors=True)
    make_tree(scratch / f"linux-source-{SERIES}", version)
    subprocess.run(["tar", "-cJf", path, "-C", scratch, f"linux-source-{SERIES}"], check=True)
    return path
