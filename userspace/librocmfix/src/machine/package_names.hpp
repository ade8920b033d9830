// SPDX-License-Identifier: MIT
// Names and places that the DKMS packages' scripts and this library have in common. Made of
// dkms/names, the one copy.
#pragma once

namespace rocmfix::detail::names {

extern const char* const module_package;
extern const char* const livepatch_package;
extern const char* const dkms_directory;
/// A file a kernel, named by its release: what dkms/each-kernel/records.bash describes.
extern const char* const record_directory;
/// Why dkms/load-stock had to load the stock amdgpu since this boot: one line.
extern const char* const refusal_file;
extern const char* const switch_program;
/// Of the key that dkms signs with by default, on Debian and on Ubuntu.
extern const char* const dkms_certificate;
extern const char* const shim_certificate;

}  // namespace rocmfix::detail::names
