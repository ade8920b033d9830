#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Makes constant C++ tables of the TOML files here, so that a program start parses nothing; and of
the plain tables in dkms/ that the packages' shell scripts read, too.

usage: make_tables.py TABLE OUTPUT.cpp FILE...      TABLE: a key of TABLES, below

Writes down what the files say and judges nothing: the compiler refuses a key that is no member, and
tests/unit/tables_test.cpp has the library's own strict readers, and the checks of what is shipped.
"""

import sys
import tomllib
from pathlib import Path


def text(value):
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def enumerator(enum):
    return lambda word: f"{enum}::{word.replace('-', '_')}"


def assignment(value):
    name, _, rest = value.partition("=")
    return f"{{{text(name)}, {text(rest)}}}"


GC_LIST = ("gc", "GcVersion", lambda item: "{" + item.replace(".", ", ") + "}")

# What is not written unchanged: (struct, key) -> (member, type of one item, how it is written).
# A key that is left out of the table has None.
SPECIAL = {
    ("Chip", "gc"): GC_LIST,
    ("Chip", "pci"): ("pci", "std::uint16_t", lambda item: f"0x{int(item, 16):04x}"),
    ("Chip", "source"): None,
    ("Setting", "layer"): ("layer", None, enumerator("Layer")),
    ("Setting", "default"): ("driver_default", None, text),
    ("Setting", "propose"): ("proposals", "Proposal", None),
    ("Setting", "judge"): ("judgements", "Judgement", None),
    ("Setting", "advise"): ("advice", "Judgement", None),
    ("Proposal", "profile"): ("profile", None, enumerator("Profile")),
    ("Judgement", "effect"): ("effect", None, enumerator("Effect")),
    ("FaultPattern", "role"): ("role", None, enumerator("LineRole")),
    ("FaultPattern", "type"): ("types", "std::string_view", text),
    ("FaultPattern", "text"): ("texts", "std::string_view", text),
    ("FaultCause", "match"): ("matches", "CauseMatch", None),
    ("FaultCause", "instead"): ("instead", "CauseRemedy", None),
    ("CauseMatch", "confidence"): ("confidence", None, enumerator("Confidence")),
    ("Mitigation", "set"): ("set", "Assignment", assignment),
    ("FactorEntry", "set"): ("set", "Assignment", assignment),
    ("CommandRule", "how"): ("how", None, enumerator("CommandKind")),
    ("Framework", "problem"): ("problems", "BuildProblem", None),
    ("Build", "route"): ("route", None, enumerator("BuildRoute")),
    ("Build", "card"): ("cards", "BuildCard", None),
    ("Build", "problem"): ("problems", "BuildProblem", None),
    ("BuildCard", "override"): ("need", None, enumerator("OverrideNeed")),
    ("FirmwareFile", "gc"): GC_LIST,
    ("AtomicsRule", "gc"): GC_LIST,
    ("LivepatchRow", "state"): ("state", None, enumerator("LivepatchState")),
    ("CheckEntry", "text"): ("text", None, str),
    ("CheckEntry", "run"): ("run", None, str),
}


class Writer:
    """Arrays become constants of their own; a struct is an expression that refers to them."""

    def __init__(self):
        self.lines = []
        self.declarations = []  # of functions that the tables name

    def array(self, kind, items):
        if not items:
            return "{}"
        name = f"a{len(self.lines)}"
        self.lines.append(f"constexpr {kind} {name}[] = {{{', '.join(items)}}};")
        return name

    def structs(self, kind, tables):
        return self.array(kind, [self.struct(kind, table) for table in tables])

    def clause(self, key, value):
        """One key of a condition: Clause, by the type of its value."""
        if isinstance(value, bool):
            made = f".flag = {str(value).lower()}"
        elif isinstance(value, int):
            made = f".number = {value}"
        else:
            words = [value] if isinstance(value, str) else value
            made = f".words = {self.array('std::string_view', [text(word) for word in words])}"
        return f"{{.key = {text(key)}, {made}}}"

    def struct(self, kind, table):
        """Member by member, so that the order of a file's keys is free."""
        set_members = " ".join(self.members(kind, "made", table))
        return f"[] {{ {kind} made{{}}; {set_members} return made; }}()"

    def members(self, kind, owner, table):
        for key, value in table.items():
            special = SPECIAL.get((kind, key), (key, "std::string_view", text))
            if special is None:
                continue
            member, item_type, write = special
            if key == "when":
                yield f"{owner}.when = {self.array('Clause', [self.clause(*item) for item in value.items()])};"
                continue
            if isinstance(value, list):
                written = (self.array(item_type, [write(item) for item in value]) if write
                           else self.structs(item_type, value))
            elif isinstance(value, bool):
                written = "true" if value else "false"
            elif isinstance(value, int):
                written = str(value)
            elif item_type in (None, "std::string_view"):
                written = write(value)
            else:
                written = self.array(item_type, [write(value)])
            yield f"{owner}.{member} = {written};"


def span(writer, kind, name, tables):
    return f"const std::span<const {kind}> {name}({writer.structs(kind, tables)});"


def names(writer, name, items):
    return (f"const std::span<const std::string_view> {name}"
            f"({writer.array('std::string_view', [text(item) for item in items])});")


def policy(writer, gpus, settings):
    yield span(writer, "Chip", "chips", gpus["chip"])
    yield span(writer, "Setting", "settings", settings["setting"])


def faults(writer, file):
    yield span(writer, "FaultType", "fault_types", file["type"])
    yield reasons(writer, file)
    patterns = [pattern | {"text": pattern_texts(pattern)} for pattern in file["pattern"]]
    yield span(writer, "FaultPattern", "fault_patterns", patterns)
    yield span(writer, "FaultCause", "fault_causes", file["cause"])
    yield span(writer, "ClientTable", "fault_clients", file["clients"])


def pattern_texts(pattern):
    texts = pattern["variable"] if "variable" in pattern else pattern["text"]
    return [texts] if isinstance(texts, str) else texts


def reasons(writer, file):
    return span(writer, "FaultReason", "fault_reasons", file["reason"])


def fault_reasons(writer, file):
    yield reasons(writer, file)


def mitigations(writer, file):
    by_step = sorted(file["mitigation"], key=lambda entry: entry["step"])
    yield span(writer, "Mitigation", "mitigations", by_step)
    limits = writer.struct("RestartLimits", file["restart"])
    yield f"const RestartLimits restart_limits = {limits};"


def trial(writer, file):
    factors = {entry["name"] for entry in file["factor"]}
    for entry in [*file["factor"], *file["arm"]]:
        unknown = {*entry.get("needs", []), *entry.get("factors", [])} - factors
        if unknown:
            sys.exit(f"error: trial.toml: {entry['name']}: no factor is named {', '.join(sorted(unknown))}")
    base = writer.array("Assignment", [assignment(item) for item in file["base"]["set"]])
    yield f"const std::span<const Assignment> base_assignments({base});"
    yield span(writer, "FactorEntry", "factor_entries", file["factor"])
    yield span(writer, "ArmEntry", "arm_entries", file["arm"])


def software(writer, file):
    rules = [f".{member} = {writer.structs(kind, file[key])}"
             for member, key, kind in (("commands", "command", "CommandRule"),
                                       ("packages", "package", "PackageRule"),
                                       ("plugins", "plugin", "PluginRule"),
                                       ("libraries", "library", "LibraryRule"),
                                       ("fallbacks", "fallback", "FallbackRule"))]
    yield f"const SoftwareRules software_rules{{{', '.join(rules)}}};"


def builds(writer, file):
    yield span(writer, "Framework", "frameworks", file["framework"])
    yield span(writer, "Build", "builds", file["build"])


def variables(writer, file):
    yield names(writer, "runtime_variables",
                sorted(name for library in file["library"] for name in library["variables"]))


def communicators(writer, file):
    yield names(writer, "built_in_communicators",
                [name for entry in file["communicator"] for name in entry["starts_with"]])


def known_kernels(writer, file):
    yield span(writer, "KnownKernel", "known_kernels", file["kernel"])


def kernel_changes(writer, file):
    yield span(writer, "KernelChange", "kernel_changes", file["change"])


def firmware(writer, file):
    yield span(writer, "FirmwareFile", "firmware_files", file["file"])
    yield span(writer, "AtomicsRule", "atomics_rules", file["without_atomics"])
    yield span(writer, "FirmwarePackage", "firmware_packages", file["package"])


def packages(writer, file):
    yield span(writer, "PackageFamily", "package_families", file["family"])
    yield span(writer, "PackageNames", "package_names", file["package"])


def target_number(gfx):
    """As KFD has it: "gfx1031" is 100301: major, one hexadecimal digit of minor, one of stepping."""
    return int(gfx[3:-2]) * 10000 + int(gfx[-2], 16) * 100 + int(gfx[-1], 16)


def cards(writer, file, gpus):
    """GC version, target and chip of a card are those that gpus.toml has for its device id."""
    rows = []
    for name, card in file.items():
        chip = next((chip for chip in gpus["chip"] if f"{card['device']:04x}" in chip["pci"]), None)
        if (chip is None) != ("gc" in card and "gfx_target" in card):
            sys.exit(f"error: cards.toml: [{name}]: gc and gfx_target belong to chips that are not "
                     "in gpus.toml, and to those only")
        row = {"name": name, "title": card["name"], "apu": card.get("apu", False), "sdma": 2,
               "l3_kib": 0, "chip": "", **{key: value for key, value in card.items()
                                           if key not in ("name", "gc", "subsystem")}}
        version = card.get("gc")
        if chip is not None:
            version = [int(number) for number in chip["gc"][0].split(".")]
            row |= {"chip": chip["name"], "gfx_target": target_number(chip["gfx"])}
        row |= dict(zip(("gc_major", "gc_minor", "gc_revision"), version, strict=True))
        row |= dict(zip(("subsystem_vendor", "subsystem_device"), card["subsystem"], strict=True))
        missing = CARD - row.keys()
        if missing:
            sys.exit(f"error: cards.toml: [{name}]: without {', '.join(sorted(missing))}")
        rows.append(row)
    table = writer.structs("Card", rows)
    yield f"std::span<const Card> cards() {{ return {table}; }}"


def livepatch_states(writer, lines):
    rows = [dict(zip(LIVEPATCH_ROW, line.split(None, len(LIVEPATCH_ROW) - 1), strict=True))
            for line in lines]
    for row in rows:
        row["name"] = row["state"]
    yield span(writer, "LivepatchRow", "livepatch_rows", rows)


LIVEPATCH_ROW = ("state", "module", "rocmfix", "enabled", "transition", "gpu", "meaning")


def package_names(_, lines):
    for line in lines:
        name, value = line.split("=", 1)
        yield f"const char* const {name} = {text(value)};"


def checks(writer, file):
    texts = [{key: value for key, value in check.items() if key != "without_gpu"}
             for check in file["check"]]
    table = writer.structs("CheckText", texts)
    rows = []
    for number, check in enumerate(file["check"]):
        run = check["id"].replace("-", "_")
        writer.declarations.append(f"Findings {run}(const Subject& subject);")
        rows.append({"text": f"&{table}[{number}]", "run": f"&{run}",
                     "without_gpu": check.get("without_gpu", False)})
    yield f"const std::span<const CheckText> check_text_table({table});"
    yield span(writer, "CheckEntry", "check_entries", rows)


CARD = {"name", "title", "chip", "asic", "device", "subsystem_vendor", "subsystem_device", "revision",
        "gc_major", "gc_minor", "gc_revision", "gfx_target", "vram_mib", "vram_width", "mclk", "sclk",
        "engines", "arrays", "cu_per_array", "cu", "waves", "sdma", "l2_kib", "l3_kib", "apu"}

# The header that declares it, its namespace, and what makes it.
TABLES = {
    "tables": ("policy/tables.hpp", "rocmfix::tables", policy),
    "fault_tables": ("explain/fault_tables.hpp", "rocmfix::tables", faults),
    "mitigation_table": ("restart/mitigation_table.hpp", "rocmfix::tables", mitigations),
    "trial_table": ("trial/arm_table.hpp", "rocmfix::trial", trial),
    "software_tables": ("software/software_rules.hpp", "rocmfix::detail", software),
    "builds_table": ("builds/builds_table.hpp", "rocmfix::tables", builds),
    "variable_table": ("policy/variable_table.hpp", "rocmfix::tables", variables),
    "fault_reason_table": ("incident/fault_reasons.hpp", "rocmfix::hip", fault_reasons),
    "kernel_table": ("machine/kernel_table.hpp", "rocmfix::tables", known_kernels),
    "kernel_change_table": ("base/kernel_changes.hpp", "rocmfix::tables", kernel_changes),
    "firmware_table": ("machine/firmware_rules.hpp", "rocmfix::detail::tables", firmware),
    "package_table": ("base/package_table.hpp", "rocmfix::detail", packages),
    "communicator_table": ("hip/communicators.hpp", "rocmfix::hip", communicators),
    "livepatch_states": ("machine/livepatch_state.hpp", "rocmfix::detail", livepatch_states),
    "package_names": ("machine/package_names.hpp", "rocmfix::detail::names", package_names),
    "cards": ("card.hpp", "rocmfix::sim", cards),
    "check_table": ("doctor/check.hpp", "rocmfix::detail", checks),
}


def read(path):
    """A TOML file, or the lines of a plain table without its comments."""
    contents = path.read_text(encoding="utf-8")
    if path.suffix == ".toml":
        return tomllib.loads(contents)
    return [line for line in contents.splitlines() if line and not line.startswith("#")]


def main(arguments):
    if len(arguments) < 3 or arguments[0] not in TABLES:
        print(__doc__, file=sys.stderr)
        return 2
    header, name_space, make = TABLES[arguments[0]]
    files = []
    for path in arguments[2:]:
        try:
            files.append(read(Path(path)))
        except (OSError, ValueError) as error:
            print(f"error: {path}: {error}", file=sys.stderr)
            return 1
    writer = Writer()
    try:
        variables_made = list(make(writer, *files))
    except ValueError as error:
        print(f"error: {arguments[2]}: {error}", file=sys.stderr)
        return 1
    made_from = ", ".join("/".join(Path(path).parts[-2:]) for path in arguments[2:])
    Path(arguments[1]).write_text("\n".join([
        f"// Generated from {made_from}. Edit that.",
        f'#include "{header}"', "", f"namespace {name_space} {{", *writer.declarations,
        "namespace {", "",
        *writer.lines, "", "}  // namespace", "", *variables_made, "", f"}}  // namespace {name_space}",
        ""]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
