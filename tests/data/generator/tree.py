# SPDX-License-Identifier: MIT
"""Writing a root directory: files, links, nothing else. Refuses to leave the directory."""

import os
from pathlib import Path


DATA = Path(__file__).parent.parent


class Tree:
    """A root under construction; paths are those of the machine, without the leading slash."""

    def __init__(self, top: Path):
        self.top = top

    def path(self, name: str) -> Path:
        path = self.top / name
        if ".." in path.parts:
            raise ValueError(f"{name}: leads out of the root")
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def write(self, name: str, content) -> None:
        """One file; text gets a final newline, as sysfs gives it one."""
        if not isinstance(content, bytes):
            text = str(content)
            content = (text if text.endswith("\n") else text + "\n").encode()
        self.path(name).write_bytes(content)

    def write_all(self, directory: str, files: dict) -> None:
        for name, content in files.items():
            self.write(f"{directory}/{name}", content)

    def link(self, name: str, target: str) -> None:
        """A relative link, as sysfs makes them; `target` is a path of the machine."""
        path = self.path(name)
        path.symlink_to(os.path.relpath(self.top / target, path.parent))

    def directory(self, name: str) -> None:
        self.path(name).mkdir(parents=True, exist_ok=True)
