// SPDX-License-Identifier: MIT
#include "supervisor/python_stacks.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "supervisor/helper.hpp"
#include "supervisor/proc.hpp"

namespace rocmfix::run {

bool is_python(pid_t pid) {
  std::array<char, 4096> path{};
  const std::string link = "/proc/" + std::to_string(pid) + "/exe";
  const ssize_t length = readlink(link.c_str(), path.data(), path.size());
  const std::string_view program(path.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  return program.substr(program.rfind('/') + 1).starts_with("python") ||
         read_proc(pid, "maps").value_or("").find("/libpython") != std::string::npos;
}

std::vector<std::string> python_stacks(const SignalQueue& signals, pid_t pid) {
  constexpr std::size_t most = 400;
  std::vector<std::string> lines;
  if (geteuid() == 0) {
    return lines;
  }
  // Not stopped meanwhile: what hangs does not move, and a debugger would wait for its threads.
  const auto text =
      run_helper(signals, {"py-spy", "dump", "--nonblocking", "--pid", std::to_string(pid)});
  std::string_view rest = text ? std::string_view(*text) : std::string_view();
  for (bool begun = false; !rest.empty() && lines.size() < most;) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    begun = begun || line.starts_with("Thread ");
    if (begun && !line.empty()) {
      lines.emplace_back(line);
    }
  }
  return lines;
}

}  // namespace rocmfix::run
