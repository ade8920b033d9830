// SPDX-License-Identifier: MIT
// What random C does not reach: from lane to lane, atomics, LDS with barriers. test_lanes.py has the
// expected results. One workgroup has 64 work-items unless it says otherwise.
typedef unsigned int u32;
typedef unsigned long u64;
#define AS __attribute__((address_space(1)))
#define LDS __attribute__((address_space(3), loader_uninitialized))
#define KERNEL __attribute__((amdgpu_kernel, visibility("protected")))
#define ITEM __builtin_amdgcn_workitem_id_x()
#define GROUP __builtin_amdgcn_workgroup_id_x()

#define DPP(at, control, rows, banks, bound) \
  out[(at) * 64 + ITEM] = __builtin_amdgcn_update_dpp(1000, in[ITEM], control, rows, banks, bound)
KERNEL void dpp(const AS u32* in, AS u32* out) {
  DPP(0, 0x1b, 0xf, 0xf, 0);   // quad_perm:[3,2,1,0]
  DPP(1, 0x101, 0xf, 0xf, 0);  // row_shl:1
  DPP(2, 0x113, 0xf, 0xf, 1);  // row_shr:3, bound_ctrl
  DPP(3, 0x125, 0xf, 0xf, 0);  // row_ror:5
  DPP(4, 0x140, 0xf, 0xf, 0);  // row_mirror
  DPP(5, 0x141, 0xf, 0xf, 0);  // row_half_mirror
  DPP(6, 0x157, 0xf, 0xf, 0);  // row_share:7
  DPP(7, 0x166, 0xf, 0xf, 0);  // row_xmask:6
  DPP(8, 0x111, 0x5, 0xa, 0);  // row_shr:1 row_mask:0x5 bank_mask:0xa
  if (ITEM % 3 != 0) {         // from lanes that do not take part
    DPP(9, 0x101, 0xf, 0xf, 0);
    DPP(10, 0x101, 0xf, 0xf, 1);
  }
}

KERNEL void permutations(const AS u32* in, AS u32* out) {
  const u32 value = in[ITEM];
  out[ITEM] = __builtin_amdgcn_ds_bpermute((ITEM * 7 % 64) * 4, value);
  out[64 + ITEM] = __builtin_amdgcn_ds_permute((ITEM * 5 % 32) * 4, value);
  out[128 + ITEM] = __builtin_amdgcn_ds_swizzle(value, 0x041f);  // xor 1
  out[192 + ITEM] = __builtin_amdgcn_ds_swizzle(value, 0x801b);  // quad_perm [3,2,1,0]
  out[256 + ITEM] = __builtin_amdgcn_permlane16(value, value, 0x76543210, 0x01234567, 0, 0);
  out[320 + ITEM] = __builtin_amdgcn_permlanex16(value, value, 0xfedcba98, 0x89abcdef, 0, 0);
  out[384 + ITEM] = __builtin_amdgcn_readlane(value, 9);
  out[448 + ITEM] = __builtin_amdgcn_mbcnt_hi(~0u, __builtin_amdgcn_mbcnt_lo(~0u, 3));
  if (ITEM > 4) {
    out[512 + ITEM] = __builtin_amdgcn_readfirstlane(value);
  }
}

// 64 workgroups of 256; out[0..7] are counters, then a word a workgroup.
KERNEL void atomics(const AS u32* in, AS u32* out) {
  static LDS u32 shared[4];
  if (ITEM < 4) {
    shared[ITEM] = ITEM == 1 ? ~0u : 0;
  }
  __builtin_amdgcn_fence(__ATOMIC_SEQ_CST, "workgroup");
  __builtin_amdgcn_s_barrier();
  const u32 value = in[ITEM];
  __atomic_fetch_add(&shared[0], value, __ATOMIC_RELAXED);
  __atomic_fetch_and(&shared[1], value | 1u, __ATOMIC_RELAXED);
  __atomic_fetch_xor(&shared[2], value, __ATOMIC_RELAXED);
  __atomic_fetch_or(&shared[3], 1u << (ITEM % 32), __ATOMIC_RELAXED);
  __atomic_fetch_add(&out[0], 1u, __ATOMIC_RELAXED);
  __atomic_fetch_add((AS u64*)(out + 2), (u64)value << 4, __ATOMIC_RELAXED);
  u32 seen = __atomic_load_n(&out[4], __ATOMIC_RELAXED);
  while (!__atomic_compare_exchange_n(&out[4], &seen, seen + 3u, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
  __builtin_amdgcn_atomic_inc32(&out[5], 9u, __ATOMIC_RELAXED, "agent");
  __builtin_amdgcn_fence(__ATOMIC_SEQ_CST, "workgroup");
  __builtin_amdgcn_s_barrier();
  if (ITEM == 0) {
    out[8 + GROUP] = shared[0] ^ shared[1] * 3u ^ shared[2] * 5u ^ shared[3];
  }
}

// All lanes of all threads at one word.
KERNEL void contended(const AS u32* in, AS u32* out) {
  for (u32 i = 0; i < 200; ++i) {
    __atomic_fetch_add(&out[ITEM % 2], in[ITEM], __ATOMIC_RELAXED);
  }
}

// A sum over the workgroup of 256, by halves.
KERNEL void reduction(const AS u32* in, AS u32* out) {
  static LDS u32 sums[256];
  sums[ITEM] = in[GROUP * 256 + ITEM];
  for (u32 half = 128; half > 0; half /= 2) {
    __builtin_amdgcn_fence(__ATOMIC_SEQ_CST, "workgroup");
    __builtin_amdgcn_s_barrier();
    if (ITEM < half) {
      sums[ITEM] += sums[ITEM + half];
    }
  }
  if (ITEM == 0) {
    out[GROUP] = sums[0];
  }
}

// Two workgroups of one work-item play ping-pong: eight words of data and a flag in lines of their
// own, in memory that both read and write. in[0] rounds; the words that were wrong.
static u32 play(const AS u32* in, AS u32* out, int acquire, int release) {
  AS u32* const ours = out + 256 + GROUP * 128;
  const AS u32* const theirs = out + 256 + (1 - GROUP) * 128;
  u32 wrong = 0;
  for (u32 round = 1; round <= in[0]; ++round) {
    for (u32 i = 0; i < 8; ++i) {
      ours[64 + i] = round * 8 + i;
    }
    __atomic_store_n(&ours[0], round, release);
    while (__atomic_load_n(&theirs[0], acquire) < round) {
      __builtin_amdgcn_s_sleep(1);
    }
    for (u32 i = 0; i < 8; ++i) {
      wrong += theirs[64 + i] < round * 8 + i;
    }
  }
  return wrong;
}

KERNEL void messages(const AS u32* in, AS u32* out) {
  out[GROUP] = play(in, out, __ATOMIC_ACQUIRE, __ATOMIC_RELEASE);
}
KERNEL void messages_without_order(const AS u32* in, AS u32* out) {
  out[GROUP] = play(in, out, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

// For the benchmark: mostly memory.
KERNEL void copy(const AS u32* in, AS u32* out) {
  const u32 at = GROUP * 256 + ITEM;
  for (u32 i = 0; i < 400; ++i) {
    ((volatile AS u32*)out)[at] = ((const volatile AS u32*)in)[at] + i;
  }
}

// For the benchmark: mostly arithmetic.
KERNEL void work(const AS float* in, AS float* out) {
  float a = in[ITEM], b = a + 1.0f;
  for (u32 i = 0; i < 2000; ++i) {
    a = __builtin_fmaf(a, 0.999f, b);
    b = __builtin_fmaf(b, 0.5f, a) - 0.25f;
  }
  out[GROUP * 256 + ITEM] = a + b;
}
