// SPDX-License-Identifier: MIT
// Of an initramfs, what a report needs: the entries that another visitor wants, as an image of
// their own. The rest can hold keys. Of modprobe's configuration it has the lines about our
// modules; the others are empty.
#pragma once

#include <string>
#include <string_view>

#include "verify/cpio_stream.hpp"

namespace rocmfix::detail {

class RecordedImage : public CpioVisitor {
 public:
  /// `visitor` outlives it, and is told of everything.
  explicit RecordedImage(CpioVisitor& visitor) : visitor_(visitor) {}

  bool begin(const std::string& path) override;
  void data(std::string_view bytes) override;
  void end() override;

  /// An image in newc format, not packed.
  [[nodiscard]] std::string image() const;

 private:
  CpioVisitor& visitor_;
  std::string path_;
  std::string content_;
  std::string entries_;
};

}  // namespace rocmfix::detail
