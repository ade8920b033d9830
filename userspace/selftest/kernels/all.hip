// SPDX-License-Identifier: MIT
// All kernels, one code object a target.
#include "arithmetic.hip"
#include "lanes.hip"
#include "memory.hip"
#include "kernels.hip"  // of the litmus test
