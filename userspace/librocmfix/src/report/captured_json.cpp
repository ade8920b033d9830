// SPDX-License-Identifier: MIT
#include "report/captured_json.hpp"

#include <sys/stat.h>

#include "base/json_document.hpp"
#include "util/foreign_json.hpp"

namespace rocmfix::detail {
namespace {

// A program with all of its libraries asks for some thousand paths; few of them have something to
// tell.
constexpr JsonLimits limits{
    .bytes = 8U << 20U, .depth = 8, .members = 1024, .values = 500'000, .cpu_ms = 2000};
constexpr int schema = 1;
constexpr int largest_errnum = 4095;  // MAX_ERRNO

Json node_json(const std::string& path, const CapturedNode& node) {
  Json json = {{"path", path}};
  if (node.status) {
    json["mode"] = node.status->mode;
    json["owner"] = node.status->owner;
    json["group"] = node.status->group;
    json["usable"] = node.status->usable ? Json(*node.status->usable) : Json(nullptr);
  }
  if (node.open_errnum != 0) {
    json["open"] = node.open_errnum;
  }
  if (node.asked_errnum != 0) {
    json["stat"] = node.asked_errnum;
  }
  return json;
}

Error malformed(std::string_view what) {
  return {ErrorCode::invalid, "its machine.json " + std::string(what), 0,
          "a report is made by `rocmfix report`"};
}

/// Absent is 0; false: it is there and no number up to `most`.
template <class Number>
bool read_number(const Json& object, const char* key, std::uint64_t most, Number& number) {
  const auto found = object.find(key);
  if (found == object.end()) {
    return true;
  }
  if (!found->is_number_unsigned() || found->template get<std::uint64_t>() > most) {
    return false;
  }
  number = static_cast<Number>(found->template get<std::uint64_t>());
  return true;
}

bool read_node(const Json& json, CapturedNode& node) {
  if (!json.is_object()) {
    return false;
  }
  if (json.contains("mode")) {
    FileStatus& status = node.status.emplace();
    const auto usable = json.find("usable");
    if (usable != json.end() && usable->is_boolean()) {
      status.usable = usable->get<bool>();
    }
    if (!read_number(json, "mode", S_IFMT | 07777U, status.mode) ||
        !read_number(json, "owner", UINT32_MAX, status.owner) ||
        !read_number(json, "group", UINT32_MAX, status.group)) {
      return false;
    }
  }
  return read_number(json, "open", largest_errnum, node.open_errnum) &&
         read_number(json, "stat", largest_errnum, node.asked_errnum);
}

}  // namespace

std::string captured_json(const CapturedFacts& facts) {
  Json nodes = Json::array();
  for (const auto& [path, node] : facts.nodes) {
    nodes.push_back(node_json(path, node));
  }
  Json environment = Json::object();
  for (const auto& [name, value] : facts.environment) {
    environment[name] = value;
  }
  return dump({{"schema", schema},
               {"rocmfix", ROCMFIX_VERSION},
               {"program", facts.program.empty() ? Json(nullptr) : Json(facts.program)},
               {"directory", facts.directory},
               {"environment", environment},
               {"nodes", nodes}});
}

Result<CapturedFacts> read_captured_json(std::string_view text) {
  const Json json = read_foreign_json<Json>(text, limits);
  if (!json.is_object()) {
    return fail(malformed("is no JSON object, or too large"));
  }
  const auto number = json.find("schema");
  if (number == json.end() || !number->is_number_unsigned()) {
    return fail(malformed("has no schema"));
  }
  if (*number != schema) {
    Error error = malformed("is of another schema");
    error.hint = "a newer rocmfix made it: update this one";
    return fail(std::move(error));
  }
  CapturedFacts facts;
  facts.program = text_of(json, "program");
  facts.directory = text_of(json, "directory");
  const auto environment = json.find("environment");
  const auto nodes = json.find("nodes");
  if (environment == json.end() || !environment->is_object() || nodes == json.end() ||
      !nodes->is_array()) {
    return fail(malformed("lacks the environment or the nodes"));
  }
  for (const auto& [name, value] : environment->items()) {
    if (!value.is_string()) {
      return fail(malformed("has a variable that is no text"));
    }
    facts.environment[name] = value.get<std::string>();
  }
  for (const Json& node : *nodes) {
    if (!read_node(node, facts.nodes[text_of(node, "path")])) {
      return fail(malformed("has a node that is none"));
    }
  }
  return facts;
}

}  // namespace rocmfix::detail
