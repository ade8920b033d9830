// SPDX-License-Identifier: MIT
#include "trial/journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/crc.hpp>
#include <cerrno>
#include <string_view>

#include "util/foreign_json.hpp"
#include "util/formatted.hpp"
#include "util/read_to_end.hpp"

namespace rocmfix::trial {

namespace {

constexpr std::size_t most_bytes = 64U << 20U;
constexpr JsonLimits entry_limits{.bytes = 256U << 10U};
// {"crc":"01234567","entry":...}
constexpr std::string_view head = R"({"crc":")";
constexpr std::string_view middle = R"(","entry":)";
constexpr std::size_t digits = 8;

std::uint32_t checksum(std::uint32_t before, std::string_view entry) {
  boost::crc_32_type crc;
  const std::string chained = formatted("{:08x}", before);
  crc.process_bytes(chained.data(), chained.size());
  crc.process_bytes(entry.data(), entry.size());
  return crc.checksum();
}

Error changed(const std::string& path, std::size_t number) {
  return {ErrorCode::invalid, formatted("{}: line {} was changed or damaged", path, number), 0,
          "a trial that was changed says nothing: begin a new one"};
}

}  // namespace

std::string Journal::path() const {
  return directory_ + "/" + file_name;
}

Result<Journal> Journal::create(const std::string& directory) {
  if (::mkdir(directory.c_str(), 0700) != 0) {
    return fail(io_error("cannot create the directory " + directory, errno));
  }
  const std::string file = directory + "/" + file_name;
  FileDescriptor fd(::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail(io_error("cannot create " + file, errno));
  }
  const FileDescriptor folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) {
    return fail(io_error("cannot write in " + directory, errno));
  }
  return Journal(directory, std::move(fd));
}

Result<Journal> Journal::open(const std::string& directory) {
  const std::string file = directory + "/" + file_name;
  FileDescriptor fd(::open(file.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) {
    return fail(io_error("cannot open " + file, errno));
  }
  // It has the command that is run.
  if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid() || (status.st_mode & 022U) != 0) {
    return fail({ErrorCode::refused,
                 file + " is not a regular file that is yours and that only you can write", 0,
                 "a trial is resumed by the user who began it"});
  }
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail({ErrorCode::refused, file + " is in use: the trial is running", 0, ""});
  }
  Journal journal(directory, std::move(fd));
  if (auto loaded = journal.load(); !loaded) {
    return fail(std::move(loaded.error()));
  }
  return journal;
}

Result<void> Journal::load() {
  std::string text;
  if (!read_to_end(fd_.get(), most_bytes, text)) {
    return fail(io_error("cannot read " + path(), errno));
  }
  if (text.size() > most_bytes) {
    return fail({ErrorCode::invalid, path() + " is too large for a trial", 0, ""});
  }
  std::string_view rest = text;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) {
      // Not whole: the machine went down while it was written.
      was_cut_ = true;
      break;
    }
    if (auto taken = take(rest.substr(0, end), number); !taken) {
      return taken;
    }
    length_ += static_cast<std::int64_t>(end) + 1;
    rest.remove_prefix(end + 1);
  }
  if (was_cut_ && ::ftruncate(fd_.get(), length_) != 0) {
    return fail(io_error("cannot write " + path(), errno));
  }
  if (entries_.empty()) {
    return fail({ErrorCode::invalid, path() + " is empty: the trial never began", 0, ""});
  }
  return {};
}

Result<void> Journal::take(std::string_view line, std::size_t number) {
  const std::size_t body = head.size() + digits + middle.size();
  if (line.size() <= body || !line.starts_with(head) ||
      line.substr(head.size() + digits, middle.size()) != middle || line.back() != '}') {
    return fail(changed(path(), number));
  }
  const std::string_view entry = line.substr(body, line.size() - body - 1);
  const std::uint32_t crc = checksum(chain_, entry);
  Json document = read_foreign_json(entry, entry_limits);
  if (line.substr(head.size(), digits) != formatted("{:08x}", crc) || !document.is_object()) {
    return fail(changed(path(), number));
  }
  chain_ = crc;
  entries_.push_back(std::move(document));
  return {};
}

Result<void> Journal::append(const Json& entry) {
  const std::string text = entry.dump(-1, ' ', false, Json::error_handler_t::replace);
  const std::uint32_t crc = checksum(chain_, text);
  const std::string line =
      std::string(head) + formatted("{:08x}", crc) + std::string(middle) + text + "}\n";
  const bool written = ::lseek(fd_.get(), length_, SEEK_SET) >= 0 && write_all(fd_.get(), line) &&
                       ::fdatasync(fd_.get()) == 0;
  if (!written) {
    const int errnum = errno;
    static_cast<void>(::ftruncate(fd_.get(), length_));
    return fail(io_error("cannot write " + path(), errnum));
  }
  length_ += static_cast<std::int64_t>(line.size());
  chain_ = crc;
  entries_.push_back(entry);
  return {};
}

}  // namespace rocmfix::trial
