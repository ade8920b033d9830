# SPDX-License-Identifier: MIT
"""Stand-ins for the engines' microcode: headers that are right, code that is not there.

The driver copies these files to where an engine would fetch its code from;
the module vradeon emulates the engines and never reads them. The structures
are those of drivers/gpu/drm/amd/amdgpu/amdgpu_ucode.h. Only for
fw_load_type=0 (no PSP), which wants the headers and no signature.
"""

from layout import Struct

HEADER = "amdgpu_ucode.h"

CODE = bytes(1024)

common_firmware_header = Struct(
    "common_firmware_header",
    """
    uint32_t size_bytes
    uint32_t header_size_bytes
    uint16_t header_version_major
    uint16_t header_version_minor
    uint16_t ip_version_major
    uint16_t ip_version_minor
    uint32_t ucode_version
    uint32_t ucode_size_bytes
    uint32_t ucode_array_offset_bytes
    uint32_t crc32
    """,
    HEADER,
)
gfx_firmware_header_v1_0 = Struct(
    "gfx_firmware_header_v1_0",
    """
    struct common_firmware_header header
    uint32_t ucode_feature_version
    uint32_t jt_offset
    uint32_t jt_size
    """,
    HEADER,
)
rlc_firmware_header_v2_0 = Struct(
    "rlc_firmware_header_v2_0",
    """
    struct common_firmware_header header
    uint32_t ucode_feature_version
    uint32_t jt_offset
    uint32_t jt_size
    uint32_t save_and_restore_offset
    uint32_t clear_state_descriptor_offset
    uint32_t avail_scratch_ram_locations
    uint32_t reg_restore_list_size
    uint32_t reg_list_format_start
    uint32_t reg_list_format_separate_start
    uint32_t starting_offsets_start
    uint32_t reg_list_format_size_bytes
    uint32_t reg_list_format_array_offset_bytes
    uint32_t reg_list_size_bytes
    uint32_t reg_list_array_offset_bytes
    uint32_t reg_list_format_separate_size_bytes
    uint32_t reg_list_format_separate_array_offset_bytes
    uint32_t reg_list_separate_size_bytes
    uint32_t reg_list_separate_array_offset_bytes
    """,
    HEADER,
)
sdma_firmware_header_v1_0 = Struct(
    "sdma_firmware_header_v1_0",
    """
    struct common_firmware_header header
    uint32_t ucode_feature_version
    uint32_t ucode_change_version
    uint32_t jt_offset
    uint32_t jt_size
    """,
    HEADER,
)
sdma_firmware_header_v2_0 = Struct(
    "sdma_firmware_header_v2_0",
    """
    struct common_firmware_header header
    uint32_t ucode_feature_version
    uint32_t ctx_ucode_size_bytes
    uint32_t ctx_jt_offset
    uint32_t ctx_jt_size
    uint32_t ctl_ucode_offset
    uint32_t ctl_ucode_size_bytes
    uint32_t ctl_jt_offset
    uint32_t ctl_jt_size
    """,
    HEADER,
)

# Engine: structure, its version, and what it has beyond the common header.
KINDS = {
    "pfp": (gfx_firmware_header_v1_0, 1, {}),
    "me": (gfx_firmware_header_v1_0, 1, {}),
    "ce": (gfx_firmware_header_v1_0, 1, {}),
    "mec": (gfx_firmware_header_v1_0, 1, {}),
    "rlc": (rlc_firmware_header_v2_0, 2, {}),
    "sdma": (sdma_firmware_header_v1_0, 1, {}),
    "sdma_v2": (
        sdma_firmware_header_v2_0,
        2,
        {
            "ctx_ucode_size_bytes": len(CODE) // 2,
            "ctl_ucode_offset": len(CODE) // 2,
            "ctl_ucode_size_bytes": len(CODE) // 2,
        },
    ),
}


def make(kind, version):
    """One file of lib/firmware/amdgpu."""
    structure, major, values = KINDS[kind]
    header = {
        "size_bytes": structure.size + len(CODE),
        "header_size_bytes": structure.size,
        "header_version_major": major,
        "ucode_version": version,
        "ucode_size_bytes": len(CODE),
        "ucode_array_offset_bytes": structure.size,
    }
    return structure.pack(header=header, **values) + CODE
