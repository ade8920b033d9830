// SPDX-License-Identifier: MIT
// Reads firmware.toml, for the build (the shipped file) and for FirmwareRules::load().
#include "base/toml_reader.hpp"
#include "machine/firmware_rules.hpp"
#include "machine/gc_version.hpp"

namespace rocmfix::detail {

namespace {

std::span<const GcVersion> read_gc(TomlReader& reader, const toml::table& table) {
  std::vector<GcVersion> versions;
  for (const std::string_view item : reader.strings(table, "gc")) {
    if (const auto gc = parse_gc(item)) {
      versions.push_back(*gc);
    } else {
      reader.complain(table.source(), formatted("'{}' is not a GC version", item),
                      "three numbers, e.g. \"10.3.2\"");
    }
  }
  if (versions.empty()) {
    reader.complain(table.source(), "'gc' is missing", "for example: gc = [\"10.3.2\"]");
  }
  return reader.arena().keep(std::move(versions));
}

// Becomes part of a path: it must not lead out of the firmware's directory.
std::string_view read_path(TomlReader& reader, const toml::table& table, std::string_view key) {
  const std::string_view path = reader.plain_text(table, key, true);
  if (path.starts_with('/') || path.find("..") != std::string_view::npos) {
    reader.complain(table.source(), formatted("'{}' cannot be '{}'", key, path),
                    "a path below /lib/firmware, e.g. \"amdgpu/navi10_mec.bin\"");
  }
  return path;
}

FirmwareFile read_file(TomlReader& reader, const toml::table& table) {
  reader.allow(table, {"name", "gc", "device", "revised", "mec", "source"});
  FirmwareFile made;
  made.name = reader.plain_text(table, "name", true);
  made.gc = read_gc(reader, table);
  made.device = reader.number(table, "device");
  made.revised = reader.boolean(table, "revised").value_or(false);
  made.mec = read_path(reader, table, "mec");
  made.source = reader.text(table, "source", true);
  return made;
}

AtomicsRule read_atomics(TomlReader& reader, const toml::table& table) {
  reader.allow(table, {"name", "gc", "mec", "source"});
  AtomicsRule made;
  made.name = reader.plain_text(table, "name", true);
  made.gc = read_gc(reader, table);
  made.mec = reader.number(table, "mec");
  made.source = reader.text(table, "source", true);
  if (made.mec == 0) {
    reader.complain(table.source(), "'mec' is missing: a firmware version");
  }
  return made;
}

FirmwarePackage read_package(TomlReader& reader, const toml::table& table) {
  reader.allow(table,
               {"name", "distribution", "release", "remedy", "command", "package", "source"});
  FirmwarePackage made;
  made.name = reader.plain_text(table, "name", true);
  made.distribution = reader.text(table, "distribution");
  made.release = reader.text(table, "release");
  made.remedy = reader.text(table, "remedy", true);
  made.command = reader.plain_text(table, "command", false);
  made.package = reader.plain_text(table, "package", false);
  made.source = reader.text(table, "source", true);
  return made;
}

}  // namespace

Result<FirmwareTables> parse_firmware(std::string_view text, std::string_view origin,
                                      TomlArena& arena) {
  FirmwareTables tables;
  auto error = read_toml(text, origin, arena, [&](TomlReader& reader, const toml::table& file) {
    reader.allow(file, {"file", "without_atomics", "package"});
    reader.for_each_table(file, "file", [&](const toml::table& entry) {
      tables.files.push_back(read_file(reader, entry));
    });
    reader.for_each_table(file, "without_atomics", [&](const toml::table& entry) {
      tables.atomics.push_back(read_atomics(reader, entry));
    });
    reader.for_each_table(file, "package", [&](const toml::table& entry) {
      tables.packages.push_back(read_package(reader, entry));
    });
  });
  if (error) {
    return fail(std::move(*error));
  }
  return tables;
}

}  // namespace rocmfix::detail
