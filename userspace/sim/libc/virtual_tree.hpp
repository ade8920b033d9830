// SPDX-License-Identifier: MIT
// The files of sysfs that the simulated GPUs show, in memory: nothing is on disk, so nothing is
// left behind. Made once, never changed. Knows nothing of descriptors.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rocmfix::sim {

class VirtualTree {
 public:
  enum class Kind { directory, file, link, device };
  struct Node {
    Kind kind = Kind::directory;
    std::string text;  ///< of a file; target of a link (absolute)
  };

  /// The directories above it come with it.
  void add_file(const std::string& path, std::string text);
  void add_link(const std::string& path, std::string target);
  void add_device(const std::string& path);
  void add_directory(const std::string& path);
  /// Everything below `path` is the tree's alone: what is not in it does not exist.
  void claim(std::string path) { claimed_.push_back(std::move(path)); }

  /// Whether the tree answers for this path: it has it, or has claimed what is above.
  [[nodiscard]] bool owns(std::string_view path) const;
  /// The path with ".", ".." and links resolved inside the tree; the last link too if `follow`.
  /// nullopt: it is not there.
  [[nodiscard]] std::optional<std::string> resolve(std::string_view path, bool follow) const;
  /// By a resolved path; nullptr: not there.
  [[nodiscard]] const Node* find(std::string_view path) const;
  [[nodiscard]] std::vector<std::string> list(std::string_view directory) const;

 private:
  [[nodiscard]] bool is_claimed(std::string_view path) const;
  std::map<std::string, Node, std::less<>> nodes_;
  std::vector<std::string> claimed_;
};

/// sysfs and the device nodes of the configured machine (machine_tree.cpp).
const VirtualTree& machine_tree();

}  // namespace rocmfix::sim
