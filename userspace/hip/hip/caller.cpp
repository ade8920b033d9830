// SPDX-License-Identifier: MIT
#include "hip/caller.hpp"

#include <dlfcn.h>
#include <link.h>

#include <cstdint>

namespace rocmfix::hip {

namespace {

/// The dynamic section of a loaded object; its addresses are relocated in place unless the section
/// is read-only.
std::string_view soname_of(const link_map& object) {
  if (object.l_ld == nullptr) {
    return {};
  }
  uint64_t strings = 0;
  uint64_t offset = 0;
  for (const ElfW(Dyn)* entry = object.l_ld; entry->d_tag != DT_NULL; ++entry) {
    if (entry->d_tag == DT_STRTAB) {
      strings = entry->d_un.d_ptr;
    } else if (entry->d_tag == DT_SONAME) {
      offset = entry->d_un.d_val;
    }
  }
  if (strings == 0 || offset == 0) {
    return {};
  }
  if (strings < object.l_addr) {
    strings += object.l_addr;
  }
  // NOLINTNEXTLINE(performance-no-int-to-ptr): where the loader has mapped it
  return reinterpret_cast<const char*>(strings + offset);
}

}  // namespace

CallingObject calling_object(const void* return_address) {
  if (return_address == nullptr) {
    return {};
  }
  dl_find_object found{};
  // A call can be the last instruction of its object: the return address is then outside.
  auto* const call = const_cast<char*>(static_cast<const char*>(return_address)) - 1;
  if (_dl_find_object(call, &found) != 0 || found.dlfo_link_map == nullptr) {
    return {};
  }
  const link_map& object = *found.dlfo_link_map;
  CallingObject caller;
  caller.file = object.l_name == nullptr ? "" : object.l_name;
  caller.file.remove_prefix(caller.file.rfind('/') + 1);  // npos + 1 is 0
  caller.soname = soname_of(object);
  return caller;
}

}  // namespace rocmfix::hip
