// SPDX-License-Identifier: MIT
// Gathers the program's facts; writes them as a document, and reads one.
#include "rocmfix/program_facts.hpp"

#include <algorithm>

#include "base/json_document.hpp"
#include "software/command.hpp"
#include "util/foreign_json.hpp"

namespace rocmfix {

namespace {

using detail::Json;
using Texts = std::vector<std::string>;

// A venv with all that there is has some hundred libraries.
constexpr JsonLimits limits{.bytes = 4U << 20U, .depth = 8, .members = 64, .values = 100'000};

// Each struct is written and read by one list of its members, so that neither can forget one.

template <class Visitor>
void members(CodeFallback& fallback, Visitor& visit) {
  visit("by", fallback.by);
  visit("code", fallback.code);
  visit("gfx", fallback.gfx);
  visit("source", fallback.source);
}

template <class Visitor>
void members(CarriedCode& code, Visitor& visit) {
  visit("path", code.path);
  visit("targets", code.targets);
  visit("decides", code.decides);
  visit("fallbacks", code.fallbacks);
}

template <class Visitor>
void members(Software& software, Visitor& visit) {
  visit("state", software.state);
  visit("program", software.program);
  visit("why", software.why);
  visit("libraries", software.libraries);
  visit("elsewhere", software.elsewhere);
}

template <class Visitor>
void members(KpackLibrary& library, Visitor& visit) {
  visit("path", library.path);
  visit("wanted", library.wanted);
  visit("files", library.files);
  visit("targets", library.targets);
  visit("trouble", library.trouble);
}

template <class Visitor>
void members(TensileLibrary& library, Visitor& visit) {
  visit("path", library.path);
  visit("folders", library.folders);
  visit("tuned", library.tuned);
  visit("untuned", library.untuned);
  visit("fallbacks", library.fallbacks);
}

template <class Visitor>
void members(LoadedLibrary& library, Visitor& visit) {
  visit("process", library.process);
  visit("name", library.name);
  visit("path", library.path);
  visit("wanted_by", library.wanted_by);
  visit("shadows", library.shadows);
}

template <class Visitor>
void members(MiopenLibrary& library, Visitor& visit) {
  visit("path", library.path);
  visit("names", library.names);
  visit("trouble", library.trouble);
}

template <class Visitor>
void members(TorchFacts& torch, Visitor& visit) {
  visit("folder", torch.folder);
  visit("version", torch.version);
  visit("hip", torch.hip);
  visit("cuda", torch.cuda);
}

template <class Visitor>
void members(ProgramFacts& facts, Visitor& visit) {
  visit("words", facts.words);
  visit("implied", facts.implied);
  visit("software", facts.software);
  visit("interpreter", facts.interpreter);
  visit("python_version", facts.python_version);
  visit("torch", facts.torch);
  visit("kpack", facts.kpack);
  visit("tensile", facts.tensile);
  visit("rocm", facts.rocm);
  visit("miopen", facts.miopen);
}

class Writer {
 public:
  explicit Writer(Json& json) : json_(json) {}

  template <class Value>
  void operator()(const char* key, const Value& value) {
    json_[key] = write(value);
  }

 private:
  static Json write(const std::string& text) { return text; }
  static Json write(bool flag) { return flag; }
  static Json write(const Texts& texts) { return texts; }
  static Json write(SoftwareState state) { return to_string(state); }
  template <class Value>
  static Json write(const std::optional<Value>& value) {
    return value ? write(*value) : Json(nullptr);
  }
  template <class Value>
  static Json write(const std::vector<Value>& values) {
    Json list = Json::array();
    for (const Value& value : values) {
      list.push_back(write(value));
    }
    return list;
  }
  template <class Struct>
  static Json write(Struct value) {
    Json json = Json::object();
    Writer writer(json);
    members(value, writer);
    return json;
  }

  Json& json_;
};

class Reader {
 public:
  Reader(const Json& json, bool& good) : json_(json), good_(good) {}

  template <class Value>
  void operator()(const char* key, Value& value) {
    if (json_.is_object() && json_.contains(key)) {
      read(json_[key], value);
    } else {
      good_ = false;
    }
  }

 private:
  void read(const Json& json, std::string& text) {
    if (json.is_string()) {
      text = json.get<std::string>();
    } else {
      good_ = false;
    }
  }
  void read(const Json& json, bool& flag) {
    if (json.is_boolean()) {
      flag = json.get<bool>();
    } else {
      good_ = false;
    }
  }
  void read(const Json& json, SoftwareState& state) {
    std::string word;
    read(json, word);
    const auto* const found =
        std::find(software_state_words.begin(), software_state_words.end(), word);
    if (found != software_state_words.end()) {
      state = static_cast<SoftwareState>(found - software_state_words.begin());
    } else {
      good_ = false;
    }
  }
  template <class Value>
  void read(const Json& json, std::optional<Value>& value) {
    if (!json.is_null()) {
      read(json, value.emplace());
    }
  }
  template <class Value>
  void read(const Json& json, std::vector<Value>& values) {
    if (!json.is_array()) {
      good_ = false;
      return;
    }
    for (const Json& one : json) {
      read(one, values.emplace_back());
    }
  }
  template <class Struct>
  void read(const Json& json, Struct& value) {
    Reader reader(json, good_);
    members(value, reader);
  }

  const Json& json_;
  bool& good_;
};

}  // namespace

ProgramFacts examine_program(const Root& root, std::vector<std::string> words,
                             const Environment& environment) {
  ProgramFacts facts;
  facts.words = std::move(words);
  detail::Lookup lookup(root, environment, &facts);
  facts.software = detail::examine(facts.words, lookup);
  return facts;
}

std::string program_facts_json(const ProgramFacts& facts) {
  Json json = Json::object();
  Writer writer(json);
  ProgramFacts copy = facts;
  members(copy, writer);
  return detail::dump(json);
}

std::optional<ProgramFacts> program_facts_of(std::string_view json) {
  const Json document = read_foreign_json(json, limits);
  ProgramFacts facts;
  bool good = document.is_object();
  Reader reader(document, good);
  members(facts, reader);
  return good ? std::optional(std::move(facts)) : std::nullopt;
}

}  // namespace rocmfix
