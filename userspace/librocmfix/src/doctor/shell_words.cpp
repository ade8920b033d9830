// SPDX-License-Identifier: MIT
#include "doctor/shell_words.hpp"

#include <utility>

namespace rocmfix::detail {

namespace {

class Splitter {
 public:
  explicit Splitter(bool operators) : operators_(operators) {}

  std::vector<ShellCommand> split(std::string_view line) {
    for (std::size_t at = 0; at < line.size(); ++at) {
      const char one = line[at];
      if (quote_ == 0 && one == '#' && !in_word_ && operators_) {
        break;
      }
      if (one == '\\' && quote_ != '\'') {
        if (++at < line.size()) {
          add(line[at]);
        }
      } else if (quote_ != 0 && one == quote_) {
        quote_ = 0;
      } else if (quote_ == 0 && (one == '"' || one == '\'')) {
        quote_ = one;
        in_word_ = true;
      } else if (quote_ == 0 && (one == ' ' || one == '\t' || one == '\r')) {
        end_word();
      } else if (quote_ == 0 && operators_ && is_operator(one)) {
        end_command();
      } else {
        word_.expanded =
            word_.expanded || (operators_ && quote_ != '\'' && (one == '$' || one == '`'));
        add(one);
      }
    }
    end_command();
    return std::move(commands_);
  }

 private:
  static bool is_operator(char one) {
    return std::string_view(";&|(){}").find(one) != std::string_view::npos;
  }
  void add(char one) {
    word_.text += one;
    in_word_ = true;
  }
  void end_word() {
    if (in_word_) {
      command_.push_back(std::move(word_));
    }
    word_ = {};
    in_word_ = false;
  }
  void end_command() {
    end_word();
    if (!command_.empty()) {
      commands_.push_back(std::move(command_));
    }
    command_ = {};
  }

  bool operators_;
  char quote_ = 0;
  bool in_word_ = false;
  ShellWord word_;
  ShellCommand command_;
  std::vector<ShellCommand> commands_;
};

}  // namespace

std::vector<ShellCommand> shell_commands(std::string_view line) {
  return Splitter(true).split(line);
}

ShellCommand quoted_words(std::string_view line) {
  auto commands = Splitter(false).split(line);
  return commands.empty() ? ShellCommand() : std::move(commands.front());
}

}  // namespace rocmfix::detail
