// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Owns the order: the parameters first, while nobody has set them. */
#include <linux/module.h>

#include "rocmfix_suites.h"

kunit_test_suites(&rocmfix_params_suite,
		  &rocmfix_policy_suite,
		  &rocmfix_noretry_suite,
		  &rocmfix_device_suite,
#ifdef CONFIG_HSA_AMD_SVM
		  &rocmfix_svm_suite,
#endif
		  &rocmfix_mtype_suite);

MODULE_DESCRIPTION("KUnit tests of rocmfix over the driver's own functions");
MODULE_LICENSE("Dual MIT/GPL");
