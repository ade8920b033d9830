# SPDX-License-Identifier: MIT
"""Small changes to a source file, each of which a test should notice: C and C++ by what stands in a
line of code, TOML tables by key. Makes texts; runs nothing."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    file: str
    line: int       # of the first changed line, from 1
    operator: str
    before: str     # the changed lines, without their indentation
    after: str      # what they are instead; empty: deleted
    text: str       # of the whole file

    @property
    def key(self):
        return (self.file, self.before, self.after)


# --- C and C++ ---------------------------------------------------------------

QUIET = re.compile(
    r"//[^\n]*|/\*.*?\*/|R\"\(.*?\)\"|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])'|^[ \t]*#(?:\\\n|[^\n])*",
    re.DOTALL | re.MULTILINE)

# What is replaced, in code only. Blanks on both sides tell "<" from a template's.
REPLACED = (
    ("equal", r"==", "!="),
    ("unequal", r"!=", "=="),
    ("less", r"(?<= )<(?= )", "<="),
    ("less or equal", r"(?<= )<=(?= )", "<"),
    ("greater", r"(?<= )>(?= )", ">="),
    ("greater or equal", r"(?<= )>=(?= )", ">"),
    ("and", r"(?<= )&&(?= |$)", "||"),
    ("or", r"(?<= )\|\|(?= |$)", "&&"),
    ("plus", r"(?<= )\+(?= )", "-"),
    ("minus", r"(?<= )-(?= )", "+"),
    ("bit or", r"(?<= )\|(?= )", "&"),
    ("bit and", r"(?<=\w )&(?= \w)", "|"),
    ("true", r"\btrue\b", "false"),
    ("false", r"\bfalse\b", "true"),
    ("not", r"!(?=[\w(*])", ""),
    ("continue", r"\bcontinue;", "break;"),
    ("any", r"\bany_of\b", "all_of"),
    ("all", r"\ball_of\b", "any_of"),
)
NUMBER = re.compile(r"(?<![\w.'])(0x[0-9a-fA-F]+|0|[1-9]\d*)(?=[uUlL]*\b)(?![\w.]*\.)")
CONDITION = re.compile(r"\bif \((?!constexpr)(.*)\)( \{)?$")
STATEMENT = re.compile(r"^\s+(?!return\b|using\b|delete\b|const\b|auto\b|static\b)"
                       r"(?:[\w.>*\[\]-]+(?:::\w+)*\(.*\)|[\w.>*\[\]-]+ [|&+]?= .*);$")
RETURN = re.compile(r"^(\s*return) (\w[\w:]*);$")


def blanked(source):
    """The source with comments, literals and the preprocessor's lines as blanks."""
    return QUIET.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), source)


def mutate_c(file, source):
    lines, code = source.splitlines(), blanked(source).splitlines()
    assert len(lines) == len(code)

    def mutant(number, operator, changed):
        text = "\n".join([*lines[:number], changed, *lines[number + 1:]]) + "\n"
        return Mutant(file, number + 1, operator, lines[number].strip(), changed.strip(), text)

    for number, (line, visible) in enumerate(zip(lines, code)):
        for operator, pattern, other in REPLACED:
            for found in re.finditer(pattern, visible):
                yield mutant(number, operator, line[:found.start()] + other + line[found.end():])
        for found in NUMBER.finditer(visible):
            more = str(int(found[1], 0) + 1)
            yield mutant(number, "number", line[:found.start(1)] + more + line[found.end(1):])
        if (found := CONDITION.search(visible.rstrip())) and found[1].count("(") == found[1].count(")"):
            begin, end = found.span(1)
            for operator, other in (("never", "false"), ("always", "true")):
                yield mutant(number, operator, line[:begin] + other + line[end:])
        if STATEMENT.match(visible.rstrip()):
            yield mutant(number, "no statement", re.match(r"\s*", line)[0] + ";")
        if (found := RETURN.match(visible)) and found[2] in ("stock", "*found"):
            yield mutant(number, "return", found[1] + " {};")


# --- TOML --------------------------------------------------------------------

# Words for people, and what the generators prove by `example`.
PROSE = ("reason", "source", "summary", "check", "remedy", "hint", "text", "regex", "example", "grade",
         "name", "id")
OTHER_WORD = {
    "useful": "harmful", "harmful": "useful", "no-op": "unknown", "unknown": "no-op",
    "safe": "original", "original": "safe",
    "certain": "likely", "likely": "possible", "possible": "likely",
    "event": "part", "part": "field", "field": "part",
}
PAIR = re.compile(r'(\w+) = (\[[^\]]*\]|"[^"]*"|true|false|-?\d+)')


def mutate_value(value):
    """(operator, other value) of a TOML value."""
    if value in ("true", "false"):
        yield "bool", "false" if value == "true" else "true"
    elif value.lstrip("-").isdigit():
        yield "number", str(int(value) + 1)
    elif value.startswith("["):
        items = re.findall(r'"[^"]*"', value)
        for index in range(len(items)):
            if len(items) > 1:
                yield "fewer words", f"[{', '.join(items[:index] + items[index + 1:])}]"
    elif value.strip('"') in OTHER_WORD:
        yield "word", f'"{OTHER_WORD[value.strip(chr(34))]}"'
    elif re.fullmatch(r'"\d+\.\d+"', value):
        major, minor = value.strip('"').split(".")
        yield "version", f'"{major}.{int(minor) + 1}"'
    elif re.fullmatch(r'"-?\d+"', value):
        yield "number", f'"{int(value.strip(chr(34))) + 1}"'


def mutate_toml_line(line):
    """(operator, other line) of a line `key = value`, or of one with tables in it."""
    key = line.partition(" = ")[0]
    if key in PROSE or " = " not in line:
        return
    if "{" not in line:
        for found in PAIR.finditer(line):
            for operator, other in mutate_value(found[2]):
                yield operator, line[:found.start(2)] + other + line[found.end(2):]
        return
    begin = line.index("{")
    for found in PAIR.finditer(line, begin):
        if found[1] in PROSE:
            continue
        for operator, other in mutate_value(found[2]):
            yield operator, line[:found.start(2)] + other + line[found.end(2):]
        if found[1] == "confidence":
            continue
        # a condition less, and the comma with it
        rest = line[:found.start()] + line[found.end():]
        rest = re.sub(r"\{ *, *", "{ ", re.sub(r", *(?=, )", "", re.sub(r", +\}", " }", rest)))
        yield "no condition", rest


def mutate_toml(file, source):
    lines = source.splitlines()

    def mutant(first, last, operator, changed):
        text = "\n".join([*lines[:first], *([changed] if changed else []), *lines[last:]]) + "\n"
        return Mutant(file, first + 1, operator, "\n".join(lines[first:last]), changed, text)

    for number, line in enumerate(lines):
        if line.startswith("[["):
            last = next((n for n in range(number + 1, len(lines)) if not lines[n].strip()), len(lines))
            # A table that others below belong to is not taken away alone.
            follows = next((text for text in lines[last:] if text.startswith("[[")), "")
            if not follows.startswith(line.strip("]") + "."):
                yield mutant(number, last, "no entry", "")
        for operator, changed in mutate_toml_line(line):
            yield mutant(number, number + 1, operator, changed)


def mutate(file, source):
    """All mutants of a file, without those that are the same text."""
    seen = {source}
    for mutant in (mutate_toml if file.endswith(".toml") else mutate_c)(file, source):
        if mutant.text not in seen:
            seen.add(mutant.text)
            yield mutant
