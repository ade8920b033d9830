# SPDX-License-Identifier: MIT
"""What `rocmfix verify` says to do about a driver option is done, word by word, and then the check
passes: no hint that cannot help. A reboot is played: the command line of the boot loader's files and
the parameters that modprobe's files give."""

import json
import re
import shutil
import subprocess

import pytest

LOADERS = {
    "grub": ("etc/default/grub", 'GRUB_CMDLINE_LINUX="{}"\nGRUB_CMDLINE_LINUX_DEFAULT="quiet"\n'),
    "grub-default": ("etc/default/grub",
                     "# GRUB_CMDLINE_LINUX_DEFAULT=\"{}\"\nGRUB_CMDLINE_LINUX=''\n"
                     "GRUB_CMDLINE_LINUX_DEFAULT='quiet {} splash'\n"),
    "grub-folder": ("etc/default/grub.d/gpu.cfg",
                    'GRUB_CMDLINE_LINUX_DEFAULT="${{GRUB_CMDLINE_LINUX_DEFAULT:-}} {}"\n'),
    "systemd-boot": ("etc/kernel/cmdline", "root=UUID=1 ro {} quiet\n"),
    "loader-entry": ("boot/loader/entries/debian-6.1.conf",
                     "title Debian\nlinux /vmlinuz\noptions root=UUID=1 {} ro\n"),
}


def changed(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        path.chmod(0o644)
    path.write_text(text)


class Computer:
    """A synthetic root that can be edited by what a hint says, and rebooted."""

    def __init__(self, root, rocmfix, environment):
        self.root = root
        self.rocmfix = rocmfix
        self.environment = environment

    def file(self, path):
        return self.root / path.lstrip("/")

    def run(self, *words):
        return subprocess.run([self.rocmfix, *words, "--root", self.root], env=self.environment,
                              capture_output=True, text=True)

    def checks(self):
        run = self.run("verify", "--json")
        assert run.returncode in (0, 1), run.stderr
        return {check["id"]: check for check in json.loads(run.stdout)["checks"]}

    def command_line(self):
        for path in ("etc/kernel/cmdline", "boot/loader/entries/debian-6.1.conf"):
            if self.file(path).exists():
                return re.sub(r"(?s).*^options ", "", self.file(path).read_text(), flags=re.M)
        script = "".join(f". {file}; " for file in [self.file("etc/default/grub"),
                                                   *self.file("etc/default/grub.d").glob("*.cfg")]
                         if file.exists())
        script += 'echo "ro $GRUB_CMDLINE_LINUX $GRUB_CMDLINE_LINUX_DEFAULT"'
        return subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout

    def reboot(self):
        changed(self.file("proc/cmdline"), self.command_line())
        value = "-1"
        for file in sorted(self.file("etc/modprobe.d").glob("*.conf")):
            for found in re.findall(r"^options amdgpu .*noretry=(\S+)", file.read_text(), flags=re.M):
                value = found
        for found in re.findall(r"amdgpu\.noretry=(\S+)", self.file("proc/cmdline").read_text()):
            value = found
        changed(self.file("sys/module/amdgpu/parameters/noretry"), value + "\n")

    def remove(self, word, path, line):
        lines = self.file(path).read_text().split("\n")
        assert word in lines[line - 1], (word, path, line)
        lines[line - 1] = lines[line - 1].replace(word, "")
        if lines[line - 1].split() == ["options", "amdgpu"]:
            lines[line - 1] = ""
        changed(self.file(path), "\n".join(lines))

    def clause(self, clause):
        clause = clause.strip().removeprefix("then ").removesuffix(", then sudo reboot")
        if clause.startswith("sudo rocmfix apply"):
            run = self.run("apply")
            assert run.returncode == 0, run.stderr
        elif found := re.fullmatch(r"remove (\S+) from line (\d+): sudoedit (\S+)", clause):
            self.remove(found[1], found[3], int(found[2]))
        elif found := re.fullmatch(r"write `(.+)` instead of `(.+)` in line (\d+): sudoedit (\S+)",
                                   clause):
            lines = self.file(found[4]).read_text().split("\n")
            assert found[2] in lines[int(found[3]) - 1]
            lines[int(found[3]) - 1] = lines[int(found[3]) - 1].replace(found[2], found[1])
            changed(self.file(found[4]), "\n".join(lines))
        elif found := re.fullmatch(r"write `(.+)` in line (\d+): sudoedit (\S+)", clause):
            lines = self.file(found[3]).read_text().split("\n")
            lines[int(found[2]) - 1] = found[1]
            changed(self.file(found[3]), "\n".join(lines))
        elif found := re.fullmatch(r"sudo mv (\S+) (\S+)", clause):
            self.file(found[1]).rename(self.file(found[2]))
        elif found := re.fullmatch(r"sudo cp (\S+) (\S+), and remove (\S+) from line (\d+) of the copy",
                                   clause):
            copy = self.file(found[2]) / self.file(found[1]).name
            shutil.copy(self.file(found[1]), copy)
            self.remove(found[3], "/" + str(copy.relative_to(self.root)), int(found[4]))
        elif found := re.match(r"remove (\S+) from (.*?)(?:, run `[^`]+`)*,? and reboot", clause):
            for place in found[2].split(" and from "):
                path, line = re.search(r"(\S+):(\d+)$", place).groups()
                self.remove(found[1], path, int(line))
        else:
            assert clause == "sudo reboot", f"not understood: {clause}"

    def follow(self, hint):
        for clause in hint.split("; "):
            self.clause(clause)
        self.reboot()


@pytest.fixture
def computer(roots, build, environment, tmp_path):
    def made(name, **files):
        root = tmp_path / name
        shutil.copytree(roots / name, root, symlinks=True)
        for path in root.rglob("*"):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)
        for path, text in files.items():
            changed(root / path, text)
        one = Computer(root, build / "bin/rocmfix", environment)
        one.reboot()
        return one
    return made


OPTION_CHECKS = ("modprobe.configured", "module.parameters", "modprobe.conflicts", "modprobe.syntax")


def assert_each_hint_helps(make):
    """Follows the hint of each check that is wrong, each on a machine of its own."""
    wrong = [name for name, check in make().checks().items()
             if name in OPTION_CHECKS and check["ok"] is False]
    assert wrong
    for name in wrong:
        machine = make()
        hint = machine.checks()[name]["hint"]
        machine.follow(hint)
        assert machine.checks()[name]["ok"] is True, f"{name}: {hint}"


def machines(computer, card, files, tmp_path):
    count = 0

    def make():
        nonlocal count
        count += 1
        shutil.rmtree(tmp_path / card, ignore_errors=True)
        return computer(card, **files)
    return make


@pytest.mark.parametrize("card", ["rx5600xt", "rx6700xt"])
@pytest.mark.parametrize("loader", LOADERS)
def test_an_option_on_the_command_line(computer, tmp_path, card, loader):
    path, text = LOADERS[loader]
    files = {path: text.format("amdgpu.noretry=0", "amdgpu.noretry=0")}
    make = machines(computer, card, files, tmp_path)
    if card == "rx5600xt":
        hint = make().checks()["modprobe.configured"]["hint"]
        assert path in hint and "rocmfix apply" in hint
    assert_each_hint_helps(make)


@pytest.mark.parametrize("card", ["rx5600xt", "rx6700xt"])
@pytest.mark.parametrize("path", ["etc/modprobe.d/zz.conf", "etc/modprobe.d/amdgpu.conf",
                                  "usr/lib/modprobe.d/zz.conf"])
def test_an_option_in_a_file(computer, tmp_path, card, path):
    files = {path: "# from a guide\noptions amdgpu noretry=0\n"}
    assert_each_hint_helps(machines(computer, card, files, tmp_path))


def test_with_rocmfix_conf_in_place_no_hint_says_apply(computer):
    machine = computer("rx5600xt", **{"etc/default/grub": 'GRUB_CMDLINE_LINUX="amdgpu.noretry=0"\n'})
    assert machine.run("apply").returncode == 0
    machine.reboot()
    for name, check in machine.checks().items():
        if name in OPTION_CHECKS:
            assert "rocmfix apply" not in check["hint"], name
    machine.follow(machine.checks()["modprobe.conflicts"]["hint"])
    assert all(machine.checks()[name]["ok"] for name in OPTION_CHECKS)


@pytest.mark.parametrize("line", [
    "options amdgpu noretry = 1", "options amdgpu noretry= 1", "options amdgpu noretry =1",
    "options amdgpu noretry='1'", "options amdgpu noretry=1,", "options amdgpu noretry:1",
    "options amdgpu.noretry=1", "amdgpu.noretry=1", "option amdgpu noretry=1",
    "options amdgpu NoRetry=1", "options AMDGPU noretry=1", "options amdgpu, noretry=1",
    "noretry=1", "options amdgpu amdgpu.noretry=1", "options amdgpu",
])  # fmt: skip
def test_a_faulty_line(computer, tmp_path, line):
    files = {"etc/modprobe.d/amdgpu.conf": f"# one\n{line}\n"}
    make = machines(computer, "rx6700xt", files, tmp_path)
    machine = make()
    machine.clause(machine.checks()["modprobe.syntax"]["hint"] if line != "options amdgpu" else
                   "sudo reboot")
    if line != "options amdgpu":
        assert machine.checks()["modprobe.syntax"]["ok"] is True
        assert machine.file("etc/modprobe.d/amdgpu.conf").read_text().split("\n")[1] == \
            "options amdgpu noretry=1"
    else:
        assert "names no parameter" in machine.checks()["modprobe.syntax"]["detail"]


def test_a_file_that_modprobe_does_not_read(computer):
    machine = computer("rx6700xt", **{"etc/modprobe.d/amdgpu": "options amdgpu noretry=1\n"})
    check = machine.checks()["modprobe.syntax"]
    assert "whose name ends in .conf" in check["detail"]
    machine.clause(check["hint"])
    assert machine.checks()["modprobe.syntax"]["ok"] is True
