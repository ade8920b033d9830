// SPDX-License-Identifier: MIT
// JSON into a buffer that somebody else owns: no heap, no locale, no stdio, so that a document can
// be written while the process is about to abort. What does not fit is left out and says so.
#ifndef ROCMFIX_HIP_JSON_TEXT_HPP
#define ROCMFIX_HIP_JSON_TEXT_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rocmfix::hip {

class JsonText {
 public:
  JsonText(char* buffer, size_t size) : buffer_(buffer), size_(size) {}

  /// Key "" in an array or for the document itself.
  void open_object(std::string_view key = {}) { open(key, '{'); }
  void close_object() { close('}'); }
  void open_array(std::string_view key) { open(key, '['); }
  void close_array() { close(']'); }
  void string(std::string_view key, std::string_view value);
  void number(std::string_view key, uint64_t value);
  void signed_number(std::string_view key, int64_t value);
  void address(std::string_view key, uint64_t value);  // "0x7f00"
  void boolean(std::string_view key, bool value);
  void null(std::string_view key);

  [[nodiscard]] std::string_view text() const { return {buffer_, length_}; }
  /// Something has been left out: not JSON any more.
  [[nodiscard]] bool overflown() const { return overflown_; }

  /// Without quotes and key, for sentences. Used between string_begin and string_end.
  void string_begin(std::string_view key);
  void part(std::string_view text);
  void part_number(uint64_t value);
  void string_end() { put('"'); }

 private:
  void put(char c);
  void put(std::string_view text);
  void before(std::string_view key);
  void open(std::string_view key, char bracket);
  void close(char bracket);

  char* buffer_;
  size_t size_;
  size_t length_ = 0;
  bool first_ = true;
  bool overflown_ = false;
};

}  // namespace rocmfix::hip

#endif
