# SPDX-License-Identifier: MIT
"""A checkout of a few files, in which the real runners run stand-ins for what they start."""

import os
import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
WELL = '<testsuites><testsuite><testcase classname="c" name="{}"/></testsuite></testsuites>'


class Checkout:
    def __init__(self, top):
        self.top = top
        self.reports = top / "build/reports"
        self.floors = top / "tests/floors"

    def take(self, *paths):
        """The real files, at their places."""
        for path in paths:
            (self.top / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(SOURCE / path, self.top / path)

    def write(self, path, text, mode=0o644):
        target = self.top / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        target.chmod(mode)

    def script(self, path, text):
        self.write(path, "#!/bin/bash\n" + text, 0o755)

    def run(self, *command, **variables):
        """(exit status, output) of a command in the checkout; bin/ is the first of PATH."""
        env = {k: v for k, v in os.environ.items() if not k.startswith("ROCMFIX_")}
        env["PATH"] = f"{self.top / 'bin'}:{env['PATH']}"
        done = subprocess.run(command, cwd=self.top, env={**env, **variables}, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout
