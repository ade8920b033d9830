// SPDX-License-Identifier: MIT
#include "software/msgpack_strings.hpp"

#include <nlohmann/json.hpp>

namespace rocmfix::detail {
namespace {

constexpr std::size_t deepest = 16;

// Each function returns whether reading continues.
class StringList : public nlohmann::json_sax<nlohmann::json> {
 public:
  StringList(std::string_view key, StringListLimits limits) : key_(key), limits_(limits) {}

  [[nodiscard]] bool done() const { return done_; }
  std::vector<std::string>& strings() { return strings_; }

  bool null() override { return passed_over(); }
  bool boolean(bool /*value*/) override { return passed_over(); }
  bool number_integer(number_integer_t /*value*/) override { return passed_over(); }
  bool number_unsigned(number_unsigned_t /*value*/) override { return passed_over(); }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override {
    return passed_over();
  }
  bool binary(binary_t& /*value*/) override { return passed_over(); }

  bool string(string_t& value) override {
    if (in_list_ && depth_ == 2) {
      if (value.size() > limits_.length || strings_.size() == limits_.count) {
        return false;
      }
      strings_.push_back(value);
    }
    return passed_over();
  }

  bool start_object(std::size_t /*size*/) override { return enter(false); }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t /*size*/) override { return enter(true); }
  bool end_array() override { return leave(); }

  bool key(string_t& value) override {
    if (depth_ == 1) {
      is_next_ = value == key_;
    }
    return true;
  }

  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::json::exception& /*error*/) override {
    return false;
  }

 private:
  bool passed_over() {
    is_next_ = is_next_ && depth_ != 1;
    return depth_ != 0;  // the document is a map
  }

  bool enter(bool list) {
    if (depth_ == deepest || (depth_ == 0 && list)) {
      return false;
    }
    if (depth_ == 1) {
      in_list_ = is_next_ && list;
      is_next_ = false;
    }
    ++depth_;
    return true;
  }

  bool leave() {
    --depth_;
    done_ = in_list_ && depth_ == 1;
    return !done_;
  }

  std::string_view key_;
  StringListLimits limits_;
  std::vector<std::string> strings_;
  std::size_t depth_ = 0;
  bool is_next_ = false;  // the next value of the outermost map is the one in question
  bool in_list_ = false;
  bool done_ = false;
};

}  // namespace

std::optional<std::vector<std::string>> find_msgpack_strings(std::string_view bytes,
                                                             std::string_view key,
                                                             StringListLimits limits) {
  StringList list(key, limits);
  nlohmann::json::sax_parse(bytes.begin(), bytes.end(), &list,
                            nlohmann::json::input_format_t::msgpack, false);
  return list.done() ? std::optional(std::move(list.strings())) : std::nullopt;
}

}  // namespace rocmfix::detail
