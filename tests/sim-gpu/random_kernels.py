# SPDX-License-Identifier: MIT
"""Random kernels: the same C source is compiled by clang for a GPU target and for this processor.
Each function takes 8 words of input and makes 8 words of output, from integers of all widths, from
float, double and half, with branches, loops, tables in scratch and shifts. Nothing in them is
undefined or left to the implementation, so that the results must be equal, bit by bit; a NaN is made
one certain NaN, because its payload is the implementation's."""

import random

WORDS = 8

PRELUDE = """
typedef unsigned int u32; typedef int i32; typedef unsigned long u64; typedef long i64;
typedef unsigned short u16; typedef short i16; typedef unsigned char u8; typedef signed char i8;
#ifdef GPU
#define KERNEL __attribute__((amdgpu_kernel, visibility("protected")))
#define AS __attribute__((address_space(1)))
typedef _Float16 f16;
#else
#define KERNEL
#define AS
typedef _Float16 f16;
#endif
static inline float as_f32(u32 a) { float r; __builtin_memcpy(&r, &a, 4); return r; }
static inline u32 f32_bits(float a) {
  u32 r; __builtin_memcpy(&r, &a, 4); return a != a ? 0x7fc00000u : r; }
static inline double as_f64(u64 a) { double r; __builtin_memcpy(&r, &a, 8); return r; }
static inline u64 f64_bits(double a) {
  u64 r; __builtin_memcpy(&r, &a, 8); return a != a ? 0x7ff8000000000000ul : r; }
static inline f16 as_f16(u16 a) { f16 r; __builtin_memcpy(&r, &a, 2); return r; }
static inline u16 f16_bits(f16 a) {
  u16 r; __builtin_memcpy(&r, &a, 2); return a != a ? 0x7e00 : r; }
static inline i32 to_i32(double a) { return a >= -2147483648.0 && a <= 2147483647.0 ? (i32)a : 0; }
static inline u32 to_u32(float a) { return a >= 0.0f && a < 4294967040.0f ? (u32)a : 0; }
"""


class Kernel:
    """Statements over variables of several types, each of which has a value at any time."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.count = {"u32": 8, "i32": 2, "u64": 3, "i64": 2, "f32": 4, "f64": 3, "u16": 2, "i16": 2,
                      "u8": 1, "f16": 3}

    def var(self, kind):
        return f"{kind}_{self.random.randrange(self.count[kind])}"

    def constant(self, kind):
        r = self.random
        if kind == "f32":
            return r.choice(["0.0f", "1.0f", "(-2.0f)", "0.5f", "3.1415927f", "1e-39f", "1e30f"])
        if kind == "f64":
            return r.choice(["0.0", "1.0", "(-4.0)", "0.1", "1e-310", "1e300"])
        if kind == "f16":
            return r.choice(["(f16)1.0f", "(f16)0.5f", "(f16)(-3.0f)", "(f16)0.1f", "(f16)6.0e-8f"])
        bits = {"u8": 8, "u16": 16, "i16": 15, "i32": 31}.get(kind, 32)
        value = r.choice([0, 1, 2, 5, 16, 64, 255, r.getrandbits(bits), r.getrandbits(bits)])
        return f"({kind}){value & ((1 << bits) - 1)}u"

    def value(self, kind):
        return self.var(kind) if self.random.random() < 0.8 else self.constant(kind)

    def expression(self, kind):
        method = self.real if kind in ("f32", "f64", "f16") else self.integer
        return method(kind)

    def integer(self, kind):
        r, v = self.random, lambda k=kind: self.value(k)
        wide = kind in ("u64", "i64")
        unsigned = {"i32": "u32", "i64": "u64", "i16": "u16"}.get(kind, kind)
        most = {"u8": 7, "u16": 15, "i16": 15}.get(kind, 63 if wide else 31)
        u = lambda: f"({unsigned}){v()}"  # noqa: E731
        choices = [
            f"({kind})({u()} {r.choice(['+', '-', '^', '&', '|'])} {u()})",
            f"({kind})({u()} * {u()} + {u()})" if kind not in ("u16", "i16", "u8")
            else f"({kind})((u32){v()} * (u32){v()})",
            f"({kind})({u()} << ({self.var('u32')} & {most}u))",
            f"({kind})({v()} >> ({self.var('u32')} & {most}u))",
            f"({v()} {r.choice(['<', '>', '==', '!=', '<=', '>='])} {v()} ? {v()} : {v()})",
            f"({kind})(~{u()})",
            f"({kind}){self.var(r.choice(['u32', 'i32', 'u64', 'i16', 'u8', 'u16']))}",
        ]
        if kind == "u32":
            a, b, c = v(), v(), v()
            choices += [
                f"(({a} & {b}) | (~{a} & {c}))", f"({a} ^ {b} ^ {c})", f"(({a} << 5) + {b})",
                f"(u32)__builtin_popcount({a})", f"({a} ? (u32)__builtin_clz({a}) : 7u)",
                f"({a} ? (u32)__builtin_ctz({a}) : 9u)", f"__builtin_bitreverse32({a})",
                f"__builtin_bswap32({a})", f"__builtin_rotateleft32({a}, {b})",
                f"(u32)(((u64){a} * {b}) >> 32)", f"({a} / ({b} | 1u))", f"({a} % ({b} | 3u))",
                f"(({a} & 0xffffffu) * ({b} & 0xffffffu))", f"(({a} >> 7) & 0x1ffu)",
                f"to_u32({self.var('f32')})", f"f32_bits({self.var('f32')})",
                f"(u32)f16_bits({self.var('f16')})", f"table[{a} & 15u]",
            ]
        if kind == "i32":
            a, b, c = v(), v(), v()
            choices += [f"to_i32({self.var('f64')})", f"({a} < {b} ? {a} : {b})",
                        f"({a} > {b} ? ({a} < {c} ? {a} : {c}) : {b})", f"({a} / ({b} | 1 == -1 ? 3 : ({b} | 1)))"
                        if False else f"(i32)(i8){self.var('u32')}",
                        f"(i32)(((i64){a} * {b}) >> 32)"]
        if kind == "u64":
            choices += [f"((u64){self.var('u32')} * {self.var('u32')} + {v()})",
                        f"({v()} / ({v()} | 1ul))", f"f64_bits({self.var('f64')})"]
        return r.choice(choices)

    def real(self, kind):
        r, v = self.random, lambda: self.value(kind)
        suffix = {"f32": "f", "f64": "", "f16": "f16"}[kind]
        choices = [f"({v()} {r.choice('+-*')} {v()})", f"(- ({v()}))",
                   f"({v()} {r.choice(['<', '>', '=='])} {v()} ? {v()} : {v()})"]
        if kind == "f16":
            choices += [f"(f16){self.var('f32')}", f"as_f16({self.var('u16')})",
                        f"(f16)(i32){self.var('i16')}"]
            return r.choice(choices)
        choices += [f"__builtin_fma{suffix}({v()}, {v()}, {v()})", f"__builtin_fabs{suffix}({v()})",
                    f"__builtin_floor{suffix}({v()})", f"__builtin_trunc{suffix}({v()})",
                    f"__builtin_ceil{suffix}({v()})", f"__builtin_rint{suffix}({v()})",
                    f"__builtin_copysign{suffix}({v()}, {v()})", f"({v()} / {v()})"]
        if kind == "f32":
            choices += [f"as_f32({self.var('u32')})", f"(float){self.var('u32')}",
                        f"(float){self.var('i32')}", f"(float){self.var('f64')}",
                        f"(float){self.var('f16')}", f"(float)({self.var('u32')} >> 24)"]
        else:
            choices += [f"as_f64({self.var('u64')})", f"(double){self.var('f32')}",
                        f"(double){self.var('i32')}", f"(double){self.var('u32')}"]
        return r.choice(choices)

    def statement(self, depth):
        r = self.random
        kind = r.choice(["u32"] * 5 + ["i32", "u64", "i64", "f32", "f32", "f64", "f64", "u16", "i16",
                                       "u8", "f16", "f16"])
        if depth > 0 and r.random() < 0.15:
            body = " ".join(self.statement(depth - 1) for _ in range(3))
            if r.random() < 0.5:
                return f"if ({self.var('u32')} & {1 << r.randrange(8)}u) {{ {body} }}"
            name = f"n{depth}"
            return f"for (u32 {name} = 0; {name} < ({self.var('u32')} & 7u); ++{name}) {{ {body} }}"
        if r.random() < 0.06:
            return f"table[{self.var('u32')} & 15u] = {self.expression('u32')};"
        return f"{self.var(kind)} = {self.expression(kind)};"

    def function(self, name):
        lines = [f"static inline __attribute__((always_inline)) void {name}_item(const u32* in, u32* out) {{",
                 "  u32 table[16]; for (u32 i = 0; i < 16; ++i) table[i] = in[i & 7u] * (i + 1u);"]
        types = {"f32": "float", "f64": "double"}
        for kind, count in self.count.items():
            for i in range(count):
                j = (i * 3 + len(kind)) % WORDS
                start = {"f32": f"as_f32(in[{j}])", "f64": f"as_f64((u64)in[{j}] << 32 | in[{i}])",
                         "f16": f"as_f16((u16)in[{j}])", "u64": f"(u64)in[{j}] << 32 | in[{i}]",
                         "i64": f"(i64)((u64)in[{j}] << 32 | in[{i}])"}.get(kind, f"({kind})in[{i}]")
                lines.append(f"  {types.get(kind, kind)} {kind}_{i} = {start};")
        lines += [f"  {self.statement(2)}" for _ in range(self.random.randrange(12, 40))]
        sums = ["u32_0 ^ u32_1", "u32_2 + u32_3 + (u32)i32_0 * 3u", "u32_4 ^ u32_5 ^ (u32)(u64_0 >> 32)",
                "(u32)u64_1 + (u32)i64_0 + (u32)(i64_1 >> 32)", "f32_bits(f32_0) ^ f32_bits(f32_1) * 3u",
                "(u32)(f64_bits(f64_0) >> 32) ^ (u32)f64_bits(f64_1)",
                "f32_bits(f32_2) + f16_bits(f16_0) * 5u + f16_bits(f16_1)",
                "(u32)u16_0 ^ (u32)(u16)i16_0 << 8 ^ (u32)u8_0 << 16 ^ table[u32_6 & 15u] ^ u32_7"]
        lines += [f"  out[{i}] = {text};" for i, text in enumerate(sums)]
        return "\n".join(lines + ["}"])


def kernels(seed, count):
    """C for both compilers."""
    names = [f"k{i}" for i in range(count)]
    parts = [PRELUDE] + [Kernel(seed * 100003 + i).function(name) for i, name in enumerate(names)]
    for name in names:
        parts.append(f"""
#ifdef GPU
KERNEL void {name}(const AS u32* in, AS u32* out) {{
  const u32 item = __builtin_amdgcn_workgroup_id_x() * 64u + __builtin_amdgcn_workitem_id_x();
  u32 a[{WORDS}], b[{WORDS}];
  for (u32 i = 0; i < {WORDS}; ++i) a[i] = in[item * {WORDS} + i];
  {name}_item(a, b);
  for (u32 i = 0; i < {WORDS}; ++i) out[item * {WORDS} + i] = b[i];
}}
#else
void {name}(const u32* in, u32* out, u32 items) {{
  for (u32 item = 0; item < items; ++item) {name}_item(in + item * {WORDS}, out + item * {WORDS});
}}
#endif""")
    return "\n".join(parts), names


def inputs(seed, items):
    """Words of all kinds: small, random, bits of interesting numbers."""
    r = random.Random(seed)
    special = [0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000,
               0x7fc00000, 0x00000001, 0x007fffff, 0x00800000, 0x7f7fffff, 0x3c003c00, 0x7c00fc00, 0x04000001]
    words = []
    for _ in range(items * WORDS):
        kind = r.randrange(4)
        words.append(r.choice(special) if kind == 0 else r.getrandbits(32) if kind == 1 else
                     r.randrange(256) if kind == 2 else 0x3f000000 + r.getrandbits(26))
    return b"".join(w.to_bytes(4, "little") for w in words)
