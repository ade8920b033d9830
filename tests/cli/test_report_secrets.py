# SPDX-License-Identifier: MIT
"""Nothing of what was planted is in a report: in no file, no name, no link, no document.

One machine with something personal in every place that a report is made from. Each secret is looked
for in the unpacked archive, byte for byte, and in the text that --preview prints.
"""

import json
import os
import shutil
import subprocess

import pytest

HOME = "/home/mallory"
UUID = "5ec0de00-1234-4321-9876-0123456789ab"
TOKEN = "hf_PlantedTokenPlantedToken0123"
# Secret, and where it is planted. Several have one form, in different places.
PLANTED = {
    "mallory": "the user's name: home, paths, RUNPATH, group, environment",
    "Quimbyson": "the person's name, from passwd, in the log",
    "deepthought": "the host's name: hostname, log",
    "magrathea.example": "the host's domain, in the log",
    "hunter2planted": "a password on the kernel's command line",
    UUID: "a disk's UUID on the kernel's command line",
    "cafe0815-07": "a short PARTUUID",
    "0e:1f:2a:3b:4c:5d": "a MAC address on the kernel's command line",
    "203.0.113.77": "an IP address on the kernel's command line",
    "swordfishOS": "os-release",
    "swordfishLOG": "a kernel message about the GPU",
    "swordfishSYS": "the syslog file",
    "unrelated-message": "a kernel message about something else",
    "swordfishMOD": "a comment in modprobe.d",
    "swordfishRC": "a line of .bashrc that sets a known variable",
    "unrelated-alias": "another line of .bashrc",
    "swordfishUNIT": "a systemd unit",
    "9876543210123": "a GPU's serial number in KFD's topology",
    "SN0PLANTED7": "a serial number in the log",
    TOKEN: "a token in an environment variable, a script and a folder's name",
    "swordfishURL": "a password in a URL",
    "swordfishINC": "the incident",
    "swordfishPKG": "a package's version",
}


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        text = path.read_text(encoding="utf-8") + text
    path.write_text(text, encoding="utf-8")


def plant(root):
    write(root / "etc/passwd", f"mallory:x:1000:1000:Mallory Quimbyson,,,:{HOME}:/bin/bash\n")
    write(root / "etc/group", "render:x:109:mallory\n")
    write(root / "etc/hostname", "deepthought.magrathea.example\n")
    write(root / "etc/os-release", "SUPPORT_TOKEN=swordfishOS\n")
    line = (f" root=UUID={UUID} resume=PARTUUID=cafe0815-07 password=hunter2planted "
            "ip=203.0.113.77 BOOTIF=0e:1f:2a:3b:4c:5d rd.host=deepthought")  # fmt: skip
    (root / "proc/cmdline").write_text((root / "proc/cmdline").read_text().strip() + line + "\n")
    write(root / "dev/kmsg", "6,0,0,-;Linux version 6.1.0-56-amd64\n"
          "4,1,1000,-;amdgpu 0000:03:00.0: amdgpu: api_key=swordfishLOG serial number: SN0PLANTED7\n"
          "4,2,2000,-;usb 1-1: unrelated-message\n")  # fmt: skip
    log = ("Nov 27 10:00:00 deepthought kernel: [    0.000000] Linux version 6.1.0\n"
           "Nov 27 10:00:01 deepthought kernel: [    1.0] amdgpu: secret=swordfishSYS mallory "
           "Quimbyson magrathea.example\n"
           "Nov 27 10:00:01 deepthought sshd[1]: unrelated-message\n")  # fmt: skip
    write(root / "var/log/kern.log", log + log)
    write(root / "etc/modprobe.d/mine.conf", "# password: swordfishMOD\noptions amdgpu noretry=0\n")
    write(root / f"{HOME[1:]}/.bashrc", "alias x=unrelated-alias\n"
          "export HSA_OVERRIDE_GFX_VERSION=10.3.0 MY_SECRET=swordfishRC\n")  # fmt: skip
    write(root / "etc/systemd/system/ollama.service",
          "[Service]\nEnvironment=HSA_OVERRIDE_GFX_VERSION=10.3.0 API_TOKEN=swordfishUNIT\n")  # fmt: skip
    for properties in (root / "sys/devices/virtual/kfd/kfd/topology/nodes").glob("*/properties"):
        write(properties, "unique_id 9876543210123\n")
    write(root / "var/lib/dpkg/status", "Package: rocm-core\nStatus: install ok installed\n"
          "Version: 6.1+https://u:swordfishPKG@host/x\n")  # fmt: skip
    folder = root / HOME[1:] / TOKEN
    write(folder / "train.sh", "#!/bin/sh\n"
          f"# {TOKEN} https://mallory:swordfishURL@git.example/x\n")  # fmt: skip
    (folder / "train.sh").chmod(0o755)
    return f"{HOME}/{TOKEN}/train.sh"


def add_library(root):
    """A program with a RUNPATH in the user's home, if there is a compiler."""
    if shutil.which("gcc") is None:
        return None
    program = root / HOME[1:] / "bin/job"
    program.parent.mkdir(parents=True)
    subprocess.run(["gcc", "-x", "c", "-", "-o", program, f"-Wl,-rpath,{HOME}/lib"],
                   input="int main(void) { return 0; }", text=True, check=True)  # fmt: skip
    return f"{HOME}/bin/job"


def report(build, environment, root, file, *more):
    return subprocess.run([build / "bin/rocmfix", "report", "--root", root, "-o", file, *more],
                          env=environment, capture_output=True, text=True, check=True)  # fmt: skip


def everything_in(file, folder):
    """Names, links and contents of an archive, as bytes."""
    folder.mkdir()
    subprocess.run(["tar", "--zstd", "-xf", file, "-C", folder], check=True)
    found = [subprocess.run(["zstd", "-dcq", file], capture_output=True, check=True).stdout]
    for path in folder.rglob("*"):
        found.append(os.fsencode(path.relative_to(folder)))
        if path.is_symlink():
            found.append(os.fsencode(os.readlink(path)))
        elif path.is_file() and path.stat().st_size < 64 << 20:
            found.append(path.read_bytes())
    return b"\n".join(found)


def everything_planted(root, incident):
    found = [incident.read_bytes()]
    for path in root.rglob("*"):
        found.append(os.fsencode(path.relative_to(root)))
        if path.is_file() and not path.is_symlink() and path.stat().st_size < 1 << 20:
            found.append(path.read_bytes())
    return b"\n".join(found)


@pytest.fixture(name="machine")
def fixture_machine(roots, tmp_path):
    root = tmp_path / "machine"
    shutil.copytree(roots / "rx6700xt", root, symlinks=True)
    return root, plant(root)


@pytest.fixture(name="incident")
def fixture_incident(tmp_path):
    file = tmp_path / "incident"
    file.write_text('{"command": ["x", "--password", "y"], "note": "token=swordfishINC by mallory"}')
    return file


def leaks_in(content):
    return {secret: where for secret, where in PLANTED.items()
            if secret.lower().encode() in content.lower()}  # fmt: skip


def test_nothing_planted_is_in_the_archive(build, environment, machine, incident, tmp_path):
    root, program = machine
    assert set(leaks_in(everything_planted(root, incident))) == set(PLANTED)
    report(build, environment, root, tmp_path / "r.tar.zst", "--program", program, "--incident", incident)
    assert leaks_in(everything_in(tmp_path / "r.tar.zst", tmp_path / "out")) == {}


def test_nothing_planted_is_in_the_text(build, environment, machine, incident, tmp_path):
    root, program = machine
    file = tmp_path / "r.txt"
    report(build, environment, root, file, "--text", "--program", program, "--incident", incident)
    text = file.read_bytes()
    assert leaks_in(text) == {}
    # What a bug report is for is there.
    assert b"HSA_OVERRIDE_GFX_VERSION=10.3.0" in text and b"options amdgpu noretry=0" in text


def test_a_runpath_in_the_users_home_keeps_its_length(build, environment, machine, tmp_path):
    root, _ = machine
    program = add_library(root)
    if program is None:
        pytest.skip("gcc is not installed")
    report(build, environment, root, tmp_path / "r.tar.zst", "--program", program)
    content = everything_in(tmp_path / "r.tar.zst", tmp_path / "out")
    assert leaks_in(content) == {}
    assert b"/home/user1xx/lib\0" in content


def test_verdicts_are_the_same_for_a_redacted_machine(build, environment, machine, tmp_path):
    root, program = machine
    report(build, environment, root, tmp_path / "r.tar.zst", "--program", program)

    def verdicts(*arguments):
        done = subprocess.run([build / "bin/rocmfix", "doctor", "--json", *arguments], env=environment,
                              capture_output=True, text=True, check=False)  # fmt: skip
        checks = json.loads(done.stdout)["checks"]
        return [(check["id"], check["verdict"], check["gpu"]) for check in checks]

    before = verdicts("--root", root, "--program", program)
    assert len(before) > 10
    assert verdicts("--root", tmp_path / "r.tar.zst") == before


def test_secrets_of_this_process_are_not_in_a_report_of_this_machine(build, environment, tmp_path):
    """The running system: its environment, its host's name, its user."""
    environment |= {"MY_API_TOKEN": "swordfishENV", "HSA_OVERRIDE_GFX_VERSION": "10.3.0",
                    "PYTHONPATH": f"/home/mallory/lib:/srv/{TOKEN}", "USER": "mallory",
                    "LD_LIBRARY_PATH": "/home/mallory/token=swordfishPATH"}  # fmt: skip
    file = tmp_path / "r.tar.zst"
    subprocess.run([build / "bin/rocmfix", "report", "-o", file], env=environment, check=True,
                   capture_output=True)  # fmt: skip
    content = everything_in(file, tmp_path / "out")
    host = os.uname().nodename
    for secret in ("swordfishENV", "mallory", TOKEN, "swordfishPATH", "MY_API_TOKEN"):
        assert secret.encode() not in content, secret
    assert len(host) < 5 or host.startswith("localhost") or host.encode() not in content
    assert b"10.3.0" in content
