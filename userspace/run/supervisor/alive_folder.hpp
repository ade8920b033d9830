// SPDX-License-Identifier: MIT
// The folder in which the command's processes show that they are alive (hip/alive/alive_file.hpp).
// It is made for this user alone, for one supervised command, and removed with what is in it.
//
// Refuses to: believe what it reads. A file counts if it is this user's own, of the right size and
// name, and says no more than that something has changed.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "alive/alive_file.hpp"
#include "rocmfix/error.hpp"

namespace rocmfix::run {

struct AliveProcess {
  pid_t pid = 0;
  std::string name;      ///< of its file: who it is, also when its number is used again
  bool running = false;  ///< it is the process that wrote the file, and has not ended
  hip::AliveFile file{};
};

class AliveFolder {
 public:
  /// In XDG_RUNTIME_DIR, else in TMPDIR or /tmp. Errors: io.
  static Result<AliveFolder> make();
  AliveFolder(AliveFolder&& other) noexcept;
  AliveFolder& operator=(AliveFolder&&) = delete;
  AliveFolder(const AliveFolder&) = delete;
  AliveFolder& operator=(const AliveFolder&) = delete;
  ~AliveFolder();

  [[nodiscard]] const std::string& path() const { return path_; }
  /// By process number. Some hundred at most.
  [[nodiscard]] std::vector<AliveProcess> read() const;
  /// For the next attempt, in which what an earlier one did is no sign of life.
  void clear() const;

 private:
  AliveFolder(std::string path, int fd);

  std::string path_;
  int fd_ = -1;
};

}  // namespace rocmfix::run
