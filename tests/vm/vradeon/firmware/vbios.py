# SPDX-License-Identifier: MIT
"""The VBIOS of a card: as much of one as amdgpu reads on its way through a probe.

A PCI option ROM, its PCI data structure, and an ATOM ROM header that leads to
one data table, firmwareinfo. No command table: nothing in here can be executed.
The structures are those of drivers/gpu/drm/amd/include/atomfirmware.h; the
fixed offsets are in atom.h and atombios.h.
"""

import struct

from layout import Struct

HEADER = "atomfirmware.h"

ROM_SIZE = 64 * 1024
VENDOR_AMD = 0x1002

# atom.h, and the option ROM of the PCI firmware specification
AMD_VBIOS_LENGTH = 0x02  # in units of 512 bytes
PCI_DATA_STRUCTURE_PTR = 0x18
ATOM_ATI_MAGIC_PTR = 0x30
ATOM_ATI_MAGIC = b" 761295520"
ATOM_ROM_TABLE_PTR = 0x48
OFFSET_TO_VBIOS_DATE = 0x50
OFFSET_TO_GET_ATOMBIOS_STRING_START = 0x6E
OFFSET_TO_VBIOS_PART_NUMBER = 0x80

# Where we put the rest.
VERSION_STRING_AT = 0x100
PCI_DATA_AT = 0x180
ROM_HEADER_AT = 0x200
COMMAND_TABLE_AT = 0x300
DATA_TABLE_AT = 0x400
FIRMWARE_INFO_AT = 0x500

# nbio_2_3_offset.h: mmBIOS_SCRATCH_0, segment 1 of NBIF. The driver adds 0..15.
BIOS_SCRATCH_0 = 0x14 + 0x38

atom_common_table_header = Struct(
    "atom_common_table_header",
    """
    uint16_t structuresize
    uint8_t format_revision
    uint8_t content_revision
    """,
    HEADER,
)
atom_rom_header_v2_2 = Struct(
    "atom_rom_header_v2_2",
    """
    struct atom_common_table_header table_header
    uint8_t atom_bios_string[4]
    uint16_t bios_segment_address
    uint16_t protectedmodeoffset
    uint16_t configfilenameoffset
    uint16_t crc_block_offset
    uint16_t vbios_bootupmessageoffset
    uint16_t int10_offset
    uint16_t pcibusdevinitcode
    uint16_t iobaseaddress
    uint16_t subsystem_vendor_id
    uint16_t subsystem_id
    uint16_t pci_info_offset
    uint16_t masterhwfunction_offset
    uint16_t masterdatatable_offset
    uint16_t reserved
    uint32_t pspdirtableoffset
    """,
    HEADER,
)
atom_master_list_of_data_tables_v2_1 = Struct(
    "atom_master_list_of_data_tables_v2_1",
    """
    uint16_t utilitypipeline
    uint16_t multimedia_info
    uint16_t smc_dpm_info
    uint16_t sw_datatable3
    uint16_t firmwareinfo
    uint16_t sw_datatable5
    uint16_t lcd_info
    uint16_t sw_datatable7
    uint16_t smu_info
    uint16_t sw_datatable9
    uint16_t sw_datatable10
    uint16_t vram_usagebyfirmware
    uint16_t gpio_pin_lut
    uint16_t sw_datatable13
    uint16_t gfx_info
    uint16_t powerplayinfo
    uint16_t sw_datatable16
    uint16_t sw_datatable17
    uint16_t sw_datatable18
    uint16_t sw_datatable19
    uint16_t sw_datatable20
    uint16_t sw_datatable21
    uint16_t displayobjectinfo
    uint16_t indirectioaccess
    uint16_t umc_info
    uint16_t sw_datatable25
    uint16_t sw_datatable26
    uint16_t dce_info
    uint16_t vram_info
    uint16_t sw_datatable29
    uint16_t integratedsysteminfo
    uint16_t asic_profiling_info
    uint16_t voltageobject_info
    uint16_t sw_datatable33
    uint16_t sw_datatable34
    """,
    HEADER,
)
atom_master_data_table_v2_1 = Struct(
    "atom_master_data_table_v2_1",
    """
    struct atom_common_table_header table_header
    struct atom_master_list_of_data_tables_v2_1 listOfdatatables
    """,
    HEADER,
)
atom_firmware_info_v3_3 = Struct(
    "atom_firmware_info_v3_3",
    """
    struct atom_common_table_header table_header
    uint32_t firmware_revision
    uint32_t bootup_sclk_in10khz
    uint32_t bootup_mclk_in10khz
    uint32_t firmware_capability
    uint32_t main_call_parser_entry
    uint32_t bios_scratch_reg_startaddr
    uint16_t bootup_vddc_mv
    uint16_t bootup_vddci_mv
    uint16_t bootup_mvddc_mv
    uint16_t bootup_vddgfx_mv
    uint8_t mem_module_id
    uint8_t coolingsolution_id
    uint8_t reserved1[2]
    uint32_t mc_baseaddr_high
    uint32_t mc_baseaddr_low
    uint8_t board_i2c_feature_id
    uint8_t board_i2c_feature_gpio_id
    uint8_t board_i2c_feature_slave_addr
    uint8_t reserved3
    uint16_t bootup_mvddq_mv
    uint16_t bootup_mvpp_mv
    uint32_t zfbstartaddrin16mb
    uint32_t pplib_pptable_id
    uint32_t reserved2[2]
    """,
    HEADER,
)


def _table_header(table, format_revision, content_revision):
    return {
        "structuresize": table.size,
        "format_revision": format_revision,
        "content_revision": content_revision,
    }


def _pci_data_structure(card):
    """PCI firmware specification 3.0, section 5.1.2; the kernel looks for "PCIR"."""
    return struct.pack(
        "<4sHHHHB3BHHBBHHHH",
        b"PCIR",
        VENDOR_AMD,
        card.device,
        0,  # device list
        0x1C,  # length
        3,  # revision
        0x00, 0x00, 0x03,  # class: VGA
        ROM_SIZE // 512,
        0,  # revision of the code
        0,  # code type: PC-AT
        0x80,  # last image
        0, 0, 0, 0,
    )  # fmt: skip


def make(card):
    """The content of the ROM BAR."""
    rom = bytearray(ROM_SIZE)

    def put(offset, data):
        rom[offset : offset + len(data)] = data

    put(0, b"\x55\xaa")
    rom[AMD_VBIOS_LENGTH] = ROM_SIZE // 512
    put(PCI_DATA_STRUCTURE_PTR, struct.pack("<H", PCI_DATA_AT))
    put(ATOM_ATI_MAGIC_PTR, ATOM_ATI_MAGIC)
    put(ATOM_ROM_TABLE_PTR, struct.pack("<H", ROM_HEADER_AT))
    put(OFFSET_TO_VBIOS_DATE, b"01/01/24 00:00\0")
    # No list of strings: the part number is at its fixed place.
    put(OFFSET_TO_GET_ATOMBIOS_STRING_START, struct.pack("<H", 0))
    put(OFFSET_TO_VBIOS_PART_NUMBER, f"113-VRADEON-{card.name}".encode() + b"\0")
    put(VERSION_STRING_AT, b"ATOMBIOSBK-AMD VER022.001.000.001\0")
    put(PCI_DATA_AT, _pci_data_structure(card))
    put(
        ROM_HEADER_AT,
        atom_rom_header_v2_2.pack(
            table_header=_table_header(atom_rom_header_v2_2, 2, 2),
            atom_bios_string=b"ATOM",
            subsystem_vendor_id=VENDOR_AMD,
            subsystem_id=card.subsystem,
            masterhwfunction_offset=COMMAND_TABLE_AT,
            masterdatatable_offset=DATA_TABLE_AT,
        ),
    )
    put(
        DATA_TABLE_AT,
        atom_master_data_table_v2_1.pack(
            table_header=_table_header(atom_master_data_table_v2_1, 2, 1),
            listOfdatatables={"firmwareinfo": FIRMWARE_INFO_AT},
        ),
    )
    put(
        FIRMWARE_INFO_AT,
        atom_firmware_info_v3_3.pack(
            table_header=_table_header(atom_firmware_info_v3_3, 3, 3),
            bootup_sclk_in10khz=50000,
            bootup_mclk_in10khz=50000,
            bios_scratch_reg_startaddr=BIOS_SCRATCH_0,
        ),
    )
    # An option ROM's bytes sum up to 0.
    length = ROM_SIZE
    rom[length - 1] = -sum(rom[: length - 1]) & 0xFF
    return bytes(rom)
