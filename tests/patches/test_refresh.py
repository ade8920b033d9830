# SPDX-License-Identifier: MIT
"""tests/patches/refresh on a small series and sources that are made here. refresh-cases has Debian's."""

import importlib.machinery
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
COMMAND = HERE / "refresh"
LINES = [f"line {number}\n" for number in range(1, 31)]
HEADER = """\
From: a <a@example.org>
Subject: two: second

Index of things, which is no Index line.
Signed-off-by: a <a@example.org>
---
"""


def load():
    loader = importlib.machinery.SourceFileLoader("refresh", str(COMMAND))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("refresh", loader))
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


refresh = load()


def body(name, before, after, start):
    """A change of one line with three lines of context."""
    context = [f" {line}" for line in LINES]
    hunk = [*context[start - 4 : start - 1], f"-{before}", f"+{after}", *context[start : start + 3]]
    return f"--- a/{name}\n+++ b/{name}\n@@ -{start - 3},7 +{start - 3},7 @@\n" + "".join(hunk)


class Series:
    def __init__(self, folder):
        self.patches = folder / "patches"
        self.home = self.patches / "1.0"
        self.home.mkdir(parents=True)
        (self.home / "series").write_text("# both\none.patch\ntwo.patch # last\n")
        (self.home / "compat.h").write_text("/* kept */\n")
        (self.home / "one.patch").write_text("Subject: one\n---\n" + body("dir/a.c", LINES[9], "first\n", 10))
        (self.home / "two.patch").write_text(HEADER + body("dir/a.c", LINES[19], "second\n", 20)
                                             + body("b.c", LINES[4], "third\n", 5))
        (self.patches / "1.1").symlink_to("1.0")
        self.source = self.make_source(folder / "source")

    def make_source(self, folder, **changes):
        for name in ("dir/a.c", "b.c"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text("".join(changes.get(name[-3], LINES)))
        return folder

    def files(self):
        return {path.name: path.read_bytes() for path in self.home.iterdir()}

    def run(self, *words, **options):
        return subprocess.run([COMMAND, *words, "--patches", self.patches, "--from", self.source], text=True,
                              capture_output=True, check=False, **options)


@pytest.fixture(name="series")
def fixture_series(tmp_path):
    return Series(tmp_path)


def states(done):
    return dict(reversed(line.split()) for line in done.stdout.splitlines() if line.startswith("  ")
                and line[2] != " ")


MOVED = ["// new\n", *LINES]
CHANGED = [*LINES[:17], "changed\n", *LINES[18:]]


def test_an_unchanged_source_is_clean(series):
    done = series.run("1.0")
    assert (done.returncode, states(done)) == (0, {"one.patch": "clean", "two.patch": "clean"})


def test_moved_lines_are_written_again_with_the_header_and_without_dates(series):
    before = series.files()
    series.make_source(series.source, b=MOVED)
    done = series.run("1.0", "--update")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("changed: two.patch\n")
    after = series.files()
    assert after.pop("two.patch").decode() == before.pop("two.patch").decode().replace(
        "b/b.c\n@@ -2,7 +2,7 @@", "b/b.c\n@@ -3,7 +3,7 @@")
    assert after == before


def test_a_patch_with_less_context_keeps_it(series):
    """Where the third line differs between the sources of one series."""
    short = (series.home / "one.patch").read_text()
    short = short.replace(f" {LINES[6]}", "").replace(f" {LINES[12]}", "").replace("-7,7 +7,7", "-8,5 +8,5")
    (series.home / "one.patch").write_text(short)
    assert states(series.run("1.0")) == {"one.patch": "clean", "two.patch": "clean"}
    series.make_source(series.source, a=MOVED)
    assert series.run("1.0", "--update").returncode == 0
    assert (series.home / "one.patch").read_text() == short.replace("-8,5 +8,5", "-9,5 +9,5")


def test_a_header_that_quilt_would_cut_is_an_error_and_nothing_is_written(series):
    patch = series.home / "two.patch"
    patch.write_text(patch.read_text().replace("Index of", "--- a line like a file's\nIndex of"))
    before = series.files()
    series.make_source(series.source, b=MOVED)
    done = series.run("1.0", "--update")
    assert done.returncode == 1
    assert "error: two.patch: quilt does not keep its header; nothing was changed\n" in done.stderr
    assert series.files() == before


def test_changed_context_needs_fuzz_and_is_written_again(series):
    series.make_source(series.source, a=CHANGED)
    done = series.run("1.0")
    assert (done.returncode, states(done)["two.patch"]) == (1, "fuzz")
    assert series.run("1.0", "--update").returncode == 0
    assert b" changed\n" in series.files()["two.patch"]
    assert states(series.run("1.0"))["two.patch"] == "clean"


def test_nobodys_settings_of_quilt_change_what_is_written(series, tmp_path):
    (tmp_path / ".quiltrc").write_text('QUILT_REFRESH_ARGS="-p0 --sort"\nQUILT_DIFF_OPTS=--show-c-function\n')
    series.make_source(series.source, b=["int function(void)\n", *LINES])
    done = series.run("1.0", "--update", env=os.environ | {
        "HOME": str(tmp_path), "QUILT_REFRESH_ARGS": "-U1", "QUILT_DIFF_OPTS": "-p", "QUILT_PATCHES": "other",
        "QUILT_SERIES": "none", "QUILT_PC": ".quilt"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert b"+++ b/b.c\n@@ -3,7 +3,7 @@\n" in series.files()["two.patch"]


def test_a_rejected_hunk_is_shown_the_next_patch_is_tried_and_nothing_is_written(series):
    before = series.files()
    series.make_source(series.source, a=[*LINES[:9], "other\n", *LINES[10:]], b=MOVED)
    done = series.run("1.0", "--update")
    assert (done.returncode, states(done)) == (1, {"one.patch": "reject", "two.patch": "offset"})
    assert "          +first\n" in done.stdout
    assert "error: rejected hunks; nothing was changed\nhint: fix them by hand" in done.stderr
    assert series.files() == before


def test_a_series_that_is_a_link_is_written_where_it_is(series):
    series.make_source(series.source, b=MOVED)
    assert series.run("1.1", "--update").returncode == 0
    assert os.readlink(series.patches / "1.1") == "1.0"
    assert states(series.run("1.1"))["two.patch"] == "clean"
    assert sorted(os.listdir(series.patches)) == ["1.0", "1.1"]


def test_what_would_not_fit_another_kernel_is_not_written(series, tmp_path, capsys):
    before = series.files()
    series.make_source(series.source, a=CHANGED)
    other = series.make_source(tmp_path / "other", a=[*LINES[:17], "otherwise\n", *LINES[18:]])
    with pytest.raises(refresh.Failure, match="no longer fit every kernel; nothing was changed"):
        refresh.update("1.0", [("new", series.source), ("old", other)], series.home, tmp_path)
    assert series.files() == before
    assert sorted(os.listdir(series.patches)) == ["1.0", "1.1"]
    assert "1.0: old\n" in capsys.readouterr().out


def test_a_replacement_that_fails_brings_the_old_patches_back(series, monkeypatch):
    before = series.files()
    new = series.patches / ".1.0.new.1"
    real = Path.rename

    def fail(self, target):
        if self == new:
            raise OSError("no")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="no"):
        refresh.put_in_place(new, series.home)
    assert series.files() == before


def test_a_source_can_be_a_tarball(series, tmp_path):
    subprocess.run(["tar", "-C", tmp_path, "-cJf", tmp_path / "s.tar.xz", "source"], check=True)
    series.source = tmp_path / "s.tar.xz"
    assert series.run("1.0").returncode == 0


@pytest.mark.parametrize("content", [b"no tar file\n", None])
def test_a_tarball_that_cannot_be_read_is_an_error(series, tmp_path, content):
    """None: cut off."""
    (tmp_path / "source/z").write_bytes(os.urandom(100000))
    subprocess.run(["tar", "-C", tmp_path, "-cJf", tmp_path / "s.tar.xz", "source"], check=True)
    series.source = tmp_path / "s.tar.xz"
    series.source.write_bytes(content or series.source.read_bytes()[:-4000])
    done = series.run("1.0")
    assert (done.returncode, done.stdout.count("\n")) == (1, 1)
    assert done.stderr.startswith(f"error: cannot read {series.source}\nhint: ")


def test_a_file_that_a_tarball_does_not_have_is_a_reject(series, tmp_path):
    (series.source / "b.c").unlink()
    subprocess.run(["tar", "-C", tmp_path, "-cJf", tmp_path / "s.tar.xz", "source"], check=True)
    series.source = tmp_path / "s.tar.xz"
    assert states(series.run("1.0")) == {"one.patch": "clean", "two.patch": "reject"}


@pytest.mark.parametrize(("words", "status", "said"), [
    ([], 2, "hint: tests/patches/refresh --help"),
    (["1.0", "--upgrade"], 2, "hint: tests/patches/refresh --help"),
    (["2.0"], 1, "there are: 1.0 1.1"),
])
def test_wrong_usage_has_a_hint(series, words, status, said):
    done = series.run(*words)
    assert done.returncode == status
    assert said in done.stderr
