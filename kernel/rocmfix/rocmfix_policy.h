/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The policy: which GC versions are touched, and what is decided for them.
 * Pure: no amdgpu structure, no parameter, no state, no kernel version. The
 * callers find out the facts and carry out the decision; the same two files
 * serve every way of getting the policy into a kernel, and its tests.
 */
#ifndef ROCMFIX_POLICY_H
#define ROCMFIX_POLICY_H

#include <linux/types.h>

/* Our own encoding: amdgpu's IP_VERSION() changed its layout between series. */
#define ROCMFIX_GC(major, minor, rev) (((major) << 16) | ((minor) << 8) | (rev))
#define ROCMFIX_GC_MAJOR(gc) ((gc) >> 16)
#define ROCMFIX_GC_MINOR(gc) (((gc) >> 8) & 0xff)
#define ROCMFIX_GC_REV(gc) ((gc) & 0xff)

/* MTYPE of a GFX10 page-table entry, bits 50:48 (navi10_enum.h has the same). */
enum rocmfix_policy_pte_mtype {
	ROCMFIX_PTE_NC = 0,
	ROCMFIX_PTE_WC = 1,
	ROCMFIX_PTE_CC = 2,
	ROCMFIX_PTE_UC = 3,
};

/* The values of the parameter rocmfix_mtype. Each includes those before it. */
enum rocmfix_policy_mode {
	/* nothing is changed */
	ROCMFIX_MODE_STOCK = 0,
	/* NC where nobody but this GPU can see the memory while it is mapped so */
	ROCMFIX_MODE_PRIVATE = 1,
	/* and for data: right if it is exchanged at kernel boundaries only */
	ROCMFIX_MODE_DATA = 2,
	/* and for signals, queues and kernel arguments: experimental */
	ROCMFIX_MODE_ALL = 3,
};

/* How SVM ranges get their page-table entries in a kernel. */
enum rocmfix_policy_svm {
	/* there are no SVM ranges */
	ROCMFIX_SVM_NONE,
	/* not by way of get_vm_pte(): the policy has no say in them */
	ROCMFIX_SVM_APART,
	/* like every other mapping */
	ROCMFIX_SVM_HOOKED,
};

/* Whose mapping an entry belongs to, and where the memory is now. */
enum rocmfix_policy_owner {
	/* graphics, imports, peers' memory, doorbells, MMIO: their MTYPE is meant */
	ROCMFIX_OWNER_OTHER,
	/* a KFD BO in this GPU's own VRAM */
	ROCMFIX_OWNER_KFD_VRAM,
	/* a KFD BO in system memory: GTT, USERPTR, or evicted from VRAM */
	ROCMFIX_OWNER_KFD_SYSTEM,
	/* an SVM range in this GPU's own VRAM */
	ROCMFIX_OWNER_SVM_VRAM,
	/* an SVM range in system memory */
	ROCMFIX_OWNER_SVM_SYSTEM,
};

struct rocmfix_policy {
	u32 gc_first;		/* ROCMFIX_GC(), inclusive */
	u32 gc_last;		/* ROCMFIX_GC(), inclusive */
	bool noretry;		/* gmc.noretry when amdgpu.noretry is -1 (auto) */
	bool mtype;		/* rocmfix_mtype applies */
};

extern const struct rocmfix_policy rocmfix_policy_table[];
extern const unsigned int rocmfix_policy_count;

/* The entry for @gc (ROCMFIX_GC()), or NULL: leave that GPU alone. */
const struct rocmfix_policy *rocmfix_policy_find(u32 gc);

/* The MTYPE to write where the stock driver would write @stock. */
unsigned int rocmfix_policy_mtype(enum rocmfix_policy_mode mode,
				  enum rocmfix_policy_owner owner,
				  unsigned int stock);

/*
 * The mode that is in force in such a kernel when @asked is requested: private
 * applies to SVM ranges alone.
 */
enum rocmfix_policy_mode rocmfix_policy_in_force(enum rocmfix_policy_mode asked,
						 enum rocmfix_policy_svm svm);

/* How that falls short of @asked, for the end of a log line; "": it does not. */
const char *rocmfix_policy_shortfall(enum rocmfix_policy_mode asked,
				     enum rocmfix_policy_svm svm);

/* The mode in force for SVM ranges, "none" where there are none. */
const char *rocmfix_policy_svm_mode_name(enum rocmfix_policy_mode mode,
					 enum rocmfix_policy_svm svm);

/* "stock", "private", "data", "all"; "?" for anything else. */
const char *rocmfix_policy_mode_name(enum rocmfix_policy_mode mode);

#endif
