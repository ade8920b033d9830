// SPDX-License-Identifier: MIT
// Who called: the object that a return address lies in. The caller is the immediate one. Nothing is
// walked further: without frame pointers that needs the unwinder, which allocates and takes locks.
// So what a library does through a helper of another object is that object's, and a call at the
// very end of a function, which a compiler turns into a jump, belongs to whoever called that
// function.
#ifndef ROCMFIX_HIP_CALLER_HPP
#define ROCMFIX_HIP_CALLER_HPP

#include <string_view>

namespace rocmfix::hip {

/// Views into the object itself: valid while it is loaded, so while its call is under way.
struct CallingObject {
  std::string_view file;    // without its directory; "" for the program and for what is no object
  std::string_view soname;  // "" if it has none
};

/// No lock, no heap, and no copy of the list of objects, which could be stale after a dlclose:
/// glibc's own (_dl_find_object, 2.35) is asked each time.
CallingObject calling_object(const void* return_address);

}  // namespace rocmfix::hip

#endif
