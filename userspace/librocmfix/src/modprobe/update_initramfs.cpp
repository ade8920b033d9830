// SPDX-License-Identifier: MIT
#include "modprobe/update_initramfs.hpp"

#include <fmt/ranges.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/run_program.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {
namespace {

struct Maker {
  const char* program;
  std::array<const char*, 3> arguments;
};

// In this order: Debian's dracut comes without update-initramfs.
constexpr std::array<Maker, 2> makers = {{
    {"/usr/sbin/update-initramfs", {"-u", "-k", "all"}},
    {"/usr/bin/dracut", {"--quiet", "--regenerate-all", "--force"}},
}};

const Maker* find_maker(const Root& root) {
  const auto* const found = std::find_if(
      makers.begin(), makers.end(), [&root](const Maker& it) { return root.exists(it.program); });
  return found == makers.end() ? nullptr : found;
}

std::string command_of(const Maker& maker) {
  const std::string program = maker.program;
  return formatted("sudo {} {}", program.substr(program.rfind('/') + 1),
                   fmt::join(maker.arguments, " "));
}

Error failure(const Maker& maker, const std::string& what, int errnum) {
  return {ErrorCode::failed, what, errnum,
          "make room in /boot if it is full, then: " + command_of(maker)};
}

}  // namespace

std::string initramfs_command(const Root& root) {
  const Maker* const maker = find_maker(root);
  return command_of(maker == nullptr ? makers.front() : *maker);
}

Result<bool> update_initramfs(const Root& root) {
  const Maker* const maker = find_maker(root);
  if (maker == nullptr) {
    return false;
  }
  std::vector<std::string> words = {maker->program};
  words.insert(words.end(), maker->arguments.begin(), maker->arguments.end());
  const auto status = run_program(words);
  if (!status) {
    return fail(failure(*maker, status.error().what, status.error().errnum));
  }
  if (WIFEXITED(*status) && WEXITSTATUS(*status) == 0) {
    return true;
  }
  const std::string name = words.front().substr(words.front().rfind('/') + 1);
  return fail(failure(*maker,
                      WIFEXITED(*status)
                          ? formatted("{} failed with exit status {}", name, WEXITSTATUS(*status))
                          : formatted("{} was killed by signal {}", name, WTERMSIG(*status)),
                      0));
}

}  // namespace rocmfix::detail
