# SPDX-License-Identifier: MIT
"""KFD's topology as amdkfd/kfd_topology.c (node_show, mem_show, iolink_show) and kfd_crat.c
write it: node 0 is the CPU, then one node a GPU."""

from .tree import Tree

TOPOLOGY = "sys/devices/virtual/kfd/kfd/topology"
HEAP_SYSTEM, HEAP_FB_PUBLIC, HEAP_FB_PRIVATE = 0, 1, 2
LINK_ENABLED, LINK_NON_COHERENT = 1, 2

# Order of node_show(); what a node does not have is 0.
PROPERTIES = """cpu_cores_count simd_count mem_banks_count caches_count io_links_count
p2p_links_count cpu_core_id_base simd_id_base max_waves_per_simd lds_size_in_kb gds_size_in_kb
num_gws wave_front_size array_count simd_arrays_per_engine cu_per_simd_array simd_per_cu
max_slots_scratch_cu gfx_target_version vendor_id device_id location_id domain drm_render_minor
hive_id num_sdma_engines num_sdma_xgmi_engines num_sdma_queues_per_engine num_cp_queues""".split()
GPU_PROPERTIES = """max_engine_clk_fcompute local_mem_size fw_version capability sdma_fw_version
unique_id""".split()


def location_id(bdf: str) -> int:
    """pci_dev_id(): bus << 8 | device << 3 | function."""
    bus, slot, function = int(bdf[5:7], 16), int(bdf[8:10], 16), int(bdf[11])
    return bus << 8 | slot << 3 | function


def gpu_id(card: dict, bdf: str, vram_bytes: int) -> int:
    """kfd_generate_gpu_id() of 6.1: the hash of seven words, 16 bits wide."""
    location, (vendor, device) = location_id(bdf), card["subsystem"]
    words = (location & 255, vendor | device << 16, int(bdf[:4], 16), card["device"],
             location >> 8, vram_bytes & 0xFFFFFFFF, vram_bytes >> 32)
    result = 0
    for word in words:
        result ^= (word * 0x61C88647 & 0xFFFFFFFF) >> 16
    return result


def properties_text(names: list, values: dict) -> str:
    return "".join(f"{name} {values.get(name, 0)}\n" for name in names)


def link_text(node_from: int, node_to: int, flags: int) -> str:
    return (f"type 2\nversion_major 0\nversion_minor 0\nnode_from {node_from}\n"
            f"node_to {node_to}\nweight 20\nmin_latency 0\nmax_latency 0\nmin_bandwidth 0\n"
            f"max_bandwidth 0\nrecommended_transfer_size 0\nflags {flags}\n")


def memory_text(heap: int, size: int, width: int, clock: int) -> str:
    return (f"heap_type {heap}\nsize_in_bytes {size}\nflags 0\nwidth {width}\n"
            f"mem_clk_max {clock}\n")


def gpu_values(card: dict, bdf: str, minor: int, simd_base: int) -> dict:
    simd_per_cu = card.get("simd_per_cu", 2)
    return {
        "simd_count": card["cu"] * simd_per_cu, "mem_banks_count": 1, "io_links_count": 1,
        "simd_id_base": simd_base, "max_waves_per_simd": card["waves"], "lds_size_in_kb": 64,
        "wave_front_size": card.get("wave_front_size", 32),
        "array_count": card["engines"] * card["arrays"],
        "simd_arrays_per_engine": card["arrays"], "cu_per_simd_array": card["cu_per_array"],
        "simd_per_cu": simd_per_cu, "max_slots_scratch_cu": 32,
        "gfx_target_version": card["gfx_target"], "vendor_id": 0x1002,
        "device_id": card["device"], "location_id": location_id(bdf),
        "domain": int(bdf[:4], 16), "drm_render_minor": minor,
        "num_sdma_engines": card.get("sdma", 2), "num_sdma_queues_per_engine": 8,
        "num_cp_queues": 8, "max_engine_clk_fcompute": card["sclk"],
        # Watch points (four: log2 is 2) and doorbells of type 2.0. No SVM in Debian's 6.1/6.12.
        "capability": 0x80 | 2 << 8 | 2 << 12,
    }


def write_topology(tree: Tree, gpus: list, ram_kib: int, cpus: int) -> None:
    """`gpus` holds {card, bdf, minor, public} in the order of the nodes."""
    tree.link("sys/class/kfd/kfd", "sys/devices/virtual/kfd/kfd")
    tree.write_all("sys/devices/virtual/kfd/kfd", {
        "dev": "241:0", "uevent": "MAJOR=241\nMINOR=0\nDEVNAME=kfd"})
    tree.write(f"{TOPOLOGY}/generation_id", 1 + len(gpus))
    tree.write(f"{TOPOLOGY}/system_properties",
               "platform_oem 0\nplatform_id 0\nplatform_rev 0\n")
    cpu = f"{TOPOLOGY}/nodes/0"
    tree.write_all(cpu, {
        "gpu_id": 0, "name": "\n",
        "properties": properties_text(PROPERTIES, {
            "cpu_cores_count": cpus, "mem_banks_count": 1,
            "io_links_count": sum(gpu["public"] for gpu in gpus)})
        + "max_engine_clk_ccompute 4650\n",
        "mem_banks/0/properties": memory_text(HEAP_SYSTEM, ram_kib * 1024, 64, 0)})
    simd_base, links = 0x80000000, 0
    for node, gpu in enumerate(gpus, start=1):
        card, vram = gpu["card"], gpu["card"]["vram_mib"] << 20
        values = gpu_values(card, gpu["bdf"], gpu["minor"], simd_base)
        simd_base += card["engines"] * card["arrays"] * card["cu_per_array"]
        tree.write_all(f"{TOPOLOGY}/nodes/{node}", {
            "gpu_id": gpu_id(card, gpu["bdf"], vram), "name": card["asic"],
            "properties": properties_text(PROPERTIES, values)
            + properties_text(GPU_PROPERTIES, values) + "max_engine_clk_ccompute 4650\n",
            "mem_banks/0/properties": memory_text(
                HEAP_FB_PUBLIC if gpu["public"] else HEAP_FB_PRIVATE, vram,
                card["vram_width"], card["mclk"]),
            "io_links/0/properties": link_text(node, 0, LINK_ENABLED)})
        if gpu["public"]:  # only VRAM that the CPU can reach has a link from it
            tree.write(f"{cpu}/io_links/{links}/properties",
                       link_text(0, node, LINK_ENABLED | LINK_NON_COHERENT))
            links += 1
