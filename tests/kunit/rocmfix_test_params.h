/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The parameters, set and read as the kernel does it. */
#ifndef ROCMFIX_TEST_PARAMS_H
#define ROCMFIX_TEST_PARAMS_H

/* @name: "rocmfix" or "rocmfix_mtype". What the parameter's setter returns. */
int rocmfix_test_params_set(const char *name, const char *value);

/* Into @page, which has to be one; what the parameter's getter returns. */
int rocmfix_test_params_get(const char *name, char *page);

/* Both of them. */
void rocmfix_test_params_mode(unsigned int rocmfix, unsigned int mtype);

#endif
