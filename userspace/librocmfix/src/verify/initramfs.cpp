// SPDX-License-Identifier: MIT
#include "verify/initramfs.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <map>
#include <utility>

#include "base/root_recorder.hpp"
#include "util/file_descriptor.hpp"
#include "verify/cpio_stream.hpp"
#include "verify/recorded_image.hpp"

namespace rocmfix::detail {
namespace {

// modprobe's configuration, all of it.
constexpr std::size_t max_config_bytes = 1U << 20U;
constexpr std::size_t max_config_files = 1000;

class Collector : public CpioVisitor {
 public:
  explicit Collector(std::string release) : release_(std::move(release)) {}

  bool begin(const std::string& path) override {
    into_ = nullptr;
    text_ = nullptr;
    if (is_modprobe_file(path)) {
      if (texts_.size() == max_config_files && !texts_.contains(path)) {
        config_whole_ = false;
        return false;
      }
      text_ = &texts_[path];
      config_bytes_ -= text_->size();
      text_->clear();
      return true;
    }
    if (is_module(path, "rocmfix_livepatch")) {
      into_ = &livepatch_;
    } else if (is_module(path, "amdgpu") && (!amdgpu_ || is_update(path))) {
      into_ = &amdgpu_;
    }
    if (into_ != nullptr) {
      // Of several the last one counts. It is looked into after the walk, so that many cost no
      // more than one.
      into_->emplace().path = path;
    }
    return into_ != nullptr;
  }
  void data(std::string_view bytes) override {
    if (into_ != nullptr) {
      (*into_)->module.add(bytes);
    } else if (config_bytes_ + bytes.size() <= max_config_bytes) {
      config_bytes_ += bytes.size();
      *text_ += bytes;
    } else {
      config_whole_ = false;
    }
  }
  void end() override {}

  Initramfs result(std::string file, const std::string& name) {
    Initramfs found;
    found.file = std::move(file);
    found.lines = modprobe_lines_of(texts_);
    found.lines_whole = config_whole_;
    const auto identify = [&name](std::optional<Packed>& packed) {
      std::optional<Result<ModuleIdentity>> identity;
      if (packed) {
        identity = std::move(packed->module).identify(packed->path, packed->path + " in " + name);
      }
      return identity;
    };
    found.amdgpu = identify(amdgpu_);
    found.livepatch = identify(livepatch_);
    return found;
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

  struct Packed {
    std::string path;
    ModuleCollector module;
  };

  std::string release_;
  std::optional<Packed> amdgpu_;
  std::optional<Packed> livepatch_;
  std::optional<Packed>* into_ = nullptr;
  std::string* text_ = nullptr;
  std::map<std::string, std::string> texts_;
  std::size_t config_bytes_ = 0;
  bool config_whole_ = true;
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
          {ErrorCode::invalid, root.host_path(path).string() + " is not a regular file", 0, ""});
    }
    const std::string name = root.host_path(path).string();
    Collector collector(release);
    RecordedImage recorded(collector);
    CpioVisitor* const visitor =
        root.recorder() != nullptr ? static_cast<CpioVisitor*>(&recorded) : &collector;
    if (auto read =
            read_initramfs_stream(fd.get(), static_cast<std::uint64_t>(st.st_size), name, *visitor);
        !read) {
      return fail(read.error());
    }
    if (root.recorder() != nullptr) {
      root.recorder()->content(path, recorded.image());
    }
    return std::optional(collector.result(path, name));
  }
  return std::optional<Initramfs>();
}

}  // namespace rocmfix::detail
