# SPDX-License-Identifier: MIT
"""Wrong usage and rocmfix-run's own failures: said clearly, and the command is not run."""

import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2]


def refused(run, status, *texts):
    assert run.returncode == status
    assert run.stdout == ""
    lines = run.stderr.splitlines()
    assert lines[0].startswith("error: ")
    assert lines[1].startswith("hint: ")
    assert len(lines) == 2
    for text in texts:
        assert text in run.stderr


@pytest.fixture
def made(tmp_path):
    return tmp_path / "made"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--frobnicate",), "--frobnicate"),
        (("--frobnicate=1",), "--frobnicate"),
        (("-x",), "-x"),
        (("-qx",), "-x"),
        (("--verbose", "-xq"), "-x"),
        (("--quiet=1",), "--quiet"),
        (("--profile", "fast"), "fast"),
        (("--profile=",), "''"),
        (("--json",), "--json"),
    ],
)
def test_wrong_options_are_named(launcher, made, arguments, text):
    refused(launcher(*arguments, "touch", made), 2, text)
    assert not made.exists()


DIGITS = "9" * 5000


@pytest.mark.parametrize(("arguments", "env", "text"), [
    (("--retries", DIGITS), {}, "--retries: too many: '" + "9" * 100 + "...' (5000 characters)"),
    ((), {"ROCMFIX_RETRIES": DIGITS}, "ROCMFIX_RETRIES: too many: "),
    (("--retries", "1001"), {}, "--retries: too many: '1001'"),
    (("--retries", "1", "--retry-on", "segfault"), {}, "--retry-on: not understood: 'segfault'"),
    (("--retry-on", "crash"), {}, "--retry-on works only with --retries"),
    ((), {"ROCMFIX_RETRY_ON": "x"}, "ROCMFIX_RETRY_ON: not understood: 'x'"),
    (("--retries", "0" * 5000 + "x"), {}, "--retries: not understood: "),
    (("--profile", DIGITS), {}, "(5000 characters)"),
    (("--vram-cap", DIGITS), {}, "--vram-cap: not understood: "),
    (("--coherence", DIGITS), {}, "--coherence: not understood: "),
    ((), {"ROCMFIX_QUIET": DIGITS}, "ROCMFIX_QUIET has the value "),
    (("--" + DIGITS,), {}, "(5002 characters)"),
])
def test_a_long_value_is_named_and_not_repeated(launcher, made, arguments, env, text):
    run = launcher(*arguments, "touch", made, env=env)
    refused(run, 2, text)
    assert len(run.stderr) < 400
    assert not made.exists()


@pytest.mark.parametrize("option", ["--profile", "--root"])
def test_a_missing_value_is_named(launcher, option):
    refused(launcher(option), 2, "missing value", option)


@pytest.mark.parametrize("arguments", [(), ("--",), ("-q",), ("--profile", "safe")])
def test_no_command(launcher, arguments):
    refused(launcher(*arguments), 2, "no command to run", "rocmfix-run python3 train.py")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ROCMFIX_PROFILE", "fast"),
        ("ROCMFIX_QUIET", "maybe"),
        ("ROCMFIX_VERBOSE", "2"),
    ],
)
def test_a_variable_that_cannot_be_understood_is_named(launcher, made, name, value):
    refused(launcher("touch", made, env={name: value}), 2, name, value)
    assert not made.exists()


@pytest.mark.parametrize(
    "name", ["ROCMFIX_PROFILE", "ROCMFIX_QUIET", "ROCMFIX_VERBOSE", "ROCMFIX_ROOT"]
)
def test_an_empty_rocmfix_variable_counts_as_unset(launcher, name):
    run = launcher("true", env={name: ""})
    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.parametrize("value", ["0", "no", "off", "false", "n"])
def test_a_switch_can_be_off(launcher, value):
    env = {"HSA_DISABLE_CACHE": "1", "ROCMFIX_QUIET": value, "ROCMFIX_VERBOSE": value}
    run = launcher("true", root="rx6900xt", env=env)
    assert run.stderr.startswith("rocmfix-run: warning: HSA_DISABLE_CACHE=1")
    assert len(run.stderr.splitlines()) == 1


@pytest.mark.parametrize("flag", ["-v", "-q"])
def test_the_last_of_quiet_and_verbose_counts_and_flags_win(launcher, flag):
    env = {"ROCMFIX_QUIET": "1", "ROCMFIX_VERBOSE": "1"}
    run = launcher("-q", "-v", flag, "true", root="rx6900xt", env=env)
    assert bool(run.stderr) == (flag == "-v")


def test_a_root_that_is_not_there(launcher, made, tmp_path):
    missing = tmp_path / "missing"
    refused(launcher("--root", missing, "touch", made), 125, str(missing), "No such file")
    refused(launcher("touch", made, env={"ROCMFIX_ROOT": str(missing)}), 125, str(missing))
    file = tmp_path / "file"
    file.touch()
    refused(launcher("--root", file, "touch", made), 125, str(file), "Not a directory")
    assert not made.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("settings.toml", "[[setting]\n"),
        ("settings.toml", '[[setting]]\nlayer = "moon"\nname = "X"\n'),
        ("gpus.toml", "\x00\xff"),
    ],
)
def test_a_broken_file_of_the_administrators_stops_the_launch(
    launcher, made, roots, tmp_path, name, content
):
    """Going on with other settings than the ones asked for would cost hours; this costs seconds."""
    root = copy_with(roots / "rx6700xt", tmp_path, name, content)
    refused(launcher("--root", root, "touch", made), 125, name)
    assert not made.exists()


def test_the_administrators_file_counts(launcher, roots, tmp_path):
    content = (
        '[[setting]]\nlayer = "environment"\nname = "HSA_OVERRIDE_GFX_VERSION"\n'
        'summary = "left alone here"\n'
        '[[setting]]\nlayer = "environment"\nname = "MY_VARIABLE"\nsummary = "mine"\n'
        '[[setting.propose]]\nprofile = "safe"\nvalue = "on"\n'
    )
    root = copy_with(roots / "rx6700xt", tmp_path, "settings.toml", content)
    run = launcher("--root", root, "env")
    assert "MY_VARIABLE=on\n" in run.stdout
    assert "HSA_OVERRIDE_GFX_VERSION" not in run.stdout


def copy_with(root, tmp_path, name, content):
    copy = tmp_path / "root"
    shutil.copytree(root, copy, symlinks=True)
    (copy / "etc/rocmfix").mkdir(parents=True, exist_ok=True)
    (copy / "etc/rocmfix" / name).write_bytes(content.encode("latin-1"))
    return copy


def test_a_dry_run_that_cannot_be_printed_is_a_failure(launcher):
    with open("/dev/full", "wb") as full:
        for arguments in (("--dry-run", "true"), ("--help",), ("--version",)):
            run = launcher(*arguments, stdout=full)
            assert run.returncode == 125
            assert "error: cannot write to standard output: No space left on device" in run.stderr


def test_help_and_version(launcher):
    run = launcher("--help")
    assert run.returncode == 0
    assert run.stdout.startswith("Usage: rocmfix-run ")
    assert launcher("-h").stdout == run.stdout
    run = launcher("--version", "--frobnicate")
    assert run.returncode == 0
    assert run.stdout.startswith("rocmfix-run ")


def test_the_version_is_debian_changelogs(launcher):
    changelog = (SOURCE / "debian/changelog").read_text()
    assert f"rocmfix ({launcher('--version').stdout.split()[1]}" in changelog.splitlines()[0]


def test_no_help_for_a_command_that_asks_for_it(program):
    run = subprocess.run([program, "sh", "-c", "echo $1", "sh", "--help"], capture_output=True)
    assert run.stdout == b"--help\n"
