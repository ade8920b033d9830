# SPDX-License-Identifier: MIT
"""Each instruction of instructions.toml alone, in all its encodings and modes, against exact arithmetic.
ROCMFIX_SIM_GPU_OPERANDS sets of operands (default 128), from ROCMFIX_SIM_GPU_SEED."""

import os
import random
import subprocess

import exact
import instruction_cases
import pytest
from test_random_kernels import CLANG, RUN, SEED

ITEMS = int(os.environ.get("ROCMFIX_SIM_GPU_OPERANDS", "128"))
OPERANDS = 4
SPECIAL = {
    "f16": [0, 0x8000, 1, 0x03ff, 0x0400, 0x3c00, 0xbc00, 0x3800, 0x7bff, 0xfbff, 0x7c00, 0xfc00, 0x7e00, 0x7d01],
    "f32": [0, 1 << 31, 1, 0x7fffff, 0x800000, 0x3f800000, 0xbf800000, 0x3f000000, 0x7f7fffff, 0x7f800000,
            0xff800000, 0x7fc00000, 0x7fa00000, 0x4f000000, 0xcf000000, 0x4f800000, 0x477fe000, 0x33000000],
    "f64": [0, 1 << 63, 1, (1 << 52) - 1, 1 << 52, 0x3ff << 52, 0xbff << 52, 0x3fe << 52, (0x7ff << 52) - 1,
            0x7ff << 52, 0xfff << 52, 0x7ff8 << 48, 0x7ff4 << 48, 0x41e << 52, 0x380 << 52, 0x36a << 52],
    "i32": [0, 1, 2, 31, 32, 33, 64, 0x7fffffff, 0x80000000, 0xffffffff, 0x80, 0x7f, 0x8000, 0x7fff, 0xffff0000],
}


def one_operand(r):
    """64 bits: those of a real number with an interesting one below it, or of integers."""
    kind = r.choice(["f16", "f32", "f64", "i32"])
    size = exact.bits_of(kind)
    word, way = r.getrandbits(64), r.randrange(4)
    if way == 0:
        return word >> size << size | r.choice(SPECIAL[kind])
    if way == 1 and exact.is_real(kind):  # near 1, where sums cancel and carry
        near = r.choice(SPECIAL[kind][5:7]) + (r.getrandbits(exact.MANTISSA[kind] + 3) - (4 << exact.MANTISSA[kind]))
        return word >> size << size | near & (1 << size) - 1
    if way == 2:
        return r.getrandbits(r.choice([4, 8, 16, 24, 32]))
    return word


@pytest.fixture(scope="module")
def operands():
    r = random.Random(SEED)
    return [[one_operand(r) for _ in range(OPERANDS)] for _ in range(ITEMS)]


PROLOGUE = """
.text
.globl {kernel}
.p2align 8
.type {kernel},@function
{kernel}:
  s_load_dwordx4 s[4:7], s[0:1], 0x0
  s_lshl_b32 s3, s2, 6
  v_add_nc_u32 v1, s3, v0
  v_lshlrev_b32 v2, 5, v1
  v_lshlrev_b32 v3, 4, v1
  s_waitcnt lgkmcnt(0)
  global_load_dwordx4 v[4:7], v2, s[4:5]
  global_load_dwordx4 v[8:11], v2, s[4:5] offset:16
  s_waitcnt vmcnt(0)
"""
EPILOGUE = """
  s_endpgm
.rodata
.p2align 6
.amdhsa_kernel {kernel}
  .amdhsa_next_free_vgpr 24
  .amdhsa_next_free_sgpr 32
  .amdhsa_wavefront_size32 {wave32}
  .amdhsa_ieee_mode 0
  .amdhsa_user_sgpr_kernarg_segment_ptr 1
  .amdhsa_system_sgpr_workgroup_id_x 1
.end_amdhsa_kernel
"""
STORE = """
  global_store_dwordx3 v3, v[12:14], s[6:7]
  s_add_u32 s6, s6, {size}
  s_addc_u32 s7, s7, 0
"""


def vector_lines(case, lanes):
    mask = "vcc" if lanes == 64 else "vcc_lo"
    yield f"s_setreg_imm32_b32 hwreg(HW_REG_MODE, 0, 8), {exact.mode_word(*case.mode):#x}"
    yield "v_mov_b32 v12, v10"
    yield "v_mov_b32 v13, v11"
    yield f"s_mov_b{lanes} {mask}, 0"
    yield case.line(lanes)
    yield f"v_cndmask_b32 v14, 0, 1, {mask}"


def scalar_lines(case, lanes):
    yield from (f"v_readfirstlane_b32 s{4 + i}, v{i}" for i in range(4, 8))
    yield "s_cmp_lg_u32 0, 0"
    yield case.line(lanes)
    yield "s_cselect_b32 s14, 1, 0"
    yield from (f"v_mov_b32 v{i}, s{i}" for i in range(12, 15))


def assembly(cases, lanes):
    lines = [PROLOGUE.format(kernel="cases")]
    for case in cases:
        lines += (scalar_lines if case.scalar else vector_lines)(case, lanes)
        lines.append(STORE.format(size=ITEMS * 16))
    return "\n".join([*lines, EPILOGUE.format(kernel="cases", wave32=int(lanes == 32))])


def execute(folder, target, lanes, cases, operands):
    """Of each case and each item: 64 bits of the destination and the flag."""
    source, code = folder / "cases.s", folder / "cases.co"
    source.write_text(assembly(cases, lanes))
    extra = ["-mwavefrontsize64"] if lanes == 64 else []
    subprocess.run([CLANG, "-target", "amdgcn-amd-amdhsa", f"-mcpu={target}", *extra, "-nogpulib", "-x", "assembler",
                    source, "-o", code], check=True)
    data = b"".join(word.to_bytes(8, "little") for item in operands for word in item)
    done = subprocess.run([RUN, target, code, "cases", str(ITEMS // 64), "64", str(len(cases) * ITEMS * 16)],
                          input=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    words = memoryview(done.stdout).cast("Q")
    return [[(words[at], words[at + 1] & 0xffffffff) for at in range(2 * ITEMS * i, 2 * ITEMS * (i + 1), 2)]
            for i in range(len(cases))]


def operands_of(case, item, operands, lanes):
    raw, old = operands[item][:3], operands[item][3]
    if case.scalar:
        return operands[item // lanes * lanes][:3], old
    if case.variation.swapped_pairs:
        raw = [operands[item ^ 1][0], *raw[1:]]
    return raw, old


def first_difference(case, results, operands, lanes):
    for item, (got, flag) in enumerate(results):
        raw, old = operands_of(case, item, operands, lanes)
        wanted = case.expected(raw, old)
        if wanted is None:
            continue
        bits, wanted_flag = wanted
        got &= (1 << max(32, exact.bits_of(case.result))) - 1
        if case.scalar and exact.bits_of(case.result) < 64:
            got &= 0xffffffff
        if not case.is_right(got, bits) or wanted_flag not in (None, flag):
            return (f"{case.title}: of {', '.join(f'{x:#x}' for x in raw)} over {old:#x}: {got:#x} and {flag} "
                    f"instead of {bits if bits is None else hex(bits)} and {wanted_flag}")
    return None


def check(folder, target, lanes, cases, operands):
    results = execute(folder, target, lanes, cases, operands)
    wrong = [first_difference(case, of_case, operands, lanes) for case, of_case in zip(cases, results)]
    wrong = [text for text in wrong if text]
    assert not wrong, f"seed {SEED}, {len(wrong)} of {len(cases)}:\n" + "\n".join(wrong)


@pytest.mark.parametrize("target, lanes", [("gfx1010", 32), ("gfx1012", 64), ("gfx1030", 32)])
def test_vector_instructions(tmp_path, operands, target, lanes):
    check(tmp_path, target, lanes, list(instruction_cases.all_cases(target)), operands)


@pytest.mark.parametrize("target, lanes", [("gfx1010", 64), ("gfx1030", 32)])
def test_scalar_instructions(tmp_path, operands, target, lanes):
    check(tmp_path, target, lanes, list(instruction_cases.scalar_cases()), operands)
