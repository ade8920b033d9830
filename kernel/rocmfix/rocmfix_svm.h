/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Whether SVM ranges pass rocmfix_pte_apply() in the kernel that this is built
 * for. What its configuration says comes from the kernel's headers, what its
 * source does from the series' rocmfix_compat.h.
 */
#ifndef ROCMFIX_SVM_H
#define ROCMFIX_SVM_H

#include <linux/kconfig.h>

#include "rocmfix_compat.h"
#include "rocmfix_policy.h"

static inline enum rocmfix_policy_svm rocmfix_svm(void)
{
	/* without DEVICE_PRIVATE, as in Debian's 6.1 and 6.12 */
	if (!IS_ENABLED(CONFIG_HSA_AMD_SVM))
		return ROCMFIX_SVM_NONE;
	return ROCMFIX_SVM_PASSES_GET_VM_PTE ? ROCMFIX_SVM_HOOKED :
					       ROCMFIX_SVM_APART;
}

#endif
