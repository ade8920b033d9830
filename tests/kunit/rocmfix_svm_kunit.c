// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The page-table entries of SVM ranges, as svm_range_get_pte_flags() makes
 * them: patched, stock, and a reference after the table in kernel/README.md.
 * One case a GC version. Only where the kernel has SVM.
 */
#include <linux/bitfield.h>
#include <uapi/linux/kfd_ioctl.h>

#include "amdgpu.h"
#include "amdgpu_vm.h"
#include "../rocmfix/rocmfix_device.h"
#include "rocmfix_chain.h"
#include "rocmfix_fake.h"
#include "rocmfix_mtype_modes.h"
#include "rocmfix_series.h"
#include "rocmfix_suites.h"
#include "rocmfix_test_params.h"

static const u32 rocmfix_svm_flags[] = {
	KFD_IOCTL_SVM_FLAG_COHERENT,
	KFD_IOCTL_SVM_FLAG_EXT_COHERENT,
	KFD_IOCTL_SVM_FLAG_GPU_EXEC,
	KFD_IOCTL_SVM_FLAG_GPU_RO,
	KFD_IOCTL_SVM_FLAG_GPU_READ_MOSTLY,
};

static bool rocmfix_svm_is_coherent(const struct rocmfix_chain_range *range)
{
	if (range->flags & KFD_IOCTL_SVM_FLAG_COHERENT)
		return true;
	if (range->flags & KFD_IOCTL_SVM_FLAG_EXT_COHERENT)
		return true;
	return false;
}

static unsigned int rocmfix_svm_wanted(struct rocmfix_mtype_mode mode,
				       const struct rocmfix_chain_range *range)
{
	if (!rocmfix_svm_is_coherent(range))
		return NC;
	if (!rocmfix_series_svm_passes)
		return UC;
	if (mode.rocmfix == 0)
		return UC;
	if (mode.mtype == 0)
		return UC;
	if (range->in_vram)
		return NC;
	if (mode.mtype == 1)
		return UC;
	return NC;
}

static void rocmfix_svm_compare(struct kunit *test, struct amdgpu_device *adev,
				struct amdgpu_vm *vm, struct rocmfix_gc gc,
				struct rocmfix_mtype_mode mode,
				const struct rocmfix_chain_range *range, u64 *forced)
{
	u64 stock, patched, wanted;

	stock_rocmfix_chain.set_funcs(adev);
	stock = stock_rocmfix_chain.svm_pte(adev, vm, range);
	rocmfix_chain.set_funcs(adev);
	patched = rocmfix_chain.svm_pte(adev, vm, range);

	wanted = stock;
	if (rocmfix_gc_is_ours(gc))
		wanted = (stock & ~ROCMFIX_MTYPE_MASK) |
			 ((u64)rocmfix_svm_wanted(mode, range) << ROCMFIX_MTYPE_SHIFT);
	if (wanted != stock)
		*forced += 1;
	if (rocmfix_gc_is_ours(gc))
		KUNIT_EXPECT_EQ_MSG(test, FIELD_GET(ROCMFIX_MTYPE_MASK, stock),
				    (u64)(rocmfix_svm_is_coherent(range) ? UC : NC),
				    "the stock driver: flags %#x", range->flags);
	KUNIT_EXPECT_EQ_MSG(test, patched, wanted,
			    "rocmfix=%u rocmfix_mtype=%u: flags %#x, in %s: %s wanted, %s got",
			    mode.rocmfix, mode.mtype, range->flags,
			    range->in_vram ? "VRAM" : "system memory",
			    rocmfix_mtype_name(FIELD_GET(ROCMFIX_MTYPE_MASK, wanted)),
			    rocmfix_mtype_name(FIELD_GET(ROCMFIX_MTYPE_MASK, patched)));
}

static void rocmfix_svm_run(struct kunit *test)
{
	static const struct rocmfix_mtype_mode modes[] = ROCMFIX_MTYPE_MODES;
	struct rocmfix_gc gc = rocmfix_gc_of_case(test);
	struct amdgpu_device *adev = rocmfix_fake_device(test, "rocmfix_fake", gc);
	struct rocmfix_chain_range range = {};
	struct amdgpu_vm *vm = kunit_kzalloc(test, sizeof(*vm), GFP_KERNEL);
	unsigned int i, bits, bit, place, combinations = 0;
	u64 forced;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, vm);
	/* KFD's VMs are */
	vm->is_compute_context = true;
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		rocmfix_test_params_mode(modes[i].rocmfix, modes[i].mtype);
		KUNIT_ASSERT_EQ(test, rocmfix_device_add(adev), 0);
		forced = 0;
		for (bits = 0; bits < 1 << ARRAY_SIZE(rocmfix_svm_flags); bits++) {
			range.flags = 0;
			for (bit = 0; bit < ARRAY_SIZE(rocmfix_svm_flags); bit++)
				if (bits & (1 << bit))
					range.flags |= rocmfix_svm_flags[bit];
			for (place = 0; place < 2; place++) {
				range.in_vram = place;
				rocmfix_svm_compare(test, adev, vm, gc, modes[i], &range, &forced);
				combinations++;
			}
		}
		KUNIT_EXPECT_EQ_MSG(test, rocmfix_fake_forced(test, adev), forced,
				    "ptes_forced_nc, rocmfix=%u rocmfix_mtype=%u",
				    modes[i].rocmfix, modes[i].mtype);
		rocmfix_device_remove(adev);
	}
	kunit_info(test, "%u combinations", combinations);
}

#define ROCMFIX_GC_RUN rocmfix_svm_run

static struct kunit_case rocmfix_svm_cases[] = {
#include "rocmfix_gc_list.h"
	{}
};

struct kunit_suite rocmfix_svm_suite = {
	.name = "rocmfix_svm",
	.test_cases = rocmfix_svm_cases,
};
