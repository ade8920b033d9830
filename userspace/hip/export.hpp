// SPDX-License-Identifier: MIT
#ifndef ROCMFIX_HIP_EXPORT_HPP
#define ROCMFIX_HIP_EXPORT_HPP

#define ROCMFIX_EXPORT __attribute__((visibility("default")))

#endif
