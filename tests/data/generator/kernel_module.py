# SPDX-License-Identifier: MIT
"""An amdgpu.ko (or rocmfix_livepatch.ko) that modinfo, depmod and libkmod take for one: a
relocatable ELF object with the section .modinfo of the real module, and no code. Nothing could ever
load it."""

import lzma
import subprocess
import tempfile
from pathlib import Path

FIRMWARE = ["amdgpu/navi10_sos.bin", "amdgpu/navi10_mec.bin", "amdgpu/sienna_cichlid_sos.bin"]


def modinfo(kernel: dict, parameters: dict, devices: list, rocmfix: dict) -> list:
    """The lines of .modinfo, as modpost and the MODULE_* macros write them."""
    lines = []
    if rocmfix:
        lines += [f"version={rocmfix['version']}", f"rocmfix={rocmfix['modinfo']}"]
    for name, (kind, _, description) in parameters.items():
        lines += [f"parmtype={name}:{kind}", f"parm={name}:{description}"]
    lines += [f"firmware={name}" for name in FIRMWARE]
    lines += ["license=GPL and additional rights", "description=AMD GPU",
              "author=AMD linux driver team"]
    # Without CONFIG_MODULE_SRCVERSION_ALL only a module that has a version gets a srcversion:
    # Debian's amdgpu has neither.
    lines += [f"srcversion={rocmfix['srcversion']}"] if rocmfix else []
    lines += [f"alias=pci:v00001002d{device:08X}sv*sd*bc*sc*i*" for device in devices]
    lines += ["depends=drm_kms_helper,drm,ttm,drm_ttm_helper,video,drm_display_helper,drm_buddy,"
              "gpu-sched,i2c-algo-bit", "retpoline=Y"]
    lines += [] if rocmfix else ["intree=Y"]
    lines += ["name=amdgpu", f"vermagic={kernel['release']} SMP preempt mod_unload modversions "]
    return lines


def livepatch_modinfo(kernel: dict, livepatch: dict) -> list:
    """The same of rocmfix_livepatch.ko, kernel/livepatch/rocmfix_livepatch_main.c."""
    lines = [f"amdgpu={livepatch['build_id']}", "livepatch=Y", "license=Dual MIT/GPL",
             f"version={livepatch['version']}", f"rocmfix={livepatch['modinfo']}"]
    for name, (kind, _, description) in livepatch["parameters"].items():
        lines += [f"parmtype={name}:{kind}", f"parm={name}:{description}"]
    return [*lines, f"srcversion={livepatch['srcversion']}", "depends=", "retpoline=Y",
            "name=rocmfix_livepatch",
            f"vermagic={kernel['release']} SMP preempt mod_unload modversions "]


def assemble(lines: list) -> bytes:
    """The object file that as(1) makes of them."""
    quoted = [line.replace("\\", "\\\\").replace('"', '\\"') for line in lines]
    source = '.section .modinfo,"a",@progbits\n' + "".join(f'.string "{q}"\n' for q in quoted)
    source += '.section .note.GNU-stack,"",@progbits\n'
    with tempfile.TemporaryDirectory() as scratch:
        output = Path(scratch) / "amdgpu.ko"
        subprocess.run(["as", "--64", "-o", output, "-"], input=source.encode(), check=True)
        return output.read_bytes()


def pack(module: bytes, suffix: str) -> bytes:
    """As the kernel's own modules_install compresses it."""
    if suffix == "ko.xz":
        return lzma.compress(module, lzma.FORMAT_XZ, lzma.CHECK_CRC32)
    return module
