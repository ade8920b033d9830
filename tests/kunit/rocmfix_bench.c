// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What get_vm_pte() costs, stock and patched: the CPU's counter over many
 * calls, when 1 is written to the module's parameter bench. The figures mean
 * instructions in a guest whose counter counts them (bench/kernel boots such a
 * one) and nothing elsewhere.
 */
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <asm/msr.h>
#include <uapi/linux/kfd_ioctl.h>

#include "amdgpu.h"
#include "amdgpu_amdkfd.h"
#include "amdgpu_object.h"
#include "amdgpu_vm.h"
#include "../rocmfix/rocmfix_device.h"
#include "rocmfix_chain.h"
#include "rocmfix_fake.h"
#include "rocmfix_series.h"
#include "rocmfix_test_params.h"

#define ROCMFIX_BENCH_CALLS 10000

/* Where a BO has this flag, KFD sets it as it was asked. */
#ifdef AMDGPU_GEM_CREATE_COHERENT
#define ROCMFIX_BENCH_BO_COHERENT AMDGPU_GEM_CREATE_COHERENT
#else
#define ROCMFIX_BENCH_BO_COHERENT 0
#endif

static const struct rocmfix_gc navi10 = { 10, 1, 10 };

/* Of a compute process: an SVM range, or a KFD BO, plain or coherent. */
struct rocmfix_bench_mapping {
	const char *name;
	bool svm;
	u32 alloc_flags;
	u64 bo_flags;
	u64 pte_flags;
};

static const struct rocmfix_bench_mapping rocmfix_bench_mappings[] = {
	{
		.name = "plain VRAM, NC",
		.alloc_flags = KFD_IOC_ALLOC_MEM_FLAGS_VRAM,
		.pte_flags = AMDGPU_PTE_VALID,
	},
	{
		.name = "SVM in VRAM, UC",
		.svm = true,
		.pte_flags = AMDGPU_PTE_VALID,
	},
	{
		.name = "coherent VRAM, UC",
		.alloc_flags = KFD_IOC_ALLOC_MEM_FLAGS_VRAM |
			       KFD_IOC_ALLOC_MEM_FLAGS_COHERENT,
		.bo_flags = ROCMFIX_BENCH_BO_COHERENT,
		.pte_flags = AMDGPU_PTE_VALID,
	},
	{
		.name = "coherent system memory, UC",
		.alloc_flags = KFD_IOC_ALLOC_MEM_FLAGS_GTT |
			       KFD_IOC_ALLOC_MEM_FLAGS_COHERENT,
		.bo_flags = ROCMFIX_BENCH_BO_COHERENT,
		.pte_flags = AMDGPU_PTE_VALID | AMDGPU_PTE_SYSTEM |
			     AMDGPU_PTE_SNOOPED,
	},
};

struct rocmfix_bench {
	struct amdgpu_device *adev;
	struct amdgpu_vm vm;
	struct amdgpu_bo bo;
	struct kgd_mem mem;
	struct rocmfix_series_mapping mapping;
};

/* Instead of get_vm_pte(): the loop, the call and the return alone. */
static noinline void rocmfix_bench_empty(void)
{
	barrier();
}

static const struct amdgpu_gmc_funcs rocmfix_bench_empty_funcs = {
	.get_vm_pte = (void *)rocmfix_bench_empty,
};

static u64 rocmfix_bench_count(struct rocmfix_bench *b, u64 pte_flags)
{
	unsigned long irq;
	unsigned int i;
	u64 begin, end;

	local_irq_save(irq);
	begin = rdtsc_ordered();
	for (i = 0; i < ROCMFIX_BENCH_CALLS; i++) {
		u64 flags = pte_flags;

		rocmfix_series_get(b->adev, &b->mapping, &flags);
	}
	end = rdtsc_ordered();
	local_irq_restore(irq);
	return end - begin;
}

static void rocmfix_bench_run(struct rocmfix_bench *b, const char *build,
			      const struct rocmfix_chain *chain)
{
	const struct rocmfix_bench_mapping *m;
	unsigned int i;
	u64 request;

	for (i = 0; i < ARRAY_SIZE(rocmfix_bench_mappings); i++) {
		m = &rocmfix_bench_mappings[i];
		b->vm.is_compute_context = true;
		b->bo.flags = m->bo_flags;
		b->bo.kfd_bo = &b->mem;
		b->bo.tbo.bdev = &b->adev->mman.bdev;
		b->mem.bo = &b->bo;
		b->mem.alloc_flags = m->alloc_flags;
		stock_rocmfix_chain.set_funcs(b->adev);
		if (m->svm)
			request = stock_rocmfix_chain.gem_request(b->adev,
								  AMDGPU_VM_MTYPE_UC);
		else
			request = stock_rocmfix_chain.kfd_request(b->adev, &b->vm,
								  &b->mem);
		rocmfix_series_map(&b->mapping, &b->vm, m->svm ? NULL : &b->bo,
				   request);
		if (chain)
			chain->set_funcs(b->adev);
		else
			b->adev->gmc.gmc_funcs = &rocmfix_bench_empty_funcs;
		pr_info("rocmfix bench: %s; %s; %llu in %u\n", build, m->name,
			rocmfix_bench_count(b, m->pte_flags), ROCMFIX_BENCH_CALLS);
	}
}

static void rocmfix_bench_mode(struct rocmfix_bench *b, const char *build,
			       unsigned int rocmfix, unsigned int mtype)
{
	rocmfix_test_params_mode(rocmfix, mtype);
	if (rocmfix_device_add(b->adev))
		return;
	rocmfix_bench_run(b, build, &rocmfix_chain);
	rocmfix_device_remove(b->adev->dev);
}

static int rocmfix_bench_set(const char *val, const struct kernel_param *kp)
{
	struct rocmfix_bench *b = kzalloc(sizeof(*b), GFP_KERNEL);

	if (!b)
		return -ENOMEM;
	b->adev = rocmfix_fake_make("rocmfix_bench", navi10);
	if (!b->adev) {
		kfree(b);
		return -ENOMEM;
	}
	rocmfix_bench_run(b, "empty", NULL);
	rocmfix_bench_run(b, "stock", &stock_rocmfix_chain);
	rocmfix_bench_mode(b, "rocmfix=0", 0, 1);
	rocmfix_bench_mode(b, "rocmfix_mtype=0", 1, 0);
	rocmfix_bench_mode(b, "rocmfix_mtype=1", 1, 1);
	rocmfix_bench_mode(b, "rocmfix_mtype=2", 1, 2);
	rocmfix_bench_mode(b, "rocmfix_mtype=3", 1, 3);
	rocmfix_fake_destroy(b->adev);
	kfree(b);
	return 0;
}

static const struct kernel_param_ops rocmfix_bench_ops = {
	.set = rocmfix_bench_set,
};

module_param_cb(bench, &rocmfix_bench_ops, NULL, 0200);
MODULE_PARM_DESC(bench, "write 1: count what get_vm_pte() costs");
