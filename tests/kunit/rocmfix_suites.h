/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The suites; each is a file of the same name. */
#ifndef ROCMFIX_SUITES_H
#define ROCMFIX_SUITES_H

#include <kunit/test.h>

extern struct kunit_suite rocmfix_device_suite;
extern struct kunit_suite rocmfix_mtype_suite;
extern struct kunit_suite rocmfix_noretry_suite;
extern struct kunit_suite rocmfix_params_suite;
extern struct kunit_suite rocmfix_policy_suite;
extern struct kunit_suite rocmfix_svm_suite;

#endif
