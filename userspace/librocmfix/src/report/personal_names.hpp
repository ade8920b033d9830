// SPDX-License-Identifier: MIT
// The names of the people and the machine that a report is from, and what stands for them in it:
// a name of the same length, the same one everywhere.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "rocmfix/root.hpp"
#include "rocmfix/software.hpp"

namespace re2 {
class RE2;
}

namespace rocmfix::detail {

class PersonalNames {
 public:
  PersonalNames();
  ~PersonalNames();
  PersonalNames(const PersonalNames&) = delete;
  PersonalNames& operator=(const PersonalNames&) = delete;
  PersonalNames(PersonalNames&&) = delete;
  PersonalNames& operator=(PersonalNames&&) = delete;

  /// Those that the machine's files and the environment tell; of the running system also those of
  /// this process.
  void learn(const Root& root, const Environment& environment);
  /// Those of /home/NAME and the like in a text.
  void learn_from(std::string_view text);
  void add_user(std::string_view name);
  void add_host(std::string_view name);

  /// Each name as a whole word, a very short one as a whole field ("render:x:109:al"); one that is
  /// also a technical word ("rocm", "test") only after /home/.
  [[nodiscard]] std::string replace(std::string_view text) const;
  /// In bytes that are no text, where three letters come by chance: a short name only after /home/.
  [[nodiscard]] std::string replace_in_bytes(std::string_view bytes) const;

 private:
  void add(std::string_view name, std::string_view stem);
  void learn_accounts(const Root& root);
  void learn_host(const Root& root);
  void compile() const;
  [[nodiscard]] std::string replace(std::string_view text, std::size_t shortest) const;

  std::map<std::string, std::string, std::less<>> stand_ins_;  ///< by name in lower case
  std::set<std::string, std::less<>> used_;
  mutable std::unique_ptr<re2::RE2> words_;   ///< made when it is needed, after the last add()
  mutable std::unique_ptr<re2::RE2> places_;  ///< /home/NAME
};

}  // namespace rocmfix::detail
