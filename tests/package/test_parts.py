# SPDX-License-Identifier: MIT
"""The command, the order of the parts, and what they prepare by themselves."""

import dataclasses
import os
import shutil
import subprocess
from pathlib import Path

import pytest

import kernels_path  # noqa: F401
import booted
import install
import livepatch_story
import parts
import upgrade
from expect import Done, Unexpected, true
from machine import Machine
from standin import Product
from story import TestedKernel as Kernel
from story import pattern_of
from tap import Tap
from trouble import changed

COMMAND = Path(parts.__file__).with_name("chroot-install")
KERNEL = Kernel("trixie-7.3", "trixie-backports", "7.3", "7.2", "7.3.4+deb13-amd64", "7.3.4-1~bpo13+1",
                Path("/nowhere"))


def run(*words, **variables):
    return subprocess.run([COMMAND, *words], capture_output=True, text=True, check=False,
                          env={**os.environ, **variables})


@pytest.mark.parametrize("words", [[], ["--part", "other", "bookworm-6.1"], ["--part"], ["a", "b", "c"], ["--what", "a"]])
def test_wrong_usage_is_status_2_with_a_hint(words):
    done = run(*words)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.endswith("hint: tests/package/chroot-install --help\n")


def test_help_names_every_part():
    text = run("--help").stdout
    assert "usage: tests/package/chroot-install [--part NAME]... KERNEL [DIST_DIR]" in text
    for part in parts.RUN:
        assert f"\n{part} " in text


@pytest.mark.skipif(os.geteuid() != 0, reason="it asks for root first")
def test_a_kernel_that_is_not_in_the_list_and_a_dist_without_packages(tmp_path):
    done = run("woody-2.4", tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("error: no kernel 'woody-2.4' in tests/kernels/list or tests/kernels/ubuntu-list\nhint: ")
    done = run("bookworm-6.1", tmp_path, ROCMFIX_CACHE=str(tmp_path))
    assert (done.returncode, done.stderr) == (1, f"error: no rocmfix-dkms package in {tmp_path}\nhint: type: make deb\n")


def test_the_kernel_of_backports_is_preferred():
    assert KERNEL.prefer == ["-t", "trixie-backports"]
    assert dataclasses.replace(KERNEL, suite="trixie").prefer == []
    ubuntu = dataclasses.replace(KERNEL, suite="noble", drivers="linux-modules-extra-6.8.0-31-generic")
    assert ubuntu.prefer[0] == "--no-install-recommends" and ubuntu.drivers in ubuntu.prefer
    assert pattern_of(KERNEL.release) == r"7.3.4\+deb13-amd64"


@pytest.fixture(name="part")
def fixture_part(tmp_path, monkeypatch):
    """Runs a part with no machine. What was said, and the results."""
    (tmp_path / "floors").write_text("tests/package/one 1 0\n")
    monkeypatch.setenv("ROCMFIX_FLOORS", str(tmp_path / "floors"))
    results = Tap()

    def run_part(text):
        monkeypatch.setitem(parts.RUN, "one", text)
        parts.run_part(results, "one", Machine(tmp_path, "6.1"), KERNEL, Product({}), tmp_path / "files")
        return results

    return run_part


def test_a_part_counts_for_its_own_floor(part):
    results = part(lambda story: story.check("a", true, True))
    assert (results.passed, results.failed) == (1, 0)


def test_a_part_with_fewer_checks_than_are_known_has_failed(part, capsys):
    assert part(lambda story: None).failed == 1
    assert "tests/package/one: 0 tests, 1 are known" in capsys.readouterr().out


def test_a_part_that_ends_early_has_failed_and_shows_the_last_output(part, capsys):
    def story(s):
        s.check("a", true, True)
        s.machine.did(Done(1, "the last output\n"))
        raise OSError("no such thing")

    results = part(story)
    said = capsys.readouterr().out
    assert results.failed == 1
    assert "not ok 2 - one: it ended early\n" in said
    assert "OSError: no such thing" in said
    assert "# log: the last output\n" in said


def test_a_failed_check_shows_the_last_output(part, capsys):
    def story(s):
        s.machine.did(Done(0, "what apt said\n"))
        s.check("a", true, False)

    part(story)
    assert "# log: what apt said\n" in capsys.readouterr().out


def test_a_changed_file_is_as_before_afterwards(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"before")
    with pytest.raises(OSError), changed(file, b"meanwhile"):
        assert file.read_bytes() == b"meanwhile"
        raise OSError
    assert file.read_bytes() == b"before"


def test_the_build_id_is_another_one_and_nothing_else_changes():
    assert livepatch_story.other_build_id(b"..abc..", b"abc") == b"..cba.."
    for module, identifier in ((b"..", b"abc"), (b"abc abc", b"abc"), (b"..aba..", b"aba")):
        with pytest.raises(ValueError, match="build ID"):
            livepatch_story.other_build_id(module, identifier)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl")
def test_an_enrolled_key_is_shown_as_the_kernel_does(tmp_path):
    certificate = tmp_path / "mok.pub"
    subprocess.run(["openssl", "req", "-new", "-x509", "-nodes", "-subj", "/CN=DKMS module signing key", "-newkey",
                    "rsa:2048", "-keyout", tmp_path / "key", "-outform", "DER", "-out", certificate],
                   check=True, capture_output=True)
    words = upgrade.key_line(certificate).split()
    assert words[-2:] == [words[-2], "[]"]
    identifier = words[-4].rstrip(":")
    assert len(identifier) == 40 and set(identifier) <= set("0123456789abcdef")
    assert words[-2] == identifier[-8:]
    assert bytes.fromhex(identifier) in certificate.read_bytes()


def test_waiting_ends_when_it_holds_and_when_it_takes_too_long():
    answers = iter([False, False, True])
    assert booted.wait_until(lambda: next(answers), 10, 0.01)
    assert not booted.wait_until(lambda: False, 0.05, 0.01)


def test_what_is_not_booted_answers_nothing_and_can_be_switched_off(tmp_path):
    machine = booted.Booted(Machine(tmp_path, "6.1"), tmp_path / "console")
    assert machine.ask("systemctl", "is-system-running") == ""
    assert machine.do("true").status != 0
    machine.cut_power()


def test_the_most_that_a_folder_had(tmp_path):
    sampler = install.PeakSize(tmp_path / "folder")
    sampler.look()
    assert sampler.peak == 0
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/file").write_bytes(bytes(3 << 20))
    sampler.look()
    (tmp_path / "folder/file").unlink()
    sampler.look()
    assert 3 <= sampler.peak <= 4


def test_a_folder_is_looked_at_until_it_is_stopped(tmp_path):
    (tmp_path / "file").write_bytes(bytes(3 << 20))
    sampler = install.PeakSize(tmp_path, every=0.01)
    sampler.start()
    assert booted.wait_until(lambda: sampler.peak >= 3, 10, 0.01)
    assert sampler.stop() >= 3
    assert not sampler.is_alive()


@pytest.mark.parametrize(("ok", "detail", "holds"), [(True, "version 1", True), (False, "version 1", False),
                                                     (None, "version 1", False), (True, "version 2", False)])
def test_what_verify_says_of_one_check(ok, detail, holds):
    report = f'{{"checks": [{{"id": "other", "ok": true, "detail": "version 1"}}, ' \
             f'{{"id": "one", "ok": {str(ok).lower().replace("none", "null")}, "detail": "{detail}"}}]}}'
    if holds:
        install.verify_says(report, "one", "version 1$")
    else:
        with pytest.raises(Unexpected):
            install.verify_says(report, "one", "version 1$")


def test_a_trigger_that_takes_a_minute_or_says_something_is_neither_quick_nor_silent():
    install.quick_and_silent(59, Done(0, "Reading lists\n"))
    for seconds, text in ((60, ""), (1, "rocmfix: kernel 6.1: x\n")):
        with pytest.raises(Unexpected):
            install.quick_and_silent(seconds, Done(0, text))
