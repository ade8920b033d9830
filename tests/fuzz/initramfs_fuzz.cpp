// SPDX-License-Identifier: MIT
// libFuzzer target: any bytes as an initramfs. Besides what the sanitizers find, and libFuzzer's
// own limits of time and memory, it holds that what is found is named, and that an error has words.
#include "fuzzing.hpp"
#include "verify/initramfs.hpp"

using namespace rocmfix;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Machine machine;
  machine.put("/boot/initrd.img-6.1.0", fuzz::text_of(data, size));
  const Root root = machine.root();
  const auto image = detail::read_initramfs(root, "6.1.0");
  if (!image) {
    require(!image.error().what.empty(), "an error's words");
    return 0;
  }
  require(image->has_value(), "the image is there");
  for (const auto& module : {(*image)->amdgpu, (*image)->livepatch}) {
    require(!module || *module || !module->error().what.empty(), "an error's words");
  }
  for (const auto& line : (*image)->lines) {
    require(detail::is_modprobe_file(line.file), "a line of a file that modprobe does not read");
  }
  return 0;
}
