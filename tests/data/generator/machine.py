# SPDX-License-Identifier: MIT
"""A whole machine: reads its description and puts the parts together into a root."""

import subprocess
import tomllib
from pathlib import Path

from . import firmware, initramfs, kernel_module, kfd, pci, session
from .tree import DATA, Tree

OS_RELEASE = {"debian12": ("12", "bookworm"), "debian13": ("13", "trixie")}
IDS = {  # the lines of libdrm's amdgpu.ids that the machines' cards need, by release
    "debian12": ["731F,\tCA,\tAMD Radeon RX 5600 XT", "7340,\tC5,\tAMD Radeon RX 5500 XT",
                 "73BF,\tC0,\tAMD Radeon RX 6900 XT", "73BF,\tC1,\tAMD Radeon RX 6800 XT",
                 "73BF,\tC3,\tAMD Radeon RX 6800", "73DF,\tC1,\tAMD Radeon RX 6700 XT",
                 "73FF,\tC1,\tAMD Radeon RX 6600 XT", "73FF,\tC3,\tAMD Radeon RX 6600M",
                 "740F,\t02,\tAMD Instinct MI210"],
    "debian13": ["744C,\tC8,\tAMD Radeon RX 7900 XTX"],
}
AMDGPU = "kernel/drivers/gpu/drm/amd/amdgpu/amdgpu."


def merge(under: dict, over: dict) -> dict:
    """`over` laid on `under`, tables merged, anything else replaced."""
    result = dict(under)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(under.get(key), dict)
        result[key] = merge(under[key], value) if both else value
    return result


def load_toml(name: str, folder: Path = DATA) -> dict:
    with open(folder / name, "rb") as file:
        return tomllib.load(file)


def load_cards() -> dict:
    """The simulator's cards, with what only the roots need laid over them."""
    return merge(load_toml("cards.toml", DATA.parents[1] / "userspace/data"),
                 load_toml("cards.toml"))


def resolve(table: dict, name: str, base: dict) -> dict:
    """An entry with what it is `like` below it."""
    entry = dict(table[name])
    like = entry.pop("like", None)
    return merge(resolve(table, like, base) if like else base, entry)


def load_machines() -> dict:
    raw = {p.stem: load_toml(f"machines/{p.name}") for p in sorted(DATA.glob("machines/*.toml"))}
    base = raw.pop("base")
    return {name: resolve(raw, name, base) for name in raw}


class Machine:
    def __init__(self, description: dict):
        self.about = description
        kernels, self.cards = load_toml("kernels.toml"), load_cards()
        self.kernel = kernels[description["kernel"]]
        self.rocmfix = description.get("rocmfix", {})
        self.livepatch = description.get("livepatch", {})
        self.stock_parameters = {**kernels["all"]["parameters"],
                                 **self.kernel.get("parameters", {})}
        self.parameters = {**self.stock_parameters, **self.rocmfix.get("parameters", {})}
        self.loaded = description["amdgpu"] == "loaded"

    def write(self, top: Path) -> None:
        tree = Tree(top)
        tree.path("usr/lib/modules").mkdir(parents=True)
        tree.link("lib", "usr/lib")
        self.write_system(tree)
        if "session" in self.about:
            session.write(tree, self.about["session"], self.kernel["release"])
        self.write_gpus(tree)
        if self.loaded:
            self.write_loaded_module(tree)
            if self.livepatch:
                self.write_loaded_livepatch(tree)
        self.write_modules(tree)
        self.write_initramfs(tree)

    def write_system(self, tree: Tree) -> None:
        kernel, release = self.kernel, self.kernel["release"]
        number, codename = OS_RELEASE[kernel["os"]]
        ram = self.about["ram_kib"]
        tree.write("proc/sys/kernel/osrelease", release)
        tree.write("proc/version", f"Linux version {release} (debian-kernel@lists.debian.org) "
                   f"({kernel['compiler']}) #1 SMP PREEMPT_DYNAMIC Debian {kernel['package']}")
        tree.write("proc/cmdline", f"BOOT_IMAGE=/boot/vmlinuz-{release} {self.about['cmdline']}")
        tree.write("proc/meminfo", "".join(f"{name + ':':15} {kib:8} kB\n" for name, kib in (
            ("MemTotal", ram), ("MemFree", ram // 2), ("MemAvailable", ram * 3 // 4))))
        tree.write("etc/os-release", f'PRETTY_NAME="Debian GNU/Linux {number} ({codename})"\n'
                   f'NAME="Debian GNU/Linux"\nVERSION_ID="{number}"\n'
                   f'VERSION="{number} ({codename})"\nVERSION_CODENAME={codename}\nID=debian\n')
        ids = IDS["debian12"] + (IDS["debian13"] if kernel["os"] == "debian13" else [])
        tree.write("usr/share/libdrm/amdgpu.ids", "# List of AMDGPU IDs\n#\n# Syntax:\n"
                   "# device_id,\trevision_id,\tproduct_name        <-- single tab after comma\n\n"
                   "1.0.0\n" + "\n".join(sorted(ids)))
        tree.write_all("sys/power/suspend_stats", {"success": 0, "fail": 0})
        for name, text in self.about["files"].items():
            tree.write(name, text)

    def write_gpus(self, tree: Tree) -> None:
        """PCI for every GPU; DRM, amdgpu's files and KFD for those that have a driver."""
        ram = self.about["ram_kib"]
        placed = [(gpu, resolve(self.cards, gpu["card"], {})) for gpu in self.about["gpus"]]
        intel = any(card.get("vendor") == pci.INTEL for _, card in placed)
        nodes = []
        for index, (gpu, card) in enumerate(placed):
            large = gpu.get("large_bar", False)
            *others, function = pci.place(card, gpu["bdf"], pci.INTEL if intel else pci.AMD)
            for other in others:
                pci.write_function(tree, other)
            amd = function.vendor == pci.ATI
            function.driver = card.get("driver", "amdgpu" if self.loaded else "")
            function.suspended = gpu.get("suspended", False)
            function.bars = pci.gpu_bars(card.get("vram_mib", 256), large)
            pci.write_function(tree, function)
            pci.write_iommu(tree, function, 14 + index)
            if function.driver:
                pci.write_drm(tree, function, index)
            if "mec_file" in card:
                firmware.write_file(tree, card["mec_file"], card["mec"])
            if amd and self.loaded:
                vram = card["vram_mib"] << 20
                public = large or card.get("apu", False)  # gmc_v10_0_mc_init(): all of it
                pci.write_amdgpu(tree, function.path, card, ram,
                                 vram if public else 256 << 20)
                variant = self.rocmfix or self.livepatch
                tree.write_all(f"{function.path}/rocmfix", variant.get("attributes", {}))
                nodes.append({"card": card, "bdf": gpu["bdf"], "minor": 128 + index,
                              "public": public})
        if nodes:
            kfd.write_topology(tree, nodes, ram, self.about["cpus"])

    def write_loaded_module(self, tree: Tree) -> None:
        module = "sys/module/amdgpu"
        tree.write_all(module, {"initstate": "live", "refcnt": 8, "coresize": 8757248,
                                "taint": "OE" if self.rocmfix else "\n"})
        if self.rocmfix:
            tree.write_all(module, {k: self.rocmfix[k] for k in ("version", "srcversion")})
        defaults = {name: value for name, (_, value, _) in self.parameters.items()}
        tree.write_all(f"{module}/parameters", {**defaults, **self.about["parameters"]})
        tree.link(f"{module}/drivers/pci:amdgpu", "sys/bus/pci/drivers/amdgpu")
        taint = " (OE)" if self.rocmfix else ""
        tree.write("proc/modules", f"amdgpu 8757248 8 - Live 0x0000000000000000{taint}\n"
                   "video 65536 1 amdgpu, Live 0x0000000000000000\n")

    def write_loaded_livepatch(self, tree: Tree) -> None:
        module = "sys/module/rocmfix_livepatch"
        tree.write_all(module, {"initstate": "live", "taint": "OEK",
                                **{k: self.livepatch[k] for k in ("version", "srcversion")}})
        tree.write_all(f"{module}/parameters",
                       {n: value for n, (_, value, _) in self.livepatch["parameters"].items()})
        tree.write_all("sys/kernel/livepatch/rocmfix_livepatch", {"enabled": 1, "transition": 0})
        tree.write("proc/sys/kernel/tainted", str(1 << 12 | 1 << 13 | 1 << 15))

    def write_modules(self, tree: Tree) -> None:
        """The stock module, rocmfix's or the livepatch next to it as DKMS leaves it, depmod's indexes."""
        release, suffix = self.kernel["release"], self.kernel["module"]
        modules = f"usr/lib/modules/{release}"
        devices = sorted({card["device"] for card in self.cards.values()
                          if "vendor" not in card and "device" in card})
        stock = kernel_module.modinfo(self.kernel, self.stock_parameters, devices, {})
        tree.write(f"{modules}/{AMDGPU}{suffix}",
                   kernel_module.pack(kernel_module.assemble(stock), suffix))
        tree.write(f"{modules}/modules.order", f"{AMDGPU}ko\n")
        tree.write_all(modules, {"modules.builtin": b"", "modules.builtin.modinfo": b""})
        if self.rocmfix:
            ours = kernel_module.modinfo(self.kernel, self.parameters, devices, self.rocmfix)
            tree.write(f"{modules}/updates/dkms/amdgpu.{suffix}",
                       kernel_module.pack(kernel_module.assemble(ours), suffix))
        if self.livepatch:
            lines = kernel_module.livepatch_modinfo(self.kernel, self.livepatch)
            tree.write(f"{modules}/updates/dkms/rocmfix_livepatch.{suffix}",
                       kernel_module.pack(kernel_module.assemble(lines), suffix))
        subprocess.run(["/sbin/depmod", "-b", tree.top, release], check=True)

    def write_initramfs(self, tree: Tree) -> None:
        if self.about["initramfs"] == "none":
            return
        release = self.kernel["release"]
        modules = tree.top / "usr/lib/modules" / release
        amdgpu = next(path for pattern in ("updates/dkms/amdgpu.*", AMDGPU + "*")
                      for path in modules.glob(pattern))
        indexes = [p for p in modules.glob("modules.*")
                   if p.name.endswith((".bin", "dep", "order"))]
        configuration = [p for d in ("etc/modprobe.d", "usr/lib/modprobe.d")
                         for p in sorted((tree.top / d).glob("*.conf"))]
        files = {str(p.relative_to(tree.top)): p.read_bytes()
                 for p in [amdgpu, *modules.glob("updates/dkms/rocmfix_livepatch.*"), *indexes,
                           *configuration]}
        files |= {"lib": "usr/lib", "conf/arch.conf": b"DPKG_ARCH=amd64\n",
                  "init": b"#!/bin/sh\n# Nothing boots from this.\n"}
        tree.write(f"boot/initrd.img-{release}",
                   initramfs.build(files, self.about["initramfs"], self.about["microcode"]))
