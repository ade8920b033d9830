# SPDX-License-Identifier: MIT
"""ip_discovery.bin of a card: which IP blocks it has, in which version, and where.

The structures are those of drivers/gpu/drm/amd/include/discovery.h, read by
amdgpu_discovery.c. Only the tables IP_DISCOVERY and GC are made: the driver
takes a table with offset 0 for absent.
"""

from layout import Struct

HEADER = "discovery.h"

BINARY_SIGNATURE = 0x28211407
DISCOVERY_TABLE_SIGNATURE = 0x53445049
GC_TABLE_ID = 0x4347

# enum table
IP_DISCOVERY, GC, TOTAL_TABLES = 0, 1, 6

# soc15_hw_ip.h: the hardware ids of the IP blocks.
HWID = {
    "MP1": 1,
    "THM": 3,
    "SMUIO": 4,
    "GC": 11,
    "VCN": 12,
    "MMHUB": 34,
    "ATHUB": 35,
    "OSSSYS": 40,
    "HDP": 41,
    "SDMA0": 42,
    "SDMA1": 43,
    "DF": 46,
    "LSDMA": 91,
    "NBIF": 108,
    "UMC": 150,
    "MP0": 255,
}

# 6.1 copies the whole file into a buffer of this size and does not check.
DISCOVERY_TMR_SIZE = 4096

table_info = Struct(
    "table_info",
    """
    uint16_t offset
    uint16_t checksum
    uint16_t size
    uint16_t padding
    """,
    HEADER,
)
binary_header = Struct(
    "binary_header",
    """
    uint32_t binary_signature
    uint16_t version_major
    uint16_t version_minor
    uint16_t binary_checksum
    uint16_t binary_size
    struct table_info table_list[6]
    """,
    HEADER,
)
die_info = Struct(
    "die_info",
    """
    uint16_t die_id
    uint16_t die_offset
    """,
    HEADER,
)
ip_discovery_header = Struct(
    "ip_discovery_header",
    """
    uint32_t signature
    uint16_t version
    uint16_t size
    uint32_t id
    uint16_t num_dies
    struct die_info die_info[16]
    uint16_t padding[1]
    """,
    HEADER,
)
die_header = Struct(
    "die_header",
    """
    uint16_t die_id
    uint16_t num_ips
    """,
    HEADER,
)
# Without base_address[], whose length is num_base_address; the two bit-fields
# after revision are variant.
ip_v3 = Struct(
    "ip_v3",
    """
    uint16_t hw_id
    uint8_t instance_number
    uint8_t num_base_address
    uint8_t major
    uint8_t minor
    uint8_t revision
    uint8_t variant
    """,
)
gpu_info_header = Struct(
    "gpu_info_header",
    """
    uint32_t table_id
    uint16_t version_major
    uint16_t version_minor
    uint32_t size
    """,
    HEADER,
)
gc_info_v1_0 = Struct(
    "gc_info_v1_0",
    """
    struct gpu_info_header header
    uint32_t gc_num_se
    uint32_t gc_num_wgp0_per_sa
    uint32_t gc_num_wgp1_per_sa
    uint32_t gc_num_rb_per_se
    uint32_t gc_num_gl2c
    uint32_t gc_num_gprs
    uint32_t gc_num_max_gs_thds
    uint32_t gc_gs_table_depth
    uint32_t gc_gsprim_buff_depth
    uint32_t gc_parameter_cache_depth
    uint32_t gc_double_offchip_lds_buffer
    uint32_t gc_wave_size
    uint32_t gc_max_waves_per_simd
    uint32_t gc_max_scratch_slots_per_cu
    uint32_t gc_lds_size
    uint32_t gc_num_sc_per_se
    uint32_t gc_num_sa_per_se
    uint32_t gc_num_packer_per_sc
    uint32_t gc_num_gl2a
    """,
    HEADER,
)


def _checksum(data):
    return sum(data) & 0xFFFF


def _ip_table(card, at):
    """struct ip_discovery_header with one die, to be placed at offset `at`."""
    ips = b""
    for name, instance, version, bases in card.ip_blocks():
        major, minor, revision = version
        ips += ip_v3.pack(
            hw_id=HWID[name],
            instance_number=instance,
            num_base_address=len(bases),
            major=major,
            minor=minor,
            revision=revision,
        )
        ips += b"".join(base.to_bytes(4, "little") for base in bases)
    die = die_header.pack(num_ips=len(card.ip_blocks())) + ips
    size = ip_discovery_header.size + len(die)
    header = ip_discovery_header.pack(
        signature=DISCOVERY_TABLE_SIGNATURE,
        version=3,
        size=size,
        num_dies=1,
        die_info=[{"die_offset": at + ip_discovery_header.size}],
    )
    return header + die


def _gc_table(card):
    return gc_info_v1_0.pack(
        header={"table_id": GC_TABLE_ID, "version_major": 1, "size": gc_info_v1_0.size},
        **card.gc_info,
    )


def make(card):
    """The file amdgpu/ip_discovery.bin."""
    tables = [{} for _ in range(TOTAL_TABLES)]
    body = b""
    for index, table in (
        (IP_DISCOVERY, _ip_table(card, binary_header.size)),
        (GC, _gc_table(card)),
    ):
        tables[index] = {
            "offset": binary_header.size + len(body),
            "checksum": _checksum(table),
            "size": len(table),
        }
        body += table
    # The checksum covers what comes after the field itself.
    size = binary_header.size + len(body)
    after = binary_header.offset("binary_size")
    values = {
        "binary_signature": BINARY_SIGNATURE,
        "version_major": 1,
        "binary_size": size,
        "table_list": tables,
    }
    summed = (binary_header.pack(**values) + body)[after:]
    data = binary_header.pack(binary_checksum=_checksum(summed), **values) + body
    if len(data) > DISCOVERY_TMR_SIZE:
        raise ValueError(f"{card.name}: ip_discovery.bin has {len(data)} bytes, more than 4096")
    return data.ljust(DISCOVERY_TMR_SIZE, b"\0")
