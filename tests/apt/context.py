# SPDX-License-Identifier: MIT
"""What every part of the repository's tests gets."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ParamSpec

import repository
from repository import Keyring
from suites import Build, Repository
from tap import Tap

Given = ParamSpec("Given")


@dataclass
class Context:
    tap: Tap
    described: Repository
    builds: list[Build]  # those of which there are packages
    packages: Path  # a folder for each build
    cache: Path
    work: Path
    ring: Keyring
    log: Callable[[], str] = field(default=lambda: "")

    def check(self, name: str, expectation: Callable[Given, None], *given: Given.args,
              **options: Given.kwargs) -> None:
        self.tap.check(self.log, name, expectation, *given, **options)

    def publish(self, folder: Path, builds: list[Build] | None = None, packages: Path | None = None,
                url: str = "") -> Path:
        """A repository, signed with the tests' key. Replaces the one in the folder."""
        shutil.rmtree(folder, ignore_errors=True)
        repository.publish(self.described, builds or self.builds, packages or self.packages, folder, self.ring,
                           url=url)
        return folder

    def build(self, name: str) -> Build:
        return next(build for build in self.builds if build.name == name)
