// SPDX-License-Identifier: MIT
// JSON that somebody else wrote: reports from the command's process, files in a folder, the answer
// of another program, commands to the simulator. All of it is read here, and nowhere else.
//
// Length, depth, number of members and values, and processor time are checked before a document is
// built from the text: nlohmann's values are copied and written recursively, and its ordered object
// looks through all its members to add one.
//
// Refuses to: say why. What is not within the limits is as good as no JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace rocmfix {

struct JsonLimits {
  std::size_t bytes = 256U << 10U;  ///< the interposer writes 64 KiB a fault
  std::size_t depth = 32;
  std::size_t members = 512;    ///< of one object
  std::size_t values = 20'000;  ///< in all
  unsigned cpu_ms = 500;        ///< of this thread, for the check
};

namespace detail {

/// nlohmann's SAX interface: a `false` ends the parsing.
template <class Json>
class LimitedJson {
 public:
  using number_integer_t = typename Json::number_integer_t;
  using number_unsigned_t = typename Json::number_unsigned_t;
  using number_float_t = typename Json::number_float_t;
  using string_t = typename Json::string_t;
  using binary_t = typename Json::binary_t;

  explicit LimitedJson(const JsonLimits& limits) : limits_(limits), began_(cpu_ms()) {}

  bool null() { return value(); }
  bool boolean(bool /*unused*/) { return value(); }
  bool number_integer(number_integer_t /*unused*/) { return value(); }
  bool number_unsigned(number_unsigned_t /*unused*/) { return value(); }
  bool number_float(number_float_t /*unused*/, const string_t& /*unused*/) { return value(); }
  bool string(string_t& /*unused*/) { return value(); }
  bool binary(binary_t& /*unused*/) { return value(); }
  bool start_object(std::size_t /*unused*/) { return begin(); }
  bool start_array(std::size_t /*unused*/) { return begin(); }
  bool end_object() { return end(); }
  bool end_array() { return end(); }
  bool key(string_t& /*unused*/) { return ++members_.back() <= limits_.members; }
  template <class Exception>
  bool parse_error(std::size_t /*unused*/, const std::string& /*unused*/,
                   const Exception& /*unused*/) {
    return false;
  }

 private:
  static std::uint64_t cpu_ms() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1000 +
           static_cast<std::uint64_t>(time.tv_nsec) / 1'000'000;
  }

  bool value() {
    constexpr std::size_t step = 1024;  // asking for the time costs more than a value
    ++values_;
    return values_ <= limits_.values &&
           (values_ % step != 0 || cpu_ms() - began_ <= limits_.cpu_ms);
  }

  bool begin() {
    members_.push_back(0);
    return members_.size() <= limits_.depth && value();
  }

  bool end() {
    members_.pop_back();
    return true;
  }

  JsonLimits limits_;
  std::uint64_t began_;
  std::size_t values_ = 0;
  std::vector<std::size_t> members_;  // of each object or array that is open
};

}  // namespace detail

/// A null value when `text` is no JSON, or not within the limits. Throws nothing.
template <class Json = nlohmann::ordered_json>
Json read_foreign_json(std::string_view text, const JsonLimits& limits = {}) {
  if (text.size() > limits.bytes) {
    return nullptr;
  }
  detail::LimitedJson<Json> checked(limits);
  if (!Json::sax_parse(text, &checked)) {
    return nullptr;
  }
  Json document = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return document.is_discarded() ? Json(nullptr) : document;
}

/// The text that an object has under `key`; empty for whatever else it is.
template <class Json>
std::string text_of(const Json& object, const char* key) {
  if (!object.is_object()) {
    return {};
  }
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->template get<std::string>()
                                                     : std::string();
}

}  // namespace rocmfix
