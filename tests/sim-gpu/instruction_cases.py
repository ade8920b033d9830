# SPDX-License-Identifier: MIT
"""Cases for test_instructions.py, made from instructions.toml: the assembler's line of each, and what it has
to leave in its destination. In every case v[4:5], v[6:7] and v[8:9] are the operands a, b, c and v[12:13] is
the destination, which begins as the operand "old"; a mask goes to vcc."""

import itertools
import operator
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

import exact
from exact import Arithmetic, bits_of, is_real

TABLE = tomllib.loads((Path(__file__).parent / "instructions.toml").read_text())
ORDERS = {"lt": operator.lt, "eq": operator.eq, "le": operator.le, "gt": operator.gt, "ge": operator.ge}
NEAREST_WITH_DENORMALS = (0, 3)
MODES = [(rounding, 3) for rounding in range(4)] + [(0, denormals) for denormals in range(3)]
SELECTIONS = {"BYTE_0": (0, 8), "BYTE_2": (16, 8), "WORD_0": (0, 16), "WORD_1": (16, 16), "DWORD": (0, 32)}
LITERAL = 0x81234567


@dataclass
class Variation:
    """What an encoding adds to an instruction."""
    suffix: str = ""
    words: str = ""
    negate: tuple = (False,) * 3
    absolute: tuple = (False,) * 3
    clamp: bool = False
    omod: float = 1
    high: tuple = (0, 0, 0, 0)  # op_sel, of the sources and the destination
    high_of_high: tuple = (1, 1, 1)  # op_sel_hi
    negate_high: tuple = (False,) * 3
    select: tuple = ()  # SDWA, of the sources and the destination
    swapped_pairs: bool = False  # DPP's quad_perm:[1,0,3,2]
    literal: bool = False


@dataclass
class Case:
    spec: dict
    name: str
    result: str
    sources: list
    mode: tuple = NEAREST_WITH_DENORMALS
    variation: Variation = field(default_factory=Variation)
    order: Callable = None
    scalar: bool = False

    def __post_init__(self):
        self.form = self.spec.get("form", "vop3")
        self.arithmetic = Arithmetic(self.result, self.mode[0])
        text = self.spec["clamped" if self.variation.clamp and "clamped" in self.spec else "exact"]
        self.compute, self.carry = self._compiled(text), self._compiled(self.spec.get("carry"))
        self.scc = self._compiled(self.spec.get("scc"))

    def _compiled(self, text):
        text = text and text.replace("{t}", self.spec["kind"])
        # A table of this repository, not input.
        return text and eval(f"lambda a, b, c, old, bits_a: {text}",  # noqa: S307
                             self.arithmetic.names() | {"order": self.order})

    @property
    def title(self):
        return f"{self.line(32)} mode {self.mode}"

    # --- the assembler's line ---

    def _register(self, number, kind, literal=False):
        if literal:
            return hex(LITERAL)
        file, first = ("s", number) if self.scalar else ("v", number)
        return f"{file}[{first}:{first + 1}]" if bits_of(kind) == 64 else f"{file}{first}"

    def line(self, lanes):
        v, first = self.variation, 8 if self.scalar else 4
        words = []
        for i, kind in enumerate(self.sources):
            register = self._register(first + 2 * i, kind, v.literal and i == self.literal_source())
            register = f"|{register}|" if v.absolute[i] else register
            words.append(f"-{register}" if v.negate[i] and self.form != "packed" else register)
        mask = "vcc" if lanes == 64 else "vcc_lo"
        destinations = {"compare": [mask], "carry": [self._register(12, self.result), mask]}.get(
            self.form, [self._register(12, self.result)])
        return f"{self.name}{v.suffix} {', '.join(destinations + words)} {v.words}".rstrip()

    def literal_source(self):
        """One literal is possible: in the first operand of 64 bits."""
        return next((i for i, kind in enumerate(self.sources) if bits_of(kind) == 64), None)

    # --- what it computes ---

    def _bits(self, raw, i, kind):
        v = self.variation
        if v.literal and i == self.literal_source():
            raw = exact.signed_part(LITERAL, 32, kind[0] == "i")
        if v.select:
            shift, width = SELECTIONS[v.select[i]]
            raw = raw >> shift & (1 << width) - 1
        bits = raw >> 16 * v.high[i] & (1 << bits_of(kind)) - 1
        return self._modified(bits, kind, v.negate[i], v.absolute[i])

    def _modified(self, bits, kind, negate, absolute):
        if not is_real(kind):
            return bits
        sign = 1 << (bits_of(kind) - 1)
        bits = (bits & ~sign if absolute else bits) ^ (sign if negate else 0)
        return bits if self.mode[1] & exact.INPUT_DENORMALS else exact.without_denormal(bits, kind)

    def _finished(self, value):
        """Bits of the result, through output modifiers and clamp."""
        if not is_real(self.result):
            return exact.encode(exact.saturated(value, self.result) if self.variation.clamp else value, self.result)
        keeps = self.mode[1] & exact.OUTPUT_DENORMALS
        if self.variation.omod != 1 and not keeps:
            value = self.arithmetic.mul(value, self.variation.omod)
        bits = exact.encode(value, self.result)
        if not keeps:
            bits = exact.without_denormal(bits, self.result)
            if self.variation.omod != 1 and bits == 1 << (bits_of(self.result) - 1):
                bits = 0
        if self.variation.clamp:
            value = exact.decode(bits, self.result)
            bits = exact.encode(min(max(value, 0), 1) if value > 0 else 0, self.result)
        return bits

    def _one(self, operands, old):
        values = [exact.decode(bits, kind) for bits, kind in zip(operands, self.sources)]
        values += [None] * (3 - len(values))
        before = old & (1 << bits_of(self.result)) - 1
        before = exact.decode(self._modified(before, self.result, False, False), self.result)
        return values, before, operands[0]

    def is_defined(self, operands):
        return self.spec.get("signalling", True) or not any(
            is_real(kind) and exact.is_signalling(bits, kind) for bits, kind in zip(operands, self.sources))

    def expected(self, raw, old):
        """(bits of the destination, the flag), either None where it is not checked; None: not defined."""
        if self.form == "packed":
            return self._packed(raw, old)
        operands = [self._bits(raw[i], i, kind) for i, kind in enumerate(self.sources)]
        if not self.is_defined(operands):
            return None
        values, before, first = self._one(operands, old)
        flag = self.carry or self.scc
        flag = None if flag is None else int(flag(*values, before, first)) & 1
        result = self.compute(*values, before, first)
        if self.form == "compare":
            return None, int(result)
        bits = self._finished(result)
        if self.variation.select and is_real(self.result) and exact.is_nan(bits, self.result):
            return None  # which NaN, and so which bits of it, is the implementation's
        return self._placed(bits, old), flag

    def _placed(self, bits, old):
        v, size = self.variation, bits_of(self.result)
        if v.select:
            shift, width = SELECTIONS[v.select[-1]]
            mask = (1 << width) - 1 << shift
            return old & 0xffffffff & ~mask | bits << shift & mask
        if size == 16 and not self.scalar:
            shift = 16 * v.high[-1]
            return old & 0xffffffff & ~(0xffff << shift) | bits << shift
        return bits

    def _packed(self, raw, old):
        v, result = self.variation, 0
        for half, (select, negate) in enumerate([(v.high, v.negate), (v.high_of_high, v.negate_high)]):
            operands = [self._modified(raw[i] >> 16 * select[i] & 0xffff, kind, negate[i], False)
                        for i, kind in enumerate(self.sources)]
            values, before, first = self._one(operands, old)
            result |= self._finished(self.compute(*values, before, first)) << 16 * half
        return result, None

    def is_right(self, got, wanted):
        """Of a register's bits: any NaN is as good as another."""
        if got == wanted or wanted is None:
            return True
        kind, size = self.result, bits_of(self.result)
        if self.spec.get("halves") or (self.form == "packed" and is_real(kind)):
            return all(self._same_real(got >> shift & 0xffff, wanted >> shift & 0xffff, "f16") for shift in (0, 16))
        if not is_real(kind) or self.variation.select:
            return False
        shift = 16 * self.variation.high[-1] if size == 16 else 0
        mask = (1 << size) - 1 << shift
        return got & ~mask == wanted & ~mask and self._same_real((got & mask) >> shift, (wanted & mask) >> shift, kind)

    def _same_real(self, got, wanted, kind):
        if exact.is_nan(wanted, kind) or exact.is_nan(got, kind):
            return exact.is_nan(got, kind) and exact.is_nan(wanted, kind)
        return abs(got - wanted) <= self.spec.get("ulps", 0)


def variations(case):
    """Other encodings of the same instruction."""
    spec, form, words = case.spec, case.form, len(case.sources)
    if form == "packed":
        yield from packed_variations(case)
        return
    if form in ("vop3", "vop2", "vop1") and is_real(case.result):
        yield case.mode, Variation(words="clamp", clamp=True)
        scales = () if spec["kind"] in spec.get("op_sel", []) else (("mul:2", 2), ("mul:4", 4), ("div:2", 0.5))
        for (text, factor), denormals in itertools.product(scales, (0, 3)):
            yield (0, denormals), Variation(words=text, omod=factor)
    if form in ("vop3", "vop2", "vop1", "compare") and all(map(is_real, case.sources)):
        yield case.mode, Variation(negate=(True, False, True), absolute=(False, True, True))
        yield case.mode, Variation(absolute=(True, False, False))
    if "clamped" in spec:
        yield case.mode, Variation(words="clamp", clamp=True)
    if form in ("vop1", "vop2") and not any(bits_of(kind) == 64 for kind in [case.result, *case.sources]):
        yield case.mode, Variation(suffix="_dpp", words="quad_perm:[1,0,3,2] row_mask:0xf bank_mask:0xf",
                                   swapped_pairs=True)
        for to, a, b in (("WORD_1", "WORD_1", "BYTE_2"), ("BYTE_0", "BYTE_0", "DWORD"), ("DWORD", "WORD_0", "WORD_1")):
            second = f" src1_sel:{b}" if words == 2 else ""
            yield case.mode, Variation(suffix="_sdwa", select=(a, b, to), words=(
                f"dst_sel:{to} dst_unused:UNUSED_PRESERVE src0_sel:{a}{second}"))
    if spec["kind"] in spec.get("op_sel", []):
        for high in itertools.product((0, 1), repeat=words + 1):
            yield case.mode, Variation(words=f"op_sel:{list(high)}".replace(" ", ""),
                                       high=(*high[:-1], *[0] * (3 - words), high[-1]))


def packed_variations(case):
    words = len(case.sources)
    bits = lambda values: str([int(v) for v in values[:words]]).replace(" ", "")  # noqa: E731
    low, high = (1, 0, 1), (0, 1, 0)
    yield case.mode, Variation(words=f"op_sel:{bits(low)} op_sel_hi:{bits(high)}", high=(*low, 0), high_of_high=high)
    if is_real(case.result):
        one, two = (True, False, True), (False, True, True)
        yield case.mode, Variation(words=f"neg_lo:{bits(one)} neg_hi:{bits(two)}", negate=one, negate_high=two)
    if is_real(case.result) or "clamped" in case.spec:
        yield case.mode, Variation(words="clamp", clamp=True)


def filled(text, kind, real, order):
    return text.format(t=kind, r=real, o=order, s=f"{kind[0]}", e=16 if kind == "f16" else 32)


def bases(spec, scalar):
    for kind, real, order in itertools.product(spec["types"], spec.get("reals", [""]), spec.get("orders", [""])):
        own = spec | {"kind": kind}
        name, result = filled(spec["name"], kind, real, order), filled(spec.get("result", "{t}"), kind, real, order)
        # A conversion's result may be the real type, a comparison has none.
        if "result" in spec and "reals" in spec:
            result, sources = real, [kind]
            name = f"v_cvt_{real}_{kind}"
        else:
            sources = filled(spec.get("sources", "{t} {t}"), kind, real, order).split()
        yield Case(own, name, result, sources, order=ORDERS.get(order), scalar=scalar)


def with_modes(base):
    """In all rounding and denormal modes if it computes with reals."""
    reals = [kind for kind in [base.result, *base.sources] if is_real(kind)]
    for mode in MODES if reals else [NEAREST_WITH_DENORMALS]:
        if not (base.spec.get("nearest_only") and mode[0] != 0):
            yield Case(base.spec, base.name, base.result, base.sources, mode, order=base.order)


def all_cases(target):
    for spec in TABLE["instruction"]:
        if target in spec.get("targets", [target]):
            for base in bases(spec, scalar=False):
                yield from with_modes(base)
                for mode, variation in variations(base):
                    yield Case(base.spec, base.name, base.result, base.sources, mode, variation, base.order)


def scalar_cases():
    for spec in TABLE["scalar"]:
        for base in bases(spec, scalar=True):
            yield base
            if base.literal_source() is not None:
                yield Case(base.spec, base.name, base.result, base.sources, scalar=True,
                           variation=Variation(literal=True))
