# SPDX-License-Identifier: MIT
"""Code that is not what a compiler made: whatever it is, the interpreter ends with a sentence or with a
result, and neither crashes nor runs for ever."""

import random
import struct
import subprocess
from pathlib import Path

import pytest
from test_random_kernels import CLANG, FLAGS, RUN

HERE = Path(__file__).parent
INPUT = bytes(range(256)) * 4


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    path = tmp_path_factory.mktemp("bad") / "lanes.co"
    subprocess.run([CLANG, "-target", "amdgcn-amd-amdhsa", "-mcpu=gfx1030", *FLAGS, HERE / "lanes.c",
                    "-o", path], check=True)
    return path.read_bytes()


def descriptors_and_code(code):
    """The six kernel descriptors end the first segment, the code is the second. The rest of an ELF
    file is for the runtime's loader."""
    offset, = struct.unpack_from("<Q", code, 32)
    loads = [segment for i in range(16) if (segment := struct.unpack_from("<IIQQQQ", code, offset + 56 * i))[0] == 1]
    return loads[0][5] - 6 * 64, loads[1][2] + loads[1][5]


def run(tmp_path, code, kernel="permutations", target="gfx1030"):
    path = tmp_path / "code.co"
    path.write_bytes(code)
    done = subprocess.run([RUN, target, path, kernel, "1", "64", "4096"], input=INPUT, timeout=60,
                          capture_output=True, check=False,
                          env={"SIM_GPU_INSTRUCTIONS": "200000", "SIM_GPU_THREADS": "1"})
    assert done.returncode in (0, 1), f"signal {-done.returncode}: {done.stderr.decode()}"
    assert done.returncode == 0 or b"error: " in done.stderr
    return done


def test_the_code_is_good_before(tmp_path, code):
    assert run(tmp_path, code).returncode == 0


@pytest.mark.parametrize("round_of", range(8))
@pytest.mark.parametrize("kernel", ["dpp", "permutations", "atomics", "reduction"])
def test_changed_code_ends(tmp_path, code, kernel, round_of):
    r = random.Random(f"{kernel}{round_of}")
    first, last = descriptors_and_code(code)
    ends = set()
    for _ in range(5):
        changed = bytearray(code)
        for _ in range(r.choice([1, 3, 20, 200])):
            changed[r.randrange(first, last)] = r.randrange(256)
        ends.add(run(tmp_path, bytes(changed), kernel).returncode)
    assert ends


def test_an_endless_loop_ends_at_the_limit(tmp_path):
    source = tmp_path / "loop.c"
    source.write_text("__attribute__((amdgpu_kernel, visibility(\"protected\"))) void loop(void) "
                      "{ for (;;) __builtin_amdgcn_s_sleep(1); }")
    path = tmp_path / "loop.co"
    subprocess.run([CLANG, "-target", "amdgcn-amd-amdhsa", "-mcpu=gfx1030", *FLAGS, source, "-o", path],
                   check=True)
    done = run(tmp_path, path.read_bytes(), "loop")
    assert done.returncode == 1 and b"more than 200000 instructions" in done.stderr


@pytest.mark.parametrize("length", [0, 10, 64, 500, 2000])
def test_a_code_object_that_is_cut_off(tmp_path, code, length):
    assert run(tmp_path, code[:length]).returncode == 1


# A kernel in assembler: s[0:1] points to the arguments, of which the second is the address of 4096 bytes.
ASSEMBLY = """
.text
.globl k
.p2align 8
.type k,@function
k:
  s_load_dwordx4 s[4:7], s[0:1], 0x0
  v_mov_b32 v4, 0
  s_waitcnt lgkmcnt(0)
  v_mov_b32 v2, s6
  v_mov_b32 v3, s7
  {body}
  s_endpgm
.rodata
.p2align 6
.amdhsa_kernel k
  .amdhsa_next_free_vgpr 24
  .amdhsa_next_free_sgpr 32
  .amdhsa_wavefront_size32 1
  .amdhsa_user_sgpr_kernarg_segment_ptr 1
  .amdhsa_group_segment_fixed_size {lds}
  .amdhsa_private_segment_fixed_size {scratch}
  .amdhsa_system_sgpr_private_segment_wavefront_offset {has_scratch}
.end_amdhsa_kernel
"""
OUTPUT = 0x300000000


def assemble(tmp_path, body, lds=1024, scratch=16, target="gfx1030"):
    source, path = tmp_path / "k.s", tmp_path / "k.co"
    source.write_text(ASSEMBLY.format(body=body, lds=lds, scratch=scratch, has_scratch=int(scratch > 0)))
    subprocess.run([CLANG, "-target", "amdgcn-amd-amdhsa", f"-mcpu={target}", "-nogpulib", "-x", "assembler", source,
                    "-o", path], check=True)
    return path.read_bytes()


@pytest.mark.parametrize("body, said", [
    ("global_load_dword v5, v[2:3], off offset:2047\nglobal_store_dword v[2:3], v4, off", None),
    ("v_add_nc_u32 v2, 0x1000, v2\nglobal_load_dword v5, v[2:3], off", f"a memory fault at {OUTPUT + 4096}"),
    ("v_add_nc_u32 v2, 0x1000, v2\nglobal_atomic_add v[2:3], v4, off", f"a memory fault at {OUTPUT + 4096}"),
    ("s_load_dword s8, s[6:7], 0x1000", f"a memory fault at {OUTPUT + 4096}"),
    ("v_mov_b32 v3, 0\nv_mov_b32 v2, 0\nglobal_store_dword v[2:3], v4, off", "a memory fault at 0"),
    ("v_add_nc_u32 v2, 2, v2\nglobal_atomic_add v[2:3], v4, off", "an atomic that is not aligned"),
    ("v_add_nc_u32 v2, 4, v2\nglobal_atomic_add_x2 v[2:3], v[4:5], off", "an atomic that is not aligned"),
    ("s_mov_b64 s[8:9], src_shared_base\nv_mov_b32 v2, 0x400\nv_mov_b32 v3, s9\nflat_load_dword v5, v[2:3]",
     "beyond the workgroup's LDS"),
    ("s_mov_b64 s[8:9], src_private_base\nv_mov_b32 v2, 0x40000\nv_mov_b32 v3, s9\nflat_store_dword v[2:3], v4",
     "beyond the scratch memory of a lane"),
    ("s_mov_b64 s[8:9], src_private_base\nv_mov_b32 v2, 0\nv_mov_b32 v3, s9\nflat_atomic_add v[2:3], v4",
     "an atomic in scratch memory"),
    ("s_mov_b64 s[8:9], s[6:7]\ns_setpc_b64 s[8:9]", f"a memory fault at {OUTPUT}"),
    ("s_mov_b64 s[8:9], 0\ns_setpc_b64 s[8:9]", "a memory fault at 0"),
    ("s_getpc_b64 s[8:9]\nv_mov_b32 v2, s8\nv_mov_b32 v3, s9\nglobal_store_dword v[2:3], v4, off",
     "a memory fault at "),  # its own code, which is read-only here
    ("s_getpc_b64 s[8:9]\ns_add_u32 s8, s8, 2\ns_setpc_b64 s[8:9]", "which is not a multiple of 4"),
    (".long 0xffffffff", "0xffffffff is not an instruction of gfx1030"),
    (".long 0x10ce1af9, 0x2311a7ea", "0x10ce1af9 is not an instruction of gfx1030"),  # LLVM cannot print it
    ("s_trap 2", "s_trap 2"),
    ("s_sendmsg sendmsg(MSG_GET_DOORBELL)", "a message that is not modelled"),
    ("s_endloop: s_branch s_endloop", "more than 200000 instructions"),
])
def test_what_a_wave_must_not_do_is_named(tmp_path, body, said):
    done = run(tmp_path, assemble(tmp_path, body), "k")
    assert done.returncode == (0 if said is None else 1), done.stderr
    assert (said or "instructions").encode() in done.stderr


def test_lds_beyond_its_size_reads_as_nothing(tmp_path):
    """Unlike a flat access: DS instructions check nothing but the size."""
    body = ("v_mov_b32 v5, 0x400\nv_mov_b32 v6, 7\nds_write_b32 v5, v6\nds_read_b32 v7, v5\ns_waitcnt lgkmcnt(0)\n"
            "global_store_dword v[2:3], v7, off")
    done = run(tmp_path, assemble(tmp_path, body), "k")
    assert done.returncode == 0 and done.stdout[:4] == bytes(4)
    done = run(tmp_path, assemble(tmp_path, body, lds=1028), "k")
    assert done.returncode == 0 and done.stdout[:4] == (7).to_bytes(4, "little")


@pytest.mark.parametrize("sizes, said", [
    ({"lds": 65536}, None),
    ({"lds": 65540}, "65540 bytes of LDS; a workgroup has at most 65536"),
    ({"scratch": 262144}, None),
    ({"scratch": 262148}, "262148 bytes of scratch a work-item; 262144 are possible"),
])
def test_more_lds_or_scratch_than_there_is_is_refused(tmp_path, sizes, said):
    done = run(tmp_path, assemble(tmp_path, "s_nop 0", **sizes), "k")
    assert done.returncode == (0 if said is None else 1), done.stderr
    assert (said or "instructions").encode() in done.stderr


def test_code_for_another_target_stops_at_the_first_instruction_that_is_not_there(tmp_path):
    body = "v_add_nc_u32 v4, v4, 1\nv_dot4_i32_i8 v4, v4, v4, v4\ns_nop 0"
    done = run(tmp_path, assemble(tmp_path, body), "k", target="gfx1010")
    assert done.returncode == 1
    assert b"v_dot4_i32_i8 v4, v4, v4, v4 is an instruction of gfx1030, and gfx1010 does not have it" in done.stderr


@pytest.mark.parametrize("destination", ["00", "7e"])
def test_a_comparison_into_exec_is_decoded_as_any_compiler_writes_it(tmp_path, destination):
    """LLVM 15 puts 0 in the field of the destination, LLVM 16 EXEC's number, and decodes nothing else."""
    body = (f".long 0xd4d400{destination}, 0x00020905\n"  # v_cmpx_gt_u32 v5, v4
            "v_mov_b32 v6, 1\nglobal_store_dword v[2:3], v6, off")
    for v5, written in ((0, 0), (9, 1)):
        done = run(tmp_path, assemble(tmp_path, f"v_mov_b32 v5, {v5}\n{body}"), "k")
        assert done.returncode == 0, done.stderr
        assert done.stdout[:4] == written.to_bytes(4, "little")


@pytest.mark.parametrize("items", [3, 5])
def test_a_grid_that_fills_32_bits_is_not_an_empty_one(tmp_path, items):
    path = tmp_path / "code.co"
    path.write_bytes(assemble(tmp_path, "s_endloop: s_branch s_endloop"))
    done = subprocess.run([RUN, "gfx1030", path, "k", str(0xffffffff // items), str(items), "4096"], input=INPUT,
                          timeout=60, capture_output=True, check=False, env={"SIM_GPU_INSTRUCTIONS": "200000"})
    assert done.returncode == 1 and b"more than 200000 instructions" in done.stderr
