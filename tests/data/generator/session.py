# SPDX-License-Identifier: MIT
"""Who uses the machine: the process that examines it, the device nodes and groups, the container around
it, and the kernel's log of this boot and the last."""

import os

from .tree import DATA, Tree

MARKS = {"docker": ".dockerenv", "podman": "run/.containerenv"}
BOOT = "Linux version"  # what the kernel says first


def write(tree: Tree, about: dict, release: str) -> None:
    ids = "\t".join([str(about["user"])] * 4)
    groups = " ".join(map(str, about["groups"]))
    tree.write("proc/self/status", f"Name:\trocmfix\nUid:\t{ids}\nGid:\t{ids}\nGroups:\t{groups} ")
    tree.write("proc/self/uid_map", f"{0:10} {0:10} {2**32 - 1:10}")
    tree.write("proc/1/cgroup", "0::/init.scope")
    tree.write("etc/group", "root:x:0:\nvideo:x:44:\nrender:x:109:\n")
    if "container" in about:
        tree.write(MARKS[about["container"]], "")
    tree.directory("dev")
    for name in about["nodes"]:
        write_node(tree, f"dev/{name}", about["node_group"])
    write_logs(tree, about, release)


def write_node(tree: Tree, name: str, group: int) -> None:
    """An ordinary file: only root could make a node, or give the file to its group."""
    tree.write(name, b"")
    tree.path(name).chmod(0o660)
    if os.geteuid() == 0:
        os.chown(tree.path(name), 0, group)


def write_logs(tree: Tree, about: dict, release: str) -> None:
    """/dev/kmsg of this boot, which is calm; of the last one what rsyslog has kept."""
    tree.write("dev/kmsg", f"6,0,0,-;{BOOT} {release}\n6,339,5140900,-;usb 1-1: new device\n")
    log = DATA / "logs" / about["last_boot"] if about["last_boot"] else None
    lines = log.read_text(encoding="utf-8").splitlines() if log else []
    boot = f"[    0.000000] {BOOT} {release}"
    text = [f"Nov  1 10:00:00 host kernel: {line}" for line in [boot, *lines]]
    text += [f"Nov  2 10:00:00 host kernel: {line}" for line in [boot, "[    5.140900] usb 1-1: new device"]]
    tree.write("var/log/kern.log", "\n".join(text))
