// SPDX-License-Identifier: MIT
// Opens what --root names: a directory, or a report in a temporary one.
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>

#include "report/captured_json.hpp"
#include "report/report_archive.hpp"
#include "rocmfix/report.hpp"
#include "util/file_descriptor.hpp"
#include "util/formatted.hpp"

namespace rocmfix {

class ExaminedRoot::Folder {
 public:
  explicit Folder(std::string path) : path_(std::move(path)) {}
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  Folder(Folder&&) = delete;
  Folder& operator=(Folder&&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);  // links are not followed
  }
  [[nodiscard]] const std::string& path() const { return path_; }

  /// For this user alone. Errors: io.
  static Result<std::unique_ptr<Folder>> make() {
    std::error_code error;
    auto above = std::filesystem::temp_directory_path(error);
    std::string path = ((error ? "/tmp" : above) / "rocmfix-report-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr) {
      return fail(io_error(formatted("cannot make a folder for the report, {}", path), errno));
    }
    return std::make_unique<Folder>(std::move(path));
  }

 private:
  std::string path_;
};

namespace {

constexpr std::size_t largest_document = 8U << 20U;

/// Takes over what the directory's document says, if it has one. False: it has none.
Result<bool> take_facts(Root& root, const std::string& name) {
  const auto text = root.read_regular(detail::machine_path, largest_document);
  if (!text) {
    return fail(text.error());
  }
  if (!*text) {
    return false;
  }
  auto facts = detail::read_captured_json(**text);
  if (!facts) {
    facts.error().what = formatted("{} is a damaged report: {}", name, facts.error().what);
    return fail(std::move(facts.error()));
  }
  root.set_captured(std::make_shared<const detail::CapturedFacts>(std::move(*facts)));
  return true;
}

}  // namespace

ExaminedRoot::ExaminedRoot(std::unique_ptr<Folder> folder, Root root)
    : folder_(std::move(folder)), root_(std::make_unique<Root>(std::move(root))) {}
ExaminedRoot::ExaminedRoot(ExaminedRoot&&) noexcept = default;
ExaminedRoot& ExaminedRoot::operator=(ExaminedRoot&&) noexcept = default;
ExaminedRoot::~ExaminedRoot() = default;

Result<ExaminedRoot> ExaminedRoot::open(const std::filesystem::path& path) {
  // O_NONBLOCK: a FIFO must not hang.
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  struct stat status {};
  const bool is_file = fd && ::fstat(fd.get(), &status) == 0 && S_ISREG(status.st_mode);
  std::unique_ptr<Folder> folder;
  if (is_file) {
    auto made = Folder::make();
    if (!made) {
      return fail(std::move(made.error()));
    }
    folder = std::move(*made);
    if (auto unpacked = detail::unpack_report(fd.get(), path.string(), folder->path()); !unpacked) {
      return fail(std::move(unpacked.error()));
    }
  }
  auto root = Root::open(is_file ? std::filesystem::path(folder->path()) : path);
  if (!root) {
    return fail(std::move(root.error()));
  }
  if (!root->is_system()) {
    const auto taken = take_facts(*root, path.string());
    if (!taken) {
      return fail(taken.error());
    }
    if (is_file && !*taken) {
      return fail({ErrorCode::invalid,
                   formatted("{} is no report of rocmfix: it lacks {}", path.string(),
                             detail::machine_path.substr(1)),
                   0, "a report is a .tar.zst file that `rocmfix report` wrote"});
    }
  }
  return ExaminedRoot(std::move(folder), std::move(*root));
}

}  // namespace rocmfix
