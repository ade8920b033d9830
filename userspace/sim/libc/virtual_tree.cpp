// SPDX-License-Identifier: MIT
#include "libc/virtual_tree.hpp"

#include <algorithm>
#include <utility>

namespace rocmfix::sim {

namespace {

constexpr int most_links = 40;  // as the kernel: MAXSYMLINKS

std::vector<std::string> components(std::string_view path) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < path.size();) {
    const auto end = std::min(path.find('/', at), path.size());
    if (end > at) {
      parts.emplace_back(path.substr(at, end - at));
    }
    at = end + 1;
  }
  return parts;
}

bool is_below(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

}  // namespace

void VirtualTree::add_directory(const std::string& path) {
  for (auto slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    nodes_.try_emplace(path.substr(0, slash), Node{});
  }
  nodes_.try_emplace(path, Node{});
}

void VirtualTree::add_file(const std::string& path, std::string text) {
  add_directory(path.substr(0, path.find_last_of('/')));
  nodes_[path] = {Kind::file, std::move(text)};
}

void VirtualTree::add_link(const std::string& path, std::string target) {
  add_directory(path.substr(0, path.find_last_of('/')));
  nodes_[path] = {Kind::link, std::move(target)};
}

void VirtualTree::add_device(const std::string& path) {
  add_directory(path.substr(0, path.find_last_of('/')));
  nodes_[path] = {Kind::device, {}};
}

bool VirtualTree::is_claimed(std::string_view path) const {
  return std::any_of(claimed_.begin(), claimed_.end(),
                     [path](const std::string& claimed) { return is_below(path, claimed); });
}

// A directory above what is claimed ("/sys/bus") is the machine's own, though the tree has it too.
bool VirtualTree::owns(std::string_view path) const {
  if (path.size() < 5 || path[0] != '/') {
    return false;
  }
  std::string at;
  for (const std::string& part : components(path)) {
    if (part == ".." || part == ".") {
      const auto resolved = resolve(path, true);
      return resolved && is_claimed(*resolved);
    }
    at += '/' + part;
    if (is_claimed(at)) {
      return true;
    }
    const Node* const node = find(at);
    if (node == nullptr) {
      return false;
    }
    if (node->kind == Kind::device) {
      return true;
    }
  }
  return false;
}

std::optional<std::string> VirtualTree::resolve(std::string_view path, bool follow) const {
  std::vector<std::string> todo = components(path);
  std::reverse(todo.begin(), todo.end());
  std::string at;
  for (int links = 0; !todo.empty();) {
    const std::string part = std::move(todo.back());
    todo.pop_back();
    if (part == ".") {
      continue;
    }
    if (part == "..") {
      at.resize(at.empty() ? 0 : at.find_last_of('/'));
      continue;
    }
    std::string next = at;
    next.append(1, '/').append(part);
    const Node* const node = find(next);
    if (node == nullptr) {
      return std::nullopt;
    }
    if (node->kind == Kind::link && (follow || !todo.empty())) {
      if (++links > most_links) {
        return std::nullopt;
      }
      std::vector<std::string> target = components(node->text);
      std::reverse(target.begin(), target.end());
      todo.insert(todo.end(), target.begin(), target.end());
      at.clear();
      continue;
    }
    if (!todo.empty() && node->kind != Kind::directory) {
      return std::nullopt;
    }
    at = next;
  }
  return at.empty() ? "/" : at;
}

const VirtualTree::Node* VirtualTree::find(std::string_view path) const {
  const auto found = nodes_.find(path);
  return found == nodes_.end() ? nullptr : &found->second;
}

std::vector<std::string> VirtualTree::list(std::string_view directory) const {
  std::vector<std::string> names;
  const std::string prefix = std::string(directory) + '/';
  for (auto at = nodes_.lower_bound(prefix); at != nodes_.end() && at->first.starts_with(prefix);
       ++at) {
    const std::string_view rest = std::string_view(at->first).substr(prefix.size());
    if (rest.find('/') == std::string_view::npos) {
      names.emplace_back(rest);
    }
  }
  return names;
}

}  // namespace rocmfix::sim
