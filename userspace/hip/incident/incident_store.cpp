// SPDX-License-Identifier: MIT
#include "incident/incident_store.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "clock.hpp"

namespace rocmfix::hip {

namespace {

constexpr std::string_view suffix = ".json";
constexpr std::string_view unfinished = ".part";
constexpr size_t unique_size = 16;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f');
}

/// Removes a number, of one digit at least and of 12 at most.
bool take_number(std::string_view& text) {
  size_t length = 0;
  while (length < text.size() && is_digit(text[length])) {
    ++length;
  }
  text.remove_prefix(length);
  return length > 0 && length <= 12;
}

bool take(std::string_view& text, std::string_view what) {
  const bool found = text.starts_with(what);
  text.remove_prefix(found ? what.size() : 0);
  return found;
}

class NameWriter {
 public:
  explicit NameWriter(IncidentName& name) : name_(name) { name_.fill('\0'); }
  void add(std::string_view text) {
    for (const char c : text) {
      if (length_ + 1 < name_.size()) {
        name_[length_++] = c;
      }
    }
  }
  void add_number(uint64_t value) {
    std::array<char, 20> digits{};
    size_t at = digits.size();
    do {
      digits[--at] = static_cast<char>('0' + value % 10);
      value /= 10;
    } while (value != 0);
    add({digits.data() + at, digits.size() - at});
  }
  void add_hex(uint64_t value, size_t digits) {
    constexpr std::string_view letters = "0123456789abcdef";
    for (size_t left = digits; left > 0; --left) {
      add(letters.substr(value >> (4 * (left - 1)) & 0xfU, 1));
    }
  }

 private:
  IncidentName& name_;
  size_t length_ = 0;
};

/// Never waits: early in a boot the kernel may have no random numbers yet.
uint64_t random_number() {
  uint64_t value = 0;
  if (getrandom(&value, sizeof value, GRND_NONBLOCK) != sizeof value) {
    value = now() ^ reinterpret_cast<uintptr_t>(&value);
  }
  return value;
}

bool write_whole(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      return false;
    }
    text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

/// ".NAME.part" with the text in it, on the disk. False: errno, and nothing is left.
bool write_part(int folder, const IncidentName& part, std::string_view text) {
  const int file = openat(folder, part.data(),
                          O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0600);
  if (file < 0) {
    return false;
  }
  const bool written = write_whole(file, text) && fsync(file) == 0;
  const int errnum = errno;
  close(file);
  if (!written) {
    unlinkat(folder, part.data(), 0);
    errno = errnum;
  }
  return written;
}

void part_name(std::string_view name, IncidentName& part) {
  NameWriter writer(part);
  writer.add(".");
  writer.add(name);
  writer.add(unfinished);
}

/// Gives the file its name, which must not be taken. False: errno.
bool publish(int folder, const IncidentName& part, const IncidentName& name) {
  if (renameat2(folder, part.data(), folder, name.data(), RENAME_NOREPLACE) == 0) {
    return true;
  }
  if (errno != EINVAL && errno != ENOSYS) {
    return false;
  }
  // File systems without it (NFS) have links; those without links (FAT) have neither, and there the
  // name's 32 random bits at least have to do.
  if (linkat(folder, part.data(), folder, name.data(), 0) == 0) {
    unlinkat(folder, part.data(), 0);
    return true;
  }
  return (errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS) &&
         renameat(folder, part.data(), folder, name.data()) == 0;
}

bool is_ours(const struct stat& found) {
  return S_ISREG(found.st_mode) && found.st_uid == geteuid() && found.st_nlink == 1 &&
         (found.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

// ---------------------------------------------------------------- the oldest

struct Found {
  IncidentName name{};
  struct timespec time {};
  uint64_t size = 0;
};

bool is_older(const Found& a, const Found& b) {
  return a.time.tv_sec != b.time.tv_sec ? a.time.tv_sec < b.time.tv_sec
                                        : a.time.tv_nsec < b.time.tv_nsec;
}

/// What one scan of the folder found: how much there is, and the oldest of it, in order.
struct Inventory {
  static constexpr size_t most = 128;
  size_t files = 0;
  uint64_t bytes = 0;
  std::array<Found, most> oldest;
  size_t known = 0;

  void add(const Found& one) {
    ++files;
    bytes += one.size;
    size_t at = known;
    while (at > 0 && is_older(one, oldest[at - 1])) {
      --at;
    }
    if (at == most) {
      return;
    }
    known += known < most ? 1 : 0;
    for (size_t i = known - 1; i > at; --i) {
      oldest[i] = oldest[i - 1];
    }
    oldest[at] = one;
  }
};

/// The kernel's, of getdents64(2).
struct DirectoryEntry {
  uint64_t inode;
  int64_t offset;
  uint16_t length;
  uint8_t type;
  char name[1];  // NOLINT(modernize-avoid-c-arrays): the kernel's layout
};

/// Calls visit(name) for each entry.
template <class Visit>
void for_each_name(int folder, Visit visit) {
  alignas(DirectoryEntry) static std::array<char, 16384> buffer;
  if (lseek(folder, 0, SEEK_SET) != 0) {
    return;
  }
  for (;;) {
    const ssize_t got = getdents64(folder, buffer.data(), buffer.size());
    if (got <= 0) {
      return;
    }
    for (ssize_t at = 0; at < got;) {
      const auto* const entry = reinterpret_cast<const DirectoryEntry*>(buffer.data() + at);
      visit(static_cast<const char*>(entry->name));
      at += entry->length;
    }
  }
}

/// It begins as every incident does.
bool has_schema(int folder, const char* name) {
  const int file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  std::array<char, 64> start{};
  const ssize_t got = file < 0 ? 0 : read(file, start.data(), start.size());
  if (file >= 0) {
    close(file);
  }
  return got > 0 && std::string_view(start.data(), static_cast<size_t>(got)).find("\"schema\"") !=
                        std::string_view::npos;
}

void remove_unfinished(int folder, const char* name) {
  constexpr int64_t hour = 3600;
  std::string_view inner = name;
  if (!take(inner, ".") || !inner.ends_with(unfinished)) {
    return;
  }
  inner.remove_suffix(unfinished.size());
  struct stat found {};
  if (is_incident_name(inner) && fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
      is_ours(found) && time(nullptr) - found.st_mtim.tv_sec > hour) {
    unlinkat(folder, name, 0);
  }
}

}  // namespace

bool is_tag(std::string_view text) {
  for (const char c : text) {
    if (!is_hex(c)) {
      return false;
    }
  }
  return text.size() == tag_size;
}

bool is_incident_name(std::string_view name) {
  if (!take_number(name) || !take(name, "-") || !take_number(name)) {
    return false;
  }
  if (take(name, "-")) {
    for (size_t i = 0; i < unique_size; ++i) {
      if (i >= name.size() || !is_hex(name[i])) {
        return false;
      }
    }
    name.remove_prefix(unique_size);
  }
  return name == suffix;
}

std::string_view tag_of(std::string_view name) {
  constexpr size_t tail = 1 + unique_size + suffix.size();
  const bool has_one =
      is_incident_name(name) && name.size() > tail && name[name.size() - tail] == '-';
  return has_one ? name.substr(name.size() - tail + 1, tag_size) : std::string_view();
}

IncidentFolder::~IncidentFolder() {
  if (fd_ >= 0) {
    close(fd_);
  }
}

bool IncidentFolder::make(const char* path) {
  static std::array<char, PATH_MAX> part;
  const size_t length = strlen(path);
  if (length >= part.size()) {
    errno = ENAMETOOLONG;
    return false;
  }
  memcpy(part.data(), path, length + 1);
  for (size_t i = 1; i <= length; ++i) {
    if (path[i] != '/' && path[i] != '\0') {
      continue;
    }
    part[i] = '\0';
    if (mkdir(part.data(), 0700) != 0 && errno != EEXIST) {
      return false;
    }
    part[i] = path[i];
  }
  return open(path);
}

bool IncidentFolder::open(const char* path) {
  fd_ = ::open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
  struct stat found {};
  if (fd_ < 0 || fstat(fd_, &found) != 0) {
    return false;
  }
  const bool others_write = (found.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  trusted_ = (found.st_uid == geteuid() || found.st_uid == 0) &&
             (!others_write || (found.st_mode & S_ISVTX) != 0);
  return true;
}

bool IncidentFolder::write(int64_t seconds, uint32_t pid, std::string_view tag,
                           std::string_view text, IncidentName& name) const {
  constexpr int tries = 8;
  IncidentName part;
  for (int i = 0; i < tries; ++i) {
    NameWriter writer(name);
    writer.add_number(seconds > 0 ? static_cast<uint64_t>(seconds) : 0);
    writer.add("-");
    writer.add_number(pid);
    writer.add("-");
    writer.add(is_tag(tag) ? tag : std::string_view());
    writer.add_hex(random_number(), is_tag(tag) ? unique_size - tag_size : unique_size);
    writer.add(suffix);
    part_name(name.data(), part);
    if (write_part(fd_, part, text)) {
      if (publish(fd_, part, name)) {
        return true;
      }
      const int errnum = errno;
      unlinkat(fd_, part.data(), 0);
      errno = errnum;
    }
    if (errno != EEXIST) {
      return false;
    }
  }
  return false;
}

bool IncidentFolder::replace(std::string_view name, std::string_view text) const {
  IncidentName copy;
  IncidentName part;
  if (!is_incident_name(name)) {
    errno = EINVAL;
    return false;
  }
  NameWriter(copy).add(name);
  part_name(name, part);
  unlinkat(fd_, part.data(), 0);  // one that a killed process left
  if (!write_part(fd_, part, text)) {
    return false;
  }
  if (renameat(fd_, part.data(), fd_, copy.data()) == 0) {
    return true;
  }
  const int errnum = errno;
  unlinkat(fd_, part.data(), 0);
  errno = errnum;
  return false;
}

int IncidentFolder::open_own(const char* name) const {
  if (!trusted_) {
    return -1;
  }
  const int file = openat(fd_, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  struct stat found {};
  if (file >= 0 && (fstat(file, &found) != 0 || !is_ours(found))) {
    close(file);
    return -1;
  }
  return file;
}

size_t IncidentFolder::prune(const IncidentLimits& limits, std::string_view kept) const {
  static Inventory inventory;
  size_t removed = 0;
  if (!trusted_) {
    return 0;
  }
  for (bool again = true; again;) {
    again = false;
    inventory.files = 0;
    inventory.bytes = 0;
    inventory.known = 0;
    for_each_name(fd_, [&](const char* name) {
      remove_unfinished(fd_, name);
      struct stat found {};
      if (is_incident_name(name) && fstatat(fd_, name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
          is_ours(found) && has_schema(fd_, name)) {
        Found one;
        NameWriter(one.name).add(name);
        one.time = found.st_mtim;
        one.size = static_cast<uint64_t>(found.st_size);
        inventory.add(one);
      }
    });
    for (size_t i = 0; i < inventory.known; ++i) {
      if (inventory.files <= limits.files && inventory.bytes <= limits.bytes) {
        return removed;
      }
      const Found& oldest = inventory.oldest[i];
      if (kept == oldest.name.data() || unlinkat(fd_, oldest.name.data(), 0) != 0) {
        continue;
      }
      --inventory.files;
      inventory.bytes -= oldest.size;
      ++removed;
      again = true;
    }
  }
  return removed;
}

}  // namespace rocmfix::hip
