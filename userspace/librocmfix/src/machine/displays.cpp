// SPDX-License-Identifier: MIT
// status_show() in drm_sysfs.c prints connector->status (6.1 to 7.3): it neither probes nor wakes.
#include "machine/displays.hpp"

#include "machine/pci_function.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

std::optional<std::vector<std::string>> connected_displays(const Root& root,
                                                           const std::string& bdf) {
  const std::string drm = formatted("{}/{}/drm", pci_devices, bdf);
  std::optional<std::vector<std::string>> displays;
  for (const std::string& card : root.list(drm)) {
    if (!card.starts_with("card")) {
      continue;
    }
    displays.emplace();
    const std::string prefix = card + "-";
    for (const std::string& name : root.list(formatted("{}/{}", drm, card))) {
      if (name.starts_with(prefix) &&
          root.read_line(formatted("{}/{}/{}/status", drm, card, name)) == "connected") {
        displays->push_back(name.substr(prefix.size()));
      }
    }
    break;
  }
  return displays;
}

}  // namespace rocmfix::detail
