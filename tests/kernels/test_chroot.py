# SPDX-License-Identifier: MIT
"""What is typed to make a chroot and to run a command in one. test_cached.py enters a real one."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import chroot

COMMAND = Path(chroot.__file__).with_suffix("")
ROOT = Path("/nowhere/it's a root")


def mounts_of(argv):
    return [line for line in argv[argv.index("-euc") + 1].splitlines() if line.startswith("mount")]


def test_a_mount_namespace_of_its_own_comes_first():
    assert chroot.enter(ROOT, ["true"])[:4] == ["unshare", "--mount", "--propagation", "private"]


def test_the_command_is_passed_on_word_by_word():
    words = ["sh", "-c", "echo $0 '", "a  b", ""]
    assert chroot.enter(ROOT, words)[-5:] == words
    assert chroot.enter_overlaid(ROOT, words)[-5:] == words


def test_proc_sys_and_devices_are_mounted_and_sys_is_only_read():
    assert mounts_of(chroot.enter(Path("/r"), ["true"])) == [
        "mount --rbind /r /r", "mount -t proc proc /r/proc", "mount -t sysfs -o ro sys /r/sys",
        "mount --rbind /dev /r/dev"]


def test_a_synthetic_root_keeps_its_own_sys_and_dev():
    assert mounts_of(chroot.enter_overlaid(Path("/r"), ["true"])) == [
        "mount -t overlay overlay -o lowerdir=/usr,upperdir=/r/.upper,workdir=/r/.work /r/usr",
        "mount -t proc proc /r/proc"]


def test_its_processes_end_with_the_first():
    assert {"--pid", "--fork", "--kill-child"} <= set(chroot.enter_overlaid(ROOT, ["true"]))


def test_mmdebstrap_gets_the_release_the_directory_and_what_else_is_wanted():
    argv = chroot.make_argv("trixie", Path("/new"), "/settings", ["--include=git"])
    assert argv[0] == "mmdebstrap"
    assert argv[-4:] == ["--include=git", "trixie", "/new", "-"]
    assert "--aptopt=/settings" in argv


def run_with_stubs(tmp_path, argv):
    """The script itself, with mount, unshare and chroot replaced by programs that say what they get."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in {"mount": 'printf "mount"; printf " <%s>" "$@"; echo',
                       "chroot": 'printf "chroot"; printf " <%s>" "$@"; echo',
                       "unshare": 'while [ "$1" != sh ]; do shift; done; exec "$@"'}.items():
        program = programs / name
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)
    done = subprocess.run(argv, env={"PATH": f"{programs}:/usr/bin:/bin", "SECRET": "x"}, text=True,
                          capture_output=True, check=True)
    return done.stdout.splitlines()


@pytest.fixture(name="root")
def fixture_root(tmp_path):
    root = tmp_path / "a root with 'quotes' and $HOME"
    (root / "etc").mkdir(parents=True)
    return root


def test_paths_of_any_name_are_quoted(tmp_path, root):
    source = tmp_path / "sou'rce"
    source.mkdir()
    lines = run_with_stubs(tmp_path, chroot.enter(root, ["a b"], binds=chroot.same_path(str(source))))
    assert lines[0] == f"mount <--rbind> <{root}> <{root}>"
    assert lines[4] == f"mount <--bind> <{source}> <{root}{source}>"
    assert (root / str(source).lstrip("/")).is_dir()


def test_a_file_is_visible_at_another_path(tmp_path, root):
    keys = tmp_path / "keys"
    keys.write_text("")
    lines = run_with_stubs(tmp_path, chroot.enter(root, ["true"], binds=[chroot.Bind(str(keys), "/x/keys")]))
    assert lines[4] == f"mount <--bind> <{keys}> <{root}/x/keys>"
    assert (root / "x/keys").is_file()


def test_user_directory_and_environment_are_given_and_nothing_is_inherited(tmp_path, root):
    last = run_with_stubs(tmp_path, chroot.enter(root, ["make", "-j2"], user="7:8", directory="/w d"))[-1]
    assert last.startswith(f"chroot <--userspec=7:8> <{root}> <env> <-i> <PATH=/usr/sbin:/usr/bin:/sbin:/bin> "
                           "<HOME=/root> ")
    assert last.endswith(" </w d> <make> <-j2>")
    assert "SECRET" not in last


def test_names_are_those_of_this_machine_and_no_link_is_followed(tmp_path, root):
    other = tmp_path / "others-resolv.conf"
    other.write_text("kept\n")
    (root / "etc/resolv.conf").symlink_to(other)
    run_with_stubs(tmp_path, chroot.enter(root, ["true"]))
    assert other.read_text() == "kept\n"
    for name in ("resolv.conf", "hosts"):
        assert not (root / "etc" / name).is_symlink()
        assert (root / "etc" / name).read_bytes() == Path("/etc", name).read_bytes()
    assert sorted(os.listdir(root / "etc")) == ["hosts", "resolv.conf"]


@pytest.mark.parametrize("words", [[], ["run"], ["run", "/"], ["run", "--bind"], ["make", "sid"], ["enter", "/"]])
def test_wrong_usage_is_status_2_with_a_hint(words):
    done = subprocess.run([COMMAND, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "error: " in done.stderr
    assert "hint: tests/kernels/chroot --help" in done.stderr


def test_a_chroot_that_is_not_there(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("asks for root first")
    done = subprocess.run([COMMAND, "run", tmp_path / "none", "true"], capture_output=True, text=True,
                          check=False)
    assert (done.returncode, done.stderr) == (1, f"error: there is no chroot {tmp_path}/none\n")


def test_help_is_the_text_of_the_file():
    done = subprocess.run([COMMAND, "--help"], capture_output=True, text=True, check=True)
    assert "usage: tests/kernels/chroot run" in done.stdout


@pytest.mark.skipif(shutil.which("apt-config") is None, reason="no apt here")
def test_the_sources_of_this_machine():
    done = subprocess.run([COMMAND, "sources", "sid"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("deb [signed-by=")
    assert done.stdout.endswith(" sid main\n")
