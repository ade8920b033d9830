/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Series 6.12: what kernel/rocmfix/ takes for granted and this series lacks.
 * Nothing.
 */
#ifndef ROCMFIX_COMPAT_H
#define ROCMFIX_COMPAT_H
#endif
