// SPDX-License-Identifier: MIT
// Everything that goes into a report passes here: secrets, names of people and machines, addresses
// and serial numbers are replaced by something of the same length, so that offsets and line breaks
// stay, and a path has the same name wherever it is found.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "report/personal_names.hpp"

namespace rocmfix::detail {

class ReportRedaction {
 public:
  PersonalNames& names() { return names_; }

  /// What people or programs wrote: a log, a configuration, a command line.
  [[nodiscard]] std::string text(std::string_view text);
  /// Bytes of a file that may be a binary: as text() if it is one. IP addresses stay there: four
  /// numbers with dots between them are a version in most files.
  [[nodiscard]] std::string content(std::string_view bytes);
  /// A path, or the target of a link.
  [[nodiscard]] std::string path(std::string_view path);

 private:
  [[nodiscard]] std::string without_identifiers(std::string text);
  std::string uuid_stand_in(const std::string& uuid);

  PersonalNames names_;
  std::map<std::string, std::string, std::less<>> uuids_;
};

}  // namespace rocmfix::detail
