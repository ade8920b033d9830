// SPDX-License-Identifier: MIT
// Where incidents are kept: a folder with one file each, SECONDS-PID-UNIQUE.json. The interposer
// writes there in a dying process, and the launcher when the process is dead.
//
// A file is whole or not there, is its user's alone, and never takes the name of another:
// containers that share a home have the same process numbers. What is read has to be ours, in a
// folder where nobody else can put or replace it. The oldest are removed, and nothing but incidents
// of ours. System calls only, no heap.
#ifndef ROCMFIX_HIP_INCIDENT_STORE_HPP
#define ROCMFIX_HIP_INCIDENT_STORE_HPP

#include <array>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rocmfix::hip {

/// What is kept: the newest files, up to this number and size.
struct IncidentLimits {
  size_t files = 100;
  uint64_t bytes = uint64_t{32} << 20U;
};

/// The defaults, in words.
inline constexpr const char* what_is_kept = "the newest 100, of 32 MiB in all, are kept";

/// The eight hexadecimal digits that a launcher gives its command (ROCMFIX_REPORT_TAG), so that it
/// knows the reports of this one again.
inline constexpr size_t tag_size = 8;
bool is_tag(std::string_view text);

using IncidentName = std::array<char, 64>;

/// SECONDS-PID-UNIQUE.json, or SECONDS-PID.json as before 0.2.
bool is_incident_name(std::string_view name);
/// The tag that its name was made with; empty: an older name.
std::string_view tag_of(std::string_view name);

class IncidentFolder {
 public:
  IncidentFolder() = default;
  IncidentFolder(const IncidentFolder&) = delete;
  IncidentFolder& operator=(const IncidentFolder&) = delete;
  ~IncidentFolder();

  /// Makes it, with what is missing above it, for the user alone. False: errno says why.
  bool make(const char* path);
  /// Only where it is there. False: errno says why.
  bool open(const char* path);

  /// Nobody but its owner, who is this user or root, can put a file into it or replace one; in a
  /// sticky folder everybody may put, and what others own is not read.
  [[nodiscard]] bool is_trusted() const { return trusted_; }
  [[nodiscard]] int get() const { return fd_; }

  /// A new file, of which `name` becomes the name. `tag`: empty, or is_tag(). False: errno.
  bool write(int64_t seconds, uint32_t pid, std::string_view tag, std::string_view text,
             IncidentName& name) const;
  /// Replaces the file of that name, which this process has read from here. False: errno.
  [[nodiscard]] bool replace(std::string_view name, std::string_view text) const;

  /// A descriptor of a regular file that is ours and that nobody else can write. -1: there is none,
  /// or the folder is not trusted.
  [[nodiscard]] int open_own(const char* name) const;

  /// Removes the oldest incidents beyond the limits, and unfinished files that are older than an
  /// hour; not `kept`. How many incidents; none in a folder that is not trusted.
  [[nodiscard]] size_t prune(const IncidentLimits& limits, std::string_view kept) const;

 private:
  int fd_ = -1;
  bool trusted_ = false;
};

}  // namespace rocmfix::hip

#endif
