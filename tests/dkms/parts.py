# SPDX-License-Identifier: MIT
"""Each-kernel as its package installs it, with all of its places in a directory of the test's own,
whole or, for one of its parts, up to the verbs."""

import os
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
VERSION = "7.0.1"


class Installed:
    def __init__(self, tmp, variant="rocmfix"):
        self.tmp = tmp
        self.libexec = tmp / f"root/usr/libexec/{variant}-dkms"
        self.source = tmp / f"src/{variant}-{VERSION}"
        self.modules, self.dkms_tree, self.state = tmp / "modules", tmp / "dkms", tmp / "state"
        subprocess.run([TOP / "dkms/assemble", "--version", VERSION, "--variant", variant, "--output",
                        self.source, "--root", tmp / "root"], check=True)
        places = {"/run/rocmfix-build.lock": f"{tmp}/lock", "/var/lib/dkms": str(self.dkms_tree),
                  "/lib/modules": str(self.modules), "/var/lib/rocmfix": str(self.state),
                  "/var/cache/rocmfix": f"{tmp}/cache", "/usr/src/": f"{tmp}/src/",
                  "/run/systemd/system": f"{tmp}/none", "/etc/dkms/no-autoinstall": f"{tmp}/none",
                  "/boot/": f"{tmp}/boot/"}
        for file in (self.libexec / "each-kernel", self.libexec / "names", *self.libexec.glob("*.bash")):
            text = file.read_text()
            for there, here in places.items():
                text = text.replace(there, here)
            file.write_text(text)
        for directory in ("dkms", "modules", "bin", "boot", "state"):
            (tmp / directory).mkdir()
        self.environment = {"PATH": f"{tmp}/bin:/usr/sbin:/usr/bin:/sbin:/bin"}

    def program(self, name, script):
        """A stand-in, before the machine's own."""
        path = self.tmp / "bin" / name
        path.write_text("#!/bin/bash\n" + script)
        path.chmod(0o755)

    def kernel(self, release):
        (self.modules / release / "kernel").mkdir(parents=True)

    def start(self, *arguments):
        return subprocess.Popen([self.libexec / "each-kernel", *arguments], text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                env=self.environment)

    def run(self, code, **environment):
        """Bash code that has each-kernel's parts and settings; gives what it prints."""
        settings = (self.libexec / "each-kernel").read_text().split('\ncase "${1-} ${2-}" in\n')
        assert len(settings) == 2
        script = self.libexec / "part"
        script.write_text(settings[0] + "\n" + code + "\n")
        done = subprocess.run(["bash", script], capture_output=True, text=True, timeout=60, check=False,
                              stdin=subprocess.DEVNULL, env={**self.environment, **environment})
        assert done.stderr == "", done.stderr
        return done.stdout


def in_path(name):
    return any(os.access(f"{path}/{name}", os.X_OK) for path in ("/usr/sbin", "/usr/bin", "/sbin", "/bin"))
