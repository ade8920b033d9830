// SPDX-License-Identifier: MIT
#include "initramfs.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <map>
#include <utility>

#include "cpio_stream.hpp"
#include "file_descriptor.hpp"

namespace rocmfix::detail {
namespace {

constexpr std::size_t max_config_bytes = 1U << 20U;

class Collector : public CpioVisitor {
 public:
  explicit Collector(std::string release) : release_(std::move(release)) {}

  bool begin(const std::string& path) override {
    path_ = path;
    is_config_ = is_modprobe_file(path);
    if (is_config_) {
      texts_[path].clear();
      return true;
    }
    is_livepatch_ = is_module(path, "rocmfix_livepatch");
    if (is_livepatch_ || (is_module(path, "amdgpu") && !(found_.has_amdgpu && !is_update(path)))) {
      module_.emplace();
      return true;
    }
    return false;
  }
  void data(std::string_view bytes) override {
    if (!is_config_) {
      module_->add(bytes);
    } else if (std::string& text = texts_[path_]; text.size() + bytes.size() <= max_config_bytes) {
      text += bytes;
    }
  }
  void end() override {
    if (is_config_) {
      return;
    }
    if (is_livepatch_) {
      found_.livepatch = module_->identify(path_);
    } else {
      found_.has_amdgpu = true;
      found_.amdgpu = module_->identify(path_);
    }
    module_.reset();
  }
  Initramfs result(std::string file) {
    found_.file = std::move(file);
    found_.lines = modprobe_lines_of(texts_);
    return std::move(found_);
  }

 private:
  [[nodiscard]] bool is_module(const std::string& path, const std::string& module) const {
    const std::string name = path.substr(path.rfind('/') + 1);
    return (name == module + ".ko" || name.starts_with(module + ".ko.")) &&
           path.find("/lib/modules/" + release_ + "/") != std::string::npos;
  }
  // depmod prefers these to the kernel's own directory.
  static bool is_update(const std::string& path) {
    return path.find("/updates/") != std::string::npos || path.find("/extra/") != std::string::npos;
  }

  std::string release_;
  std::string path_;
  bool is_config_ = false;
  bool is_livepatch_ = false;
  std::optional<ModuleCollector> module_;
  std::map<std::string, std::string> texts_;
  Initramfs found_;
};

}  // namespace

Result<std::optional<Initramfs>> read_initramfs(const Root& root, const std::string& release) {
  const std::array<std::string, 2> candidates = {"/boot/initrd.img-" + release,
                                                 "/boot/initramfs-" + release + ".img"};
  for (const std::string& path : candidates) {
    const auto opened = root.open_file(path, O_NONBLOCK);
    if (!opened) {
      if (opened.error().errnum == ENOENT) {
        continue;
      }
      return fail(opened.error());
    }
    const FileDescriptor fd(*opened);
    struct stat st = {};
    if (::fstat(fd.get(), &st) != 0 || !S_ISREG(st.st_mode)) {
      return fail(
          {ErrorCode::invalid, root.host_path(path).string() + " is no regular file", 0, ""});
    }
    Collector collector(release);
    if (auto read = read_initramfs_stream(fd.get(), root.host_path(path).string(), collector);
        !read) {
      return fail(read.error());
    }
    return std::optional(collector.result(path));
  }
  return std::optional<Initramfs>();
}

}  // namespace rocmfix::detail
