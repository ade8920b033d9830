# SPDX-License-Identifier: MIT
"""PCI functions and what amdgpu adds to them, as drivers/pci/pci-sysfs.c and amdgpu write them."""

from dataclasses import dataclass, field

from .tree import Tree

MIB = 1 << 20
RESOURCES = 13  # resource_show(): PCI_BRIDGE_RESOURCES with SR-IOV compiled in
AMD, ATI, INTEL = 0x1022, 0x1002, 0x8086


@dataclass
class Function:
    """One PCI function; `parents` are the bridges above it, outermost first."""

    bdf: str
    vendor: int
    device: int
    pci_class: int
    revision: int = 0
    subsystem: tuple = (0, 0)
    parents: tuple = ()
    bars: dict = field(default_factory=dict)  # number -> (size, flags)
    driver: str = ""
    suspended: bool = False
    lanes: int = 16  # of its end of the link; 0: it has none

    @property
    def path(self) -> str:
        return "/".join([f"sys/devices/pci{self.bdf[:4]}:00", *self.parents, self.bdf])


def write_function(tree: Tree, f: Function) -> None:
    modalias = (f"pci:v{f.vendor:08X}d{f.device:08X}sv{f.subsystem[0]:08X}sd{f.subsystem[1]:08X}"
                f"bc{f.pci_class >> 16:02X}sc{f.pci_class >> 8 & 255:02X}i{f.pci_class & 255:02X}")
    uevent = [f"DRIVER={f.driver}"] if f.driver else []
    uevent += [f"PCI_CLASS={f.pci_class:X}", f"PCI_ID={f.vendor:04X}:{f.device:04X}",
               f"PCI_SUBSYS_ID={f.subsystem[0]:04X}:{f.subsystem[1]:04X}",
               f"PCI_SLOT_NAME={f.bdf}", f"MODALIAS={modalias}"]
    tree.write_all(f.path, {
        "vendor": f"0x{f.vendor:04x}",
        "device": f"0x{f.device:04x}",
        "class": f"0x{f.pci_class:06x}",
        "revision": f"0x{f.revision:02x}",
        "subsystem_vendor": f"0x{f.subsystem[0]:04x}",
        "subsystem_device": f"0x{f.subsystem[1]:04x}",
        "modalias": modalias,
        "uevent": "\n".join(uevent),
        "resource": resource_lines(f.bars),
        "power/control": "auto" if f.suspended else "on",
        "power/runtime_status": "suspended" if f.suspended else "active",
    })
    if f.lanes:
        tree.write_all(f.path, link_files(f.lanes) | AER)
    tree.link(f"{f.path}/subsystem", "sys/bus/pci")
    tree.link(f"sys/bus/pci/devices/{f.bdf}", f.path)
    if f.driver:
        tree.link(f"{f.path}/driver", f"sys/bus/pci/drivers/{f.driver}")
        tree.link(f"sys/bus/pci/drivers/{f.driver}/{f.bdf}", f.path)


AER = {  # aer.c: nothing went wrong
    "aer_dev_correctable": "RxErr 0\nBadTLP 0\nBadDLLP 0\nTimeout 0\nTOTAL_ERR_COR 0",
    "aer_dev_fatal": "Undefined 0\nDLP 0\nTLP 0\nTOTAL_ERR_FATAL 0",
    "aer_dev_nonfatal": "Undefined 0\nDLP 0\nTLP 0\nTOTAL_ERR_NONFATAL 0",
}


def link_files(lanes: int) -> dict:
    """An end of a PCIe 4.0 link: idle, so that the driver has slowed it down."""
    return {"max_link_speed": "16.0 GT/s PCIe", "max_link_width": lanes,
            "current_link_speed": "2.5 GT/s PCIe", "current_link_width": lanes}


def resource_lines(bars: dict) -> str:
    """The `resource` file: start, end and flags of each region; a large one above 4 GiB."""
    lines, low, high = [], 0xFCA00000, 0x7C00000000
    for number in range(RESOURCES):
        size, flags = bars.get(number, (0, 0))
        start = 0
        if flags & 0x100:
            start = 0xF000
        elif size and flags & 0x100000:
            high = start = -(-high // size) * size
            high += size
        elif size:
            low = start = -(-low // size) * size
            low += size
        end = start + size - 1 if size else 0
        lines.append(f"0x{start:016x} 0x{end:016x} 0x{flags:016x}")
    return "\n".join(lines)


def gpu_bars(vram_mib: int, large_bar: bool) -> dict:
    """VRAM, doorbells, I/O, registers and the ROM. A resized BAR is a power of two over VRAM."""
    aperture = 1 << (vram_mib * MIB - 1).bit_length() if large_bar else 256 * MIB
    return {0: (aperture, 0x14220C), 2: (2 * MIB, 0x14220C), 4: (256, 0x40101),
            5: (MIB // 2, 0x40200), 6: (MIB // 8, 0x46200)}


def place(card: dict, bdf: str, root_vendor: int) -> list:
    """The GPU's function, last, behind the bridges and next to the audio that come with it."""
    bus = int(bdf[5:7], 16)
    parents, functions = [], []

    def bridge(at: str, vendor: int, device: int, lanes: int = 16) -> None:
        functions.append(Function(at, vendor, device, 0x060400, parents=tuple(parents),
                                  driver="pcieport", lanes=lanes))
        parents.append(at)

    if bus:
        bridge(f"{bdf[:5]}00:{'08.1' if card.get('apu') else '01.1'}", root_vendor, 0x1633)
    if bus and not card.get("apu") and not card.get("plain_slot"):
        # Navi cards carry a PCIe switch, whose ports have AMD's graphics vendor id, too.
        # The one towards the board has as many lanes as the card.
        bridge(f"{bdf[:5]}{bus - 2:02x}:00.0", ATI, 0x1478, card.get("lanes", 16))
        bridge(f"{bdf[:5]}{bus - 1:02x}:00.0", ATI, 0x1479)
    if "audio" in card:
        functions.append(Function(bdf[:-1] + "1", ATI, card["audio"], 0x040300,
                                  subsystem=(ATI, card["audio"]), parents=tuple(parents),
                                  driver="snd_hda_intel"))
    functions.append(Function(bdf, card.get("vendor", ATI), card["device"],
                              card.get("class", 0x030000), card["revision"],
                              tuple(card["subsystem"]), tuple(parents),
                              lanes=16 if bus else 0))
    return functions


def write_power(tree: Tree, path: str, card: dict) -> None:
    """amdgpu_pm.c, for a card whose settings nobody has changed; an APU has no such limit."""
    tree.write(f"{path}/power_dpm_force_performance_level", "auto")
    if "power_cap" in card:
        tree.write_all(f"{path}/hwmon/hwmon2", {
            "name": "amdgpu", "power1_cap": card["power_cap"] * 1000000,
            "power1_cap_default": card["power_cap"] * 1000000, "power1_cap_min": 0})


def write_amdgpu(tree: Tree, path: str, card: dict, ram_kib: int, visible_bytes: int) -> None:
    """amdgpu_vram_mgr.c, amdgpu_gtt_mgr.c, amdgpu_discovery.c and amdgpu_ucode.c."""
    if "mec" in card:
        tree.write(f"{path}/fw_version/mec_fw_version", f"0x{card['mec']:08x}")
    write_power(tree, path, card)
    gtt = max(3 << 30, ram_kib * 1024 // 2) & ~4095
    tree.write_all(path, {
        "mem_info_vram_total": card["vram_mib"] * MIB,
        "mem_info_vis_vram_total": visible_bytes,
        "mem_info_vram_used": 26843546,  # no desktop on it
        "mem_info_gtt_total": gtt,
        "mem_info_gtt_used": 16777216,
    })
    if "gc" not in card:
        return
    die = f"{path}/ip_discovery/die/0"
    major, minor, revision = card["gc"]
    tree.write_all(f"{die}/11/0", {  # 11: GC_HWID
        "hw_id": 11, "num_instance": 0, "major": major, "minor": minor, "revision": revision,
        "harvest": "0x0",
    })
    tree.link(f"{die}/GC", f"{die}/11")


def write_iommu(tree: Tree, f: Function, group: int) -> None:
    """drivers/iommu/iommu.c: a group of its own, translated, as Debian has it by default."""
    tree.write_all(f"sys/kernel/iommu_groups/{group}", {"type": "DMA-FQ", "reserved_regions": "\n"})
    tree.link(f"sys/kernel/iommu_groups/{group}/devices/{f.bdf}", f.path)
    tree.link(f"{f.path}/iommu_group", f"sys/kernel/iommu_groups/{group}")


def write_drm(tree: Tree, f: Function, index: int) -> None:
    """A card, its render node and one connector, which is also in /sys/class/drm."""
    drm = f"{f.path}/drm"
    for name, minor, dev in ((f"card{index}", index, f"dri/card{index}"),
                             (f"renderD{128 + index}", 128 + index, f"dri/renderD{128 + index}")):
        tree.write_all(f"{drm}/{name}", {
            "dev": f"226:{minor}",
            "uevent": f"MAJOR=226\nMINOR={minor}\nDEVNAME={dev}\nDEVTYPE=drm_minor"})
        tree.link(f"{drm}/{name}/device", f.path)
        tree.link(f"{drm}/{name}/subsystem", "sys/class/drm")
        tree.link(f"sys/class/drm/{name}", f"{drm}/{name}")
    connector = f"card{index}-DP-{index + 1}"
    tree.write_all(f"{drm}/card{index}/{connector}",
                   {"status": "disconnected", "enabled": "disabled"})
    tree.link(f"{drm}/card{index}/{connector}/device", f"{drm}/card{index}")
    tree.link(f"sys/class/drm/{connector}", f"{drm}/card{index}/{connector}")
