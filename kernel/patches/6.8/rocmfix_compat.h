/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Series 6.8: what kernel/rocmfix/ has to be told of this series. It lacks nothing
 * that the common files take for granted.
 */
#ifndef ROCMFIX_COMPAT_H
#define ROCMFIX_COMPAT_H

/* svm_range_get_pte_flags() makes the whole entry itself. */
#define ROCMFIX_SVM_PASSES_GET_VM_PTE 0

#endif
