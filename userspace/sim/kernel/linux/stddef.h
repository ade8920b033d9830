/* SPDX-License-Identifier: MIT */
/* As much of the kernel's header as rocmfix_policy.c uses: NULL. */
#ifndef ROCMFIX_SIM_LINUX_STDDEF_H
#define ROCMFIX_SIM_LINUX_STDDEF_H
#include <stddef.h>
#endif
