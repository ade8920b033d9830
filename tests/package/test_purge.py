# SPDX-License-Identifier: MIT
"""`apt purge rocmfix`: what `rocmfix apply` wrote goes, what anybody else wrote stays.

dpkg itself runs the package's real maintainer scripts, on a package without files, with a database
of its own and with /etc/modprobe.d and /var/lib/rocmfix of its own (a private mount namespace). The
file that is to be purged is one that the built command wrote.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import BUILD, ROOTS, SOURCE

OWN = "# mine\noptions amdgpu runpm=0\n"
SCRIPTS = [path for path in (SOURCE / "debian").glob("rocmfix.*")
           if path.suffix in (".preinst", ".postinst", ".prerm", ".postrm")]
NAMESPACE = ["unshare", "--mount", "--propagation", "private"]
if os.geteuid() != 0:
    NAMESPACE.insert(1, "--map-root-user")

pytestmark = pytest.mark.skipif(
    subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode != 0
    or shutil.which("dpkg-deb") is None,
    reason="mount namespaces are not permitted, or there is no dpkg",
)


@dataclass
class Machine:
    """`conf` and `state` are mounted over the real directories while `run` runs."""

    tmp: Path

    def __post_init__(self):
        self.modprobe, self.state = self.tmp / "modprobe.d", self.tmp / "lib/rocmfix"
        self.conf, self.original = self.modprobe / "rocmfix.conf", self.state / "original.conf"
        self.calls = self.tmp / "initramfs-calls"
        stub = self.tmp / "bin" / "update-initramfs"
        stub.parent.mkdir()
        stub.write_text(f'#!/bin/sh\necho "$*" >>{self.calls}\n')
        stub.chmod(0o755)
        for directory in (self.modprobe, self.state, self.tmp / "dpkg/info", self.tmp / "dpkg/updates"):
            directory.mkdir(parents=True)
        (self.tmp / "dpkg/status").touch()
        (self.tmp / "dpkg/available").touch()

    def applied(self, before=None):
        """As after `rocmfix apply`, with a file of the administrator's at its place before it."""
        root = self.tmp / "root"
        shutil.copytree(ROOTS / "rx5600xt", root, symlinks=True)
        conf = root / "etc/modprobe.d/rocmfix.conf"
        if before is not None:
            conf.write_text(before)
            conf.chmod(0o640)
        subprocess.run([BUILD / "bin/rocmfix", "apply", "--root", root], check=True, capture_output=True)
        shutil.copy2(conf, self.conf)
        if before is not None:
            shutil.copytree(root / "var/lib/rocmfix", self.state, dirs_exist_ok=True)
        shutil.rmtree(root)
        return self

    def run(self, script, status=0, path=""):
        """A shell text in the namespace, $DPKG in it. Gives its output."""
        mounts = (f"mount --bind {self.modprobe} /etc/modprobe.d && "
                  f"mount --bind {self.state.parent} /var/lib || exit 99\n")
        env = {"PATH": f"{path}{self.tmp}/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
               "DPKG": f"dpkg --admindir={self.tmp}/dpkg --log=/dev/null --force-not-root"}
        done = subprocess.run([*NAMESPACE, "sh", "-c", mounts + script], env=env, text=True, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        assert done.returncode == status, done.stdout
        return done.stdout

    def purge(self, script="$DPKG -i $DEB && $DPKG --purge rocmfix", **kwargs):
        return self.run(script.replace("$DEB", str(self.deb)), **kwargs)

    def files(self):
        """What is left, of both directories, by name."""
        return {path.name: path.read_text() if path.is_file() else None
                for directory in (self.modprobe, self.state) if directory.exists()
                for path in directory.iterdir()}


@pytest.fixture(scope="module")
def deb(tmp_path_factory):
    tree = tmp_path_factory.mktemp("deb")
    control = tree / "package/DEBIAN"
    control.mkdir(parents=True)
    (control / "control").write_text("Package: rocmfix\nVersion: 1\nArchitecture: all\nMaintainer: nobody\n"
                                     "Description: maintainer scripts alone\n")
    for script in SCRIPTS:
        target = control / script.suffix[1:]
        target.write_text(script.read_text().replace("#DEBHELPER#", ""))
        target.chmod(0o755)
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree / "package", tree / "rocmfix.deb"],
                   check=True, capture_output=True)
    return tree / "rocmfix.deb"


@pytest.fixture
def machine(tmp_path, deb):
    machine = Machine(tmp_path)
    machine.deb = deb
    return machine


def test_nothing_applied_nothing_done(machine):
    machine.purge()
    assert machine.files() == {}
    assert not machine.calls.exists()


def test_rocmfix_conf_is_removed(machine):
    machine.applied().purge()
    assert machine.files() == {}
    assert machine.calls.read_text() == "-u -k all\n"


def test_remove_keeps_it_and_a_later_purge_removes_it(machine):
    machine.applied()
    machine.purge("$DPKG -i $DEB && $DPKG --remove rocmfix")
    assert "rocmfix.conf" in machine.files() and not machine.calls.exists()
    machine.purge("$DPKG --purge rocmfix")
    assert machine.files() == {}


def test_upgrade_and_reinstallation_leave_everything(machine):
    machine.applied(OWN)
    before = machine.files()
    machine.purge("$DPKG -i $DEB && $DPKG -i $DEB && $DPKG --remove rocmfix && $DPKG -i $DEB")
    assert machine.files() == before and not machine.calls.exists()


def test_the_file_from_before_apply_is_restored_with_its_mode(machine):
    machine.applied(OWN).purge()
    assert machine.files() == {"rocmfix.conf": OWN}
    assert machine.conf.stat().st_mode & 0o777 == 0o640
    assert machine.calls.exists()


def test_the_file_from_before_apply_is_restored_where_rocmfix_conf_was_deleted(machine):
    machine.applied(OWN).conf.unlink()
    machine.purge()
    assert machine.files() == {"rocmfix.conf": OWN}


def test_a_new_file_of_the_administrators_stays_and_the_kept_one_too(machine):
    machine.applied(OWN).conf.write_text("options amdgpu dc=0\n")
    output = machine.purge()
    assert machine.files() == {"rocmfix.conf": "options amdgpu dc=0\n", "original.conf": OWN}
    assert "/etc/modprobe.d/rocmfix.conf was changed after rocmfix wrote it: left alone" in output
    assert "/var/lib/rocmfix/original.conf" in output
    assert not machine.calls.exists()


def test_an_edited_one_stays(machine):
    edited = machine.applied(OWN).conf.read_text() + "options amdgpu dc=0\n"
    machine.conf.write_text(edited)
    output = machine.purge()
    assert machine.files() == {"rocmfix.conf": edited, "original.conf": OWN}
    assert "left alone" in output and "sudo rm /etc/modprobe.d/rocmfix.conf" in output


def test_copies_of_edited_versions_stay(machine):
    machine.applied()
    (machine.state / "edited-1.conf").write_text("mine")
    output = machine.purge()
    assert machine.files() == {"edited-1.conf": "mine"}
    assert "/var/lib/rocmfix/edited-1.conf" in output


def test_state_of_other_packages_is_not_mistaken_for_the_users(machine):
    (machine.applied().state / "builds").mkdir()
    assert "kept" not in machine.purge()
    assert machine.files() == {"builds": None}


@pytest.mark.parametrize("kept", [None, OWN])
def test_a_directory_of_that_name_swallows_nothing(machine, kept):
    machine.applied(kept).conf.unlink()
    machine.conf.mkdir()
    (machine.conf / "mine").write_text("x")
    output = machine.purge()
    assert sorted(path.name for path in machine.conf.iterdir()) == ["mine"]
    assert machine.files().get("original.conf") == kept
    assert "left alone" in output


@pytest.mark.parametrize("target", ["elsewhere", "ours"])
def test_a_link_is_neither_followed_nor_removed(machine, target):
    machine.applied(OWN)
    elsewhere = machine.modprobe / "elsewhere"
    machine.conf.rename(elsewhere)
    if target == "elsewhere":
        elsewhere.write_text("x")
    before = elsewhere.read_text()
    machine.conf.symlink_to("elsewhere")
    machine.purge()
    assert machine.conf.is_symlink() and elsewhere.read_text() == before
    assert machine.original.read_text() == OWN


def test_a_kept_file_that_is_not_a_regular_file_is_not_restored(machine):
    secret = machine.modprobe / "secret"
    secret.write_text("x")
    machine.applied(OWN).original.unlink()
    machine.original.symlink_to("/etc/modprobe.d/secret")
    machine.purge()
    assert machine.files().keys() == {"secret", "original.conf"} and secret.read_text() == "x"


@pytest.mark.parametrize("what", ["conf", "directory"])
def test_a_file_that_cannot_be_changed_is_named_and_apt_is_not_blocked(machine, what):
    """As chattr +i, or a file system that is read-only after an error."""
    machine.applied(OWN)
    before = machine.files()
    mount = {"conf": "/etc/modprobe.d/rocmfix.conf", "directory": "/etc/modprobe.d"}[what]
    output = machine.purge(f"mount --bind {mount} {mount} && mount -o remount,bind,ro {mount} && "
                           "$DPKG -i $DEB && $DPKG --purge rocmfix; s=$?; $DPKG --audit; exit $s")
    files = machine.files()
    files.pop("initramfs-pending", None)
    files.pop(".rocmfix.conf.new", None)
    assert files == before
    assert "cannot" in output and "original.conf" in output


def test_a_full_disk_loses_neither_file(machine):
    machine.applied(OWN)
    before = machine.files()
    shutil.copytree(machine.modprobe, machine.tmp / "m")
    output = machine.purge(f"mount -t tmpfs -o size=16k tmpfs /etc/modprobe.d && cp -p {machine.tmp}/m/* "
                           "/etc/modprobe.d && { cat /dev/zero >/etc/modprobe.d/full 2>/dev/null; "
                           "$DPKG -i $DEB && $DPKG --purge rocmfix && cat /etc/modprobe.d/rocmfix.conf; }")
    assert before["rocmfix.conf"] in output
    assert machine.original.read_text() == OWN


def test_a_file_that_cannot_be_read_is_not_mistaken_for_rocmfixs(machine):
    machine.applied()
    failing = machine.tmp / "failing"
    failing.mkdir()
    for name in ("perl", "head", "cmp"):
        (failing / name).write_text("#!/bin/sh\necho 'Input/output error' >&2\nexit 2\n")
        (failing / name).chmod(0o755)
    machine.purge(path=f"{failing}:")
    assert "rocmfix.conf" in machine.files()


def test_a_diverted_name_is_the_administrators(machine):
    machine.applied().conf.rename(machine.modprobe / "rocmfix.conf.distrib")
    machine.conf.write_text(OWN)
    machine.purge("dpkg-divert --admindir=%s --local --divert /etc/modprobe.d/rocmfix.conf.distrib --add "
                  "/etc/modprobe.d/rocmfix.conf; $DPKG -i $DEB && $DPKG --purge rocmfix" % (machine.tmp / "dpkg"))
    assert machine.conf.read_text() == OWN
    assert "rocmfix.conf.distrib" in machine.files()


COMMANDS = ("perl", "cmp", "cp", "mv", "ln", "rm", "sync", "mkdir", "rmdir", "update-initramfs")


@pytest.mark.parametrize("state", ["ours", "ours-over-own", "gone-over-own"])
def test_killed_at_any_step_the_next_purge_finishes(machine, state):
    """Before the first command that the script runs, and after each."""
    machine.applied(None if state == "ours" else OWN)
    if state == "gone-over-own":
        machine.conf.unlink()
    start = machine.files()
    modes = {name: (machine.modprobe / name).stat().st_mode for name in start
             if (machine.modprobe / name).exists()}
    counter, limit = machine.tmp / "count", machine.tmp / "limit"
    killing = machine.tmp / "killing"
    killing.mkdir()
    for name in COMMANDS:
        real = shutil.which(name, path=f"{machine.tmp}/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        (killing / name).write_text(
            f"#!/bin/bash\nread -r n <{counter}; echo $((++n)) >{counter}; read -r limit <{limit}\n"
            f"[ $limit = -$n ] && kill -KILL $PPID && exit 1\n{real} \"$@\"; s=$?\n"
            "[ $limit = $n ] && kill -KILL $PPID\nexit $s\n")
        (killing / name).chmod(0o755)

    def purge(at):
        counter.write_text("0\n")
        limit.write_text(f"{at}\n")
        machine.run(f"sh {SOURCE}/debian/rocmfix.postrm purge || :", path=f"{killing}:")
        return int(counter.read_text())

    def restart():
        machine.state.mkdir(exist_ok=True)
        for directory in (machine.modprobe, machine.state):
            for path in directory.iterdir():
                path.unlink()
        for name, text in start.items():
            path = (machine.modprobe if name in modes else machine.state) / name
            path.write_text(text)
        machine.calls.unlink(missing_ok=True)

    total = purge(0)
    assert total >= 3, "the counting works"
    end = {} if state == "ours" else {"rocmfix.conf": OWN}
    assert machine.files() == end
    for at in (-1, *range(1, total + 1)):
        restart()
        purge(at)
        found = machine.files()
        assert state == "ours" or OWN in (found.get("rocmfix.conf"), found.get("original.conf")), at
        assert found.get("rocmfix.conf") in (None, OWN, start.get("rocmfix.conf")), at
        purge(0)
        assert machine.files() == end, at
        assert machine.calls.exists(), f"the initramfs is made after a kill at {at}"
