# SPDX-License-Identifier: MIT
"""Exact arithmetic for test_instructions.py: GNU MPFR, rounded once to a format of the GPU's, as the MODE
register says. A real value is an mpfr, an integer a Python int."""

import math
import struct

import gmpy2

FORMATS = {"f16": "<e", "f32": "<f", "f64": "<d"}
ROUNDINGS = [gmpy2.RoundToNearest, gmpy2.RoundUp, gmpy2.RoundDown, gmpy2.RoundToZero]
WIDE = gmpy2.context(precision=300, emax=1 << 20, emin=-(1 << 20))
MANTISSA = {"f16": 10, "f32": 23, "f64": 52}
# FP_DENORM's two bits, and where they and FP_ROUND's are in MODE.
INPUT_DENORMALS, OUTPUT_DENORMALS = 1, 2


def bits_of(kind):
    return int(kind[1:])


def is_real(kind):
    return kind[0] == "f"


def decode(bits, kind):
    """What the bits of a register are as a type."""
    size = bits_of(kind)
    bits &= (1 << size) - 1
    if is_real(kind):
        return gmpy2.mpfr(struct.unpack(FORMATS[kind], bits.to_bytes(size // 8, "little"))[0])
    return bits - (1 << size) if kind[0] == "i" and bits >> (size - 1) else bits


def encode(value, kind):
    """Bits of a value that the type can hold; an integer is cut."""
    if is_real(kind):
        return int.from_bytes(struct.pack(FORMATS[kind], float(value)), "little")
    return int(value) & ((1 << bits_of(kind)) - 1)


def is_nan(bits, kind):
    size, mantissa = bits_of(kind), MANTISSA[kind]
    infinity = ((1 << (size - 1)) - 1) >> mantissa << mantissa
    return bits & ((1 << (size - 1)) - 1) > infinity


def is_signalling(bits, kind):
    return is_nan(bits, kind) and not bits >> (MANTISSA[kind] - 1) & 1


def is_denormal(bits, kind):
    magnitude = bits & ((1 << (bits_of(kind) - 1)) - 1)
    return 0 < magnitude < 1 << MANTISSA[kind]


def without_denormal(bits, kind):
    return bits & 1 << (bits_of(kind) - 1) if is_denormal(bits, kind) else bits


def mode_word(rounding, denormals):
    """For all formats alike."""
    return rounding | rounding << 2 | denormals << 4 | denormals << 6


def saturated(value, kind):
    low, high = (-1 << (bits_of(kind) - 1), (1 << (bits_of(kind) - 1)) - 1) if kind[0] == "i" else \
        (0, (1 << bits_of(kind)) - 1)
    return min(max(value, low), high)


def wide(function, *arguments):
    with gmpy2.local_context(WIDE):
        return function(*arguments)


def signed_part(value, width, signed):
    value &= (1 << width) - 1
    return value - (1 << width) if signed and value >> (width - 1) else value


class Arithmetic:
    """The functions of instructions.toml, with a format and a rounding for real results."""

    zero, one = gmpy2.mpfr(0), gmpy2.mpfr(1)

    def __init__(self, kind, rounding):
        self.kind = kind
        self.bits, self.signed = bits_of(kind), kind[0] == "i"
        if is_real(kind):
            self.context = gmpy2.ieee(self.bits)
            self.context.round = ROUNDINGS[rounding]

    def names(self):
        return {name: getattr(self, name) for name in dir(self) if not name.startswith("_")}

    def rounded(self, value):
        """MPFR rounds once more for denormals and knows what it did before: the result is right."""
        return self.context.mul(value, self.one)

    def add(self, a, b):
        return self.context.add(a, b)

    def sub(self, a, b):
        return self.context.sub(a, b)

    def mul(self, a, b):
        return self.context.mul(a, b)

    def div(self, a, b):
        """gmpy2 2.1 does not cut a quotient to the context's exponents. What 300 bits leave out decides nothing."""
        return self.rounded(wide(lambda: a / b))

    def fma(self, a, b, c):
        return self.context.fma(a, b, c)

    def sqrt(self, a):
        return self.rounded(wide(gmpy2.sqrt, a))

    def rsq(self, a):
        """MPFR takes -0 for 0 here; IEEE 754 does not."""
        return self.div(self.one, a) if a == 0 else self.rounded(wide(gmpy2.rec_sqrt, a))

    def exp2(self, a):
        return self.rounded(wide(gmpy2.exp2, a))

    def log2(self, a):
        return self.rounded(wide(gmpy2.log2, a))

    def sine(self, a):
        if not gmpy2.is_finite(a):
            return gmpy2.nan()
        turn = wide(lambda: a - gmpy2.floor(a))
        if turn in (0, 0.5):
            return gmpy2.copy_sign(self.zero, a)
        return self.rounded(wide(lambda: gmpy2.sin(2 * gmpy2.const_pi() * turn)))

    def cosine(self, a):
        if not gmpy2.is_finite(a):
            return gmpy2.nan()
        turn = wide(lambda: a - gmpy2.floor(a))
        if turn in (0.25, 0.75):
            return self.zero
        return self.rounded(wide(lambda: gmpy2.cos(2 * gmpy2.const_pi() * turn)))

    @staticmethod
    def floor(a):
        return wide(gmpy2.floor, a)

    @staticmethod
    def ceil(a):
        return wide(gmpy2.ceil, a)

    @staticmethod
    def trunc(a):
        return wide(gmpy2.trunc, a)

    @staticmethod
    def nearest(a):
        return wide(gmpy2.rint, a)

    @staticmethod
    def mantissa(a):
        return gmpy2.mpfr(math.frexp(float(a))[0])

    @staticmethod
    def exponent(a):
        return math.frexp(float(a))[1] if gmpy2.is_finite(a) else 0

    def ldexp(self, a, b):
        far = max(min(b, 5000), -5000)
        return self.rounded(wide(lambda: a * gmpy2.mpfr(2) ** far))

    @staticmethod
    def is_zero(a):
        return a == 0

    def flush(self, a):
        return decode(without_denormal(encode(a, self.kind), self.kind), self.kind)

    @staticmethod
    def _smaller(a, b):
        return a < b or (a == b and gmpy2.is_signed(a))

    def minimum(self, a, b):
        if gmpy2.is_nan(a) or gmpy2.is_nan(b):
            return a if gmpy2.is_nan(b) else b
        return a if self._smaller(a, b) else b

    def maximum(self, a, b):
        if gmpy2.is_nan(a) or gmpy2.is_nan(b):
            return a if gmpy2.is_nan(b) else b
        return b if self._smaller(a, b) else a

    def median(self, a, b, c):
        if any(map(gmpy2.is_nan, (a, b, c))):
            return self.minimum(self.minimum(a, b), c)
        return sorted((a, b, c), key=lambda x: (x, 0 if gmpy2.is_signed(x) else 1))[1]

    def from_integer(self, a):
        return self.rounded(wide(gmpy2.mpfr, a))

    @staticmethod
    def to_integer(a, bits, signed):
        if gmpy2.is_nan(a):
            return 0
        if gmpy2.is_infinite(a):
            return saturated(-1 << 70 if a < 0 else 1 << 70, f"{'i' if signed else 'u'}{bits}")
        return saturated(int(wide(gmpy2.trunc, a)), f"{'i' if signed else 'u'}{bits}")

    @staticmethod
    def half_towards_zero(a):
        return encode(Arithmetic("f16", 3).rounded(a), "f16")

    @staticmethod
    def class_of(bits, kind):
        """0 and 1: signalling and quiet NaN; 2 to 9: from -infinity to +infinity."""
        if is_nan(bits, kind):
            return 0 if is_signalling(bits, kind) else 1
        value = decode(bits, kind)
        distance = 3 if gmpy2.is_infinite(value) else 0 if value == 0 else 1 if is_denormal(bits, kind) else 2
        return 5 - distance if gmpy2.is_signed(value) else 6 + distance

    def low24(self, a):
        return signed_part(a, 24, self.signed)

    @staticmethod
    def dot(a, b, width, signed):
        return sum(signed_part(a >> i, width, signed) * signed_part(b >> i, width, signed)
                   for i in range(0, 32, width))

    def dot_of_halves(self, a, b, c):
        parts = [(decode(a >> i, "f16"), decode(b >> i, "f16")) for i in (0, 16)]
        return self.rounded(wide(lambda: parts[0][0] * parts[0][1] + parts[1][0] * parts[1][1] + c))
