# SPDX-License-Identifier: MIT
"""The virtual cards, as data: what tells one from another, and nothing else.

IP versions and base addresses of Navi 10 and Navi 21 are those of the kernel's
navi10_ip_offset.h and sienna_cichlid_ip_offset.h, as far as they fit into the
register BAR. Navi 31 has no such header; it differs by its versions, which is
what the driver chooses its code by. Register offsets are those of asic_reg/.
"""

from dataclasses import dataclass

ALL_BITS = 0xFFFFFFFF

# nbio_2_3_offset.h, mp_11_0_offset.h; amdgpu_discovery.c has them as literals.
RCC_CONFIG_MEMSIZE = 0xDE3  # MiB of VRAM
MP0_SMN_C2PMSG_33 = 0x16061  # bit 31: the boot firmware is done
BIOS_SCRATCH_7 = 0x14 + 0x3F
ATOM_S7_ASIC_INIT_COMPLETE_MASK = 0x200

# Where the cards have their VRAM in the GPU's address space, in units of 16 MiB.
FB_LOCATION = 0x8000

# gc_10_1_0_offset.h, segment 0 (the same in gc_10_3_0 and gc_11_0_0)
GB_ADDR_CONFIG = 0x13DE
# gc_10_1_0_offset.h, segment 1 (the same in gc_10_3_0): CP_{PFP,CE,ME,CPC}_IC_OP_CNTL
CP_IC_OP_CNTL = (0x5843, 0x584B, 0x5847, 0x584F)
INVALIDATE_CACHE_COMPLETE = 0x2
RLC_SAFE_MODE__CMD_MASK = 0x1

VM_CONTEXTS = 16
INVALIDATE_ENGINES = 18


@dataclass(frozen=True)
class Hub:
    """The registers of a VM hub (GCVM or MMVM), relative to its segment 0."""

    prefix: str
    segment: int
    context0_cntl: int
    context0_page_table_base_addr_lo32: int
    invalidate_eng0_sem: int
    invalidate_eng0_ack: int
    fb_location_base: int
    fb_location_top: int


@dataclass(frozen=True)
class SdmaTrap:
    """How an interrupt of SDMA 0 and 1 is told apart from others."""

    src_id: int
    client_id: tuple
    sdma1_ring_id: int


# soc15_ih_clientid.h, irqsrcs_sdma0_5_0.h
SDMA_TRAP_5 = SdmaTrap(src_id=224, client_id=(8, 9), sdma1_ring_id=0)
# soc21_ih_clientid.h, irqsrcs_gfx_11_0_0.h
SDMA_TRAP_6 = SdmaTrap(src_id=49, client_id=(10, 10), sdma1_ring_id=0x10)


@dataclass(frozen=True)
class Card:
    name: str
    title: str
    device: int
    revision: int
    subsystem: int
    sdma_trap: SdmaTrap
    gfxhub: Hub
    mmhub: Hub
    versions: dict  # IP block: version, or one version for each instance
    bases: dict  # IP block: base addresses in dwords, where not as in BASES
    gc_info: dict
    gb_addr_config: int  # how VRAM is spread over channels
    rlc_safe_mode: int  # relative to segment 1 of GC
    microcode: dict  # file below amdgpu/: kind (microcode.py) and version
    vram_mib: int = 256
    doorbell_kib: int = 2048
    registers_kib: int = 512

    def ip_blocks(self):
        """(name, instance, version, base addresses) of each."""
        found = []
        for name, versions in self.versions.items():
            if isinstance(versions, tuple):
                versions = [versions]
            for instance, version in enumerate(versions):
                found.append((name, instance, version, self.bases.get(name, BASES[name])))
        return found

    def base(self, name, segment):
        return self.bases.get(name, BASES[name])[segment]

    def registers(self):
        """(index, value, sticky bits) of the registers that are more than memory of 0."""
        found = [
            (RCC_CONFIG_MEMSIZE, self.vram_mib, 0),
            (MP0_SMN_C2PMSG_33, 1 << 31, 1 << 31),
            (BIOS_SCRATCH_7, ATOM_S7_ASIC_INIT_COMPLETE_MASK, 0),
            (self.base("GC", 0) + GB_ADDR_CONFIG, self.gb_addr_config, 0),
            # The RLC takes its command at once.
            (self.base("GC", 1) + self.rlc_safe_mode, 0, RLC_SAFE_MODE__CMD_MASK),
        ]
        for register in CP_IC_OP_CNTL:
            done = INVALIDATE_CACHE_COMPLETE
            found.append((self.base("GC", 1) + register, done, done))
        top = FB_LOCATION + self.vram_mib // 16 - 1
        for hub in (self.gfxhub, self.mmhub):
            found.append((hub.segment + hub.fb_location_base, FB_LOCATION, 0))
            found.append((hub.segment + hub.fb_location_top, top, 0))
            for engine in range(INVALIDATE_ENGINES):
                # Free to take, and each TLB flush done at once for every VMID.
                found.append((hub.segment + hub.invalidate_eng0_sem + engine, 1, ALL_BITS))
                found.append((hub.segment + hub.invalidate_eng0_ack + engine, 0xFFFF, ALL_BITS))
        return found


BASES = {
    "ATHUB": (0x0C00,),
    "DF": (0x7000,),
    "GC": (0x1260, 0xA000),
    "HDP": (0x0F20,),
    "LSDMA": (0x1260, 0xA000),
    "MMHUB": (0x1A000,),
    "MP0": (0x16000,),
    "MP1": (0x16000,),
    "NBIF": (0x0000, 0x0014, 0x0D20, 0x10400),
    "OSSSYS": (0x10A0,),
    "SDMA0": (0x1260, 0xA000),
    "SDMA1": (0x1260, 0xA000),
    "SMUIO": (0x16800, 0x16A00),
    "THM": (0x16600,),
    "UMC": (0x14000,),
    "VCN": (0x7800, 0x7E00),
}

# mmhub_2_0_0_offset.h
MMHUB_2_0 = Hub(
    prefix="MM",
    segment=BASES["MMHUB"][0],
    context0_cntl=0x06C0,
    context0_page_table_base_addr_lo32=0x072B,
    invalidate_eng0_sem=0x06D1,
    invalidate_eng0_ack=0x06F5,
    fb_location_base=0x086C,
    fb_location_top=0x086D,
)

CARDS = [
    Card(
        name="navi10",
        title="Navi 10, RX 5700 XT",
        device=0x731F,
        revision=0xC1,
        subsystem=0x0B36,
        sdma_trap=SDMA_TRAP_5,
        # gc_10_1_0_offset.h
        gfxhub=Hub(
            prefix="GC",
            segment=BASES["GC"][0],
            context0_cntl=0x1620,
            context0_page_table_base_addr_lo32=0x168B,
            invalidate_eng0_sem=0x1631,
            invalidate_eng0_ack=0x1655,
            fb_location_base=0x1720,
            fb_location_top=0x1721,
        ),
        mmhub=MMHUB_2_0,
        versions={
            "GC": (10, 1, 10),
            "VCN": (2, 0, 0),
            "NBIF": (2, 3, 0),
            "MMHUB": (2, 0, 0),
            "ATHUB": (2, 0, 0),
            "OSSSYS": (5, 0, 0),
            "HDP": (5, 0, 0),
            "SDMA0": (5, 0, 0),
            "SDMA1": (5, 0, 0),
            "DF": (2, 0, 0),
            "MP0": (11, 0, 0),
            "MP1": (11, 0, 0),
            "UMC": (8, 7, 0),
            "THM": (11, 0, 0),
            "SMUIO": (11, 0, 0),
        },
        bases={},
        gc_info={
            "gc_num_se": 2,
            "gc_num_wgp0_per_sa": 3,
            "gc_num_wgp1_per_sa": 2,
            "gc_num_rb_per_se": 8,
            "gc_num_gl2c": 16,
            "gc_num_gprs": 1024,
            "gc_num_max_gs_thds": 32,
            "gc_gs_table_depth": 32,
            "gc_gsprim_buff_depth": 1792,
            "gc_parameter_cache_depth": 512,
            "gc_double_offchip_lds_buffer": 1,
            "gc_wave_size": 32,
            "gc_max_waves_per_simd": 20,
            "gc_max_scratch_slots_per_cu": 32,
            "gc_lds_size": 64,
            "gc_num_sc_per_se": 2,
            "gc_num_sa_per_se": 2,
            "gc_num_packer_per_sc": 2,
            "gc_num_gl2a": 4,
        },
        gb_addr_config=0x00100044,
        rlc_safe_mode=0x4C05,
        microcode={
            # KFD wants MEC 145 or later where PCIe has no atomics.
            "navi10_pfp.bin": ("pfp", 145),
            "navi10_me.bin": ("me", 145),
            "navi10_ce.bin": ("ce", 145),
            "navi10_mec.bin": ("mec", 145),
            "navi10_mec2.bin": ("mec", 145),
            "navi10_rlc.bin": ("rlc", 145),
            "navi10_sdma.bin": ("sdma", 35),
            "navi10_sdma1.bin": ("sdma", 35),
        },
    ),
    Card(
        name="navi21",
        title="Navi 21, RX 6800 XT",
        device=0x73BF,
        revision=0xC1,
        subsystem=0x0E3A,
        sdma_trap=SDMA_TRAP_5,
        # gc_10_3_0_offset.h
        gfxhub=Hub(
            prefix="GC",
            segment=BASES["GC"][0],
            context0_cntl=0x15FC,
            context0_page_table_base_addr_lo32=0x1667,
            invalidate_eng0_sem=0x160D,
            invalidate_eng0_ack=0x1631,
            fb_location_base=0x16FC,
            fb_location_top=0x16FD,
        ),
        mmhub=MMHUB_2_0,
        versions={
            "GC": (10, 3, 0),
            "VCN": [(3, 0, 0), (3, 0, 0)],
            "NBIF": (3, 3, 1),
            "MMHUB": (2, 1, 0),
            "ATHUB": (2, 1, 0),
            "OSSSYS": (5, 0, 3),
            "HDP": (5, 0, 3),
            "SDMA0": (5, 2, 0),
            "SDMA1": (5, 2, 0),
            "DF": (3, 7, 3),
            "MP0": (11, 0, 7),
            "MP1": (11, 0, 7),
            "UMC": (8, 7, 0),
            "THM": (11, 0, 6),
            "SMUIO": (11, 0, 6),
        },
        bases={"GC": (0x1260, 0xA000, 0x1C000)},
        gc_info={
            "gc_num_se": 4,
            "gc_num_wgp0_per_sa": 5,
            "gc_num_wgp1_per_sa": 0,
            "gc_num_rb_per_se": 4,
            "gc_num_gl2c": 16,
            "gc_num_gprs": 1024,
            "gc_num_max_gs_thds": 32,
            "gc_gs_table_depth": 32,
            "gc_gsprim_buff_depth": 1792,
            "gc_parameter_cache_depth": 512,
            "gc_double_offchip_lds_buffer": 1,
            "gc_wave_size": 32,
            "gc_max_waves_per_simd": 16,
            "gc_max_scratch_slots_per_cu": 32,
            "gc_lds_size": 64,
            "gc_num_sc_per_se": 2,
            "gc_num_sa_per_se": 2,
            "gc_num_packer_per_sc": 4,
            "gc_num_gl2a": 4,
        },
        gb_addr_config=0x00000444,
        rlc_safe_mode=0x4CA0,
        microcode={
            # KFD wants MEC 92 or later where PCIe has no atomics.
            "sienna_cichlid_pfp.bin": ("pfp", 92),
            "sienna_cichlid_me.bin": ("me", 92),
            "sienna_cichlid_ce.bin": ("ce", 92),
            "sienna_cichlid_mec.bin": ("mec", 92),
            "sienna_cichlid_mec2.bin": ("mec", 92),
            "sienna_cichlid_rlc.bin": ("rlc", 92),
            "sienna_cichlid_sdma.bin": ("sdma", 80),
        },
    ),
    Card(
        name="navi31",
        title="Navi 31, RX 7900 XTX",
        device=0x744C,
        revision=0xC8,
        subsystem=0x0E3B,
        sdma_trap=SDMA_TRAP_6,
        # gc_11_0_0_offset.h
        gfxhub=Hub(
            prefix="GC",
            segment=BASES["GC"][0],
            context0_cntl=0x1688,
            context0_page_table_base_addr_lo32=0x16F3,
            invalidate_eng0_sem=0x1699,
            invalidate_eng0_ack=0x16BD,
            fb_location_base=0x1678,
            fb_location_top=0x1679,
        ),
        # mmhub_3_0_0_offset.h
        mmhub=Hub(
            prefix="MM",
            segment=BASES["MMHUB"][0],
            context0_cntl=0x0740,
            context0_page_table_base_addr_lo32=0x07AB,
            invalidate_eng0_sem=0x0751,
            invalidate_eng0_ack=0x0775,
            fb_location_base=0x08EC,
            fb_location_top=0x08ED,
        ),
        versions={
            "GC": (11, 0, 0),
            "VCN": [(4, 0, 0), (4, 0, 0)],
            "NBIF": (4, 3, 0),
            "MMHUB": (3, 0, 0),
            "ATHUB": (3, 0, 0),
            "OSSSYS": (6, 0, 0),
            "HDP": (6, 0, 0),
            "SDMA0": [(6, 0, 0), (6, 0, 0)],
            "LSDMA": (6, 0, 0),
            "DF": (4, 3, 0),
            "MP0": (13, 0, 0),
            "MP1": (13, 0, 0),
            "UMC": (8, 10, 0),
            "THM": (13, 0, 0),
            "SMUIO": (13, 0, 0),
        },
        bases={},
        gc_info={
            "gc_num_se": 6,
            "gc_num_wgp0_per_sa": 4,
            "gc_num_wgp1_per_sa": 0,
            "gc_num_rb_per_se": 4,
            "gc_num_gl2c": 24,
            "gc_num_gprs": 1024,
            "gc_num_max_gs_thds": 32,
            "gc_gs_table_depth": 32,
            "gc_gsprim_buff_depth": 1792,
            "gc_parameter_cache_depth": 512,
            "gc_double_offchip_lds_buffer": 1,
            "gc_wave_size": 32,
            "gc_max_waves_per_simd": 16,
            "gc_max_scratch_slots_per_cu": 32,
            "gc_lds_size": 64,
            "gc_num_sc_per_se": 2,
            "gc_num_sa_per_se": 2,
            "gc_num_packer_per_sc": 4,
            "gc_num_gl2a": 4,
        },
        gb_addr_config=0x00000545,
        rlc_safe_mode=0x0980,
        microcode={"sdma_6_0_0.bin": ("sdma_v2", 20)},
    ),
]
