/* SPDX-License-Identifier: MIT */
/* Where Debian keeps the header that linux/kfd_ioctl.h asks for: libdrm-dev has it. */
#include <libdrm/drm.h>
