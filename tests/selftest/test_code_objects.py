# SPDX-License-Identifier: MIT
"""The kernels as Debian's compiler makes them: a code object for each target, every instruction of which
that target has."""

import re
import subprocess

import pytest

from conftest import TARGETS, kernels, llvm_tool

RDNA2_ONLY = ("v_dot4_i32_i8", "v_dot4c_i32_i8")


def disassembled(target, tmp_path, as_target=None):
    listed = subprocess.run([llvm_tool("clang-offload-bundler"), "--list", "--type=o",
                             f"--input={kernels()}"], text=True, capture_output=True, check=True).stdout
    (entry,) = [line for line in listed.split() if line.endswith(f"--{target}")]
    elf = tmp_path / f"{target}.elf"
    subprocess.run([llvm_tool("clang-offload-bundler"), "--unbundle", "--type=o", f"--input={kernels()}",
                    f"--output={elf}", f"--targets={entry}"], check=True)
    return subprocess.run([llvm_tool("llvm-objdump"), "-d", f"--mcpu={as_target or target}", elf], text=True,
                          capture_output=True, check=True).stdout


def names(text):
    return {found.group(1) for found in re.finditer(r"^\t(\w+)", text, re.M)}


def unknown(text):
    """What the disassembler prints for bytes that are no instruction of the target."""
    return re.findall(r"^\t(?:\.long|<unknown>).*", text, re.M)


@pytest.mark.parametrize("target", TARGETS)
def test_no_instruction_of_another_target(selftest, target, tmp_path):
    text = disassembled(target, tmp_path)
    # Between kernels the assembler fills up; in them there is none.
    assert not unknown(text), unknown(text)[:5]
    assert len(names(text)) > 100
    kernels_in_it = set(re.findall(r"<(selftest_\w+|litmus_play)>:", text))
    assert len(kernels_in_it) == 18, kernels_in_it


def test_another_target_s_code_is_seen_by_this_check(selftest, tmp_path):
    if "gfx1030" not in TARGETS:
        pytest.skip("needs gfx1030")
    assert unknown(disassembled("gfx1030", tmp_path, as_target="gfx1010"))


@pytest.mark.parametrize("target", TARGETS)
def test_the_instructions_that_are_to_be_tested_are_there(selftest, target, tmp_path):
    text = disassembled(target, tmp_path)
    has = names(text)
    plain = {re.sub(r"_(e32|e64|dpp|dpp8|sdwa)$", "", name) for name in has}
    assert {"v_fma_f32", "v_pk_add_f16", "v_pk_mul_f16", "v_pk_fma_f16", "v_fma_f64", "v_div_fixup_f32",
            "ds_swizzle_b32", "ds_bpermute_b32", "ds_permute_b32", "v_permlane16_b32",
            "v_permlanex16_b32", "v_readlane_b32", "v_readfirstlane_b32", "global_atomic_add",
            "global_atomic_add_x2", "global_atomic_cmpswap", "ds_add_u32"} <= plain
    assert "row_share:5" in text and "row_xmask:6" in text and "dpp8:[7,6,5,4,3,2,1,0]" in text
    with_dot = target not in ("gfx1010", "gfx1013")
    assert bool(plain & set(RDNA2_ONLY)) == with_dot
