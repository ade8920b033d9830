// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The page-table entry of every kind of mapping: what the patched driver's own
 * functions make of it, compared with the stock driver's and with a reference
 * that follows the table in kernel/README.md line by line and knows nothing of
 * how the policy is written. One case a GC version, all modes and combinations
 * in it.
 */
#include <linux/bitfield.h>
#include <uapi/linux/kfd_ioctl.h>

#include "amdgpu.h"
#include "amdgpu_amdkfd.h"
#include "amdgpu_object.h"
#include "amdgpu_vm.h"
#include "../rocmfix/rocmfix_device.h"
#include "rocmfix_chain.h"
#include "rocmfix_fake.h"
#include "rocmfix_mtype_modes.h"
#include "rocmfix_series.h"
#include "rocmfix_suites.h"
#include "rocmfix_test_params.h"

/* After this many failures a case only counts them. */
#define ROCMFIX_MTYPE_TOLD 5

enum rocmfix_mtype_bo {
	BO_NONE,
	BO_GEM,
	BO_KFD_VRAM,
	BO_KFD_GTT,
	BO_KFD_USERPTR,
	BO_KFD_DOORBELL,
	BO_IMPORT,
	BO_IMPORT_SG,
	BO_COUNT,
};

static const char * const rocmfix_mtype_bo_names[BO_COUNT] = {
	"no BO", "GEM BO", "KFD VRAM BO", "KFD GTT BO", "KFD USERPTR BO", "KFD doorbell",
	"imported BO", "imported sg BO",
};

/* The caching that was asked for when the memory was allocated. */
enum rocmfix_mtype_caching {
	PLAIN = 0,
	COHERENT = 1,
	UNCACHED = 2,
	EXT_COHERENT = 4,
#ifdef AMDGPU_GEM_CREATE_EXT_COHERENT
	CACHING_COUNT = 8,
#else
	CACHING_COUNT = 4,
#endif
};

enum rocmfix_mtype_place {
	IN_VRAM,
	IN_SYSTEM,
	NOT_VALID,
	NOT_VALID_SYSTEM,
	PLACE_COUNT,
};

static const char * const rocmfix_mtype_place_names[PLACE_COUNT] = {
	"in VRAM", "in system memory", "not valid", "not valid, system",
};

static const u64 rocmfix_mtype_place_flags[PLACE_COUNT] = {
	[IN_VRAM] = AMDGPU_PTE_VALID,
	[IN_SYSTEM] = AMDGPU_PTE_VALID | AMDGPU_PTE_SYSTEM | AMDGPU_PTE_SNOOPED,
	[NOT_VALID] = 0,
	[NOT_VALID_SYSTEM] = AMDGPU_PTE_SYSTEM | AMDGPU_PTE_SNOOPED,
};

/* What GEM_VA is asked for; ASKED_KFD: KFD asks by its own flags. */
enum rocmfix_mtype_asked {
	ASKED_DEFAULT,
	ASKED_NC,
	ASKED_WC,
	ASKED_CC,
	ASKED_UC,
	ASKED_RW,
	ASKED_KFD,
	ASKED_COUNT,
};

static const char * const rocmfix_mtype_asked_names[ASKED_COUNT] = {
	"DEFAULT", "NC", "WC", "CC", "UC", "RW", "KFD's",
};

static const u32 rocmfix_mtype_asked_flags[ASKED_COUNT] = {
	AMDGPU_VM_MTYPE_DEFAULT, AMDGPU_VM_MTYPE_NC, AMDGPU_VM_MTYPE_WC, AMDGPU_VM_MTYPE_CC,
	AMDGPU_VM_MTYPE_UC, AMDGPU_VM_MTYPE_RW,
};

/* Pages: what else can be in a request. */
enum rocmfix_mtype_pages {
	EXECUTABLE = 1,
	NOALLOC = 2,
	PRT = 4,
	PAGES_COUNT = 8,
};

struct rocmfix_mtype_mapping {
	enum rocmfix_mtype_bo bo;
	unsigned int caching;
	enum rocmfix_mtype_place place;
	enum rocmfix_mtype_asked asked;
	unsigned int pages;
	bool compute;
};

/* --- the reference ---------------------------------------------------------- */

static unsigned int rocmfix_mtype_stock(const struct rocmfix_mtype_mapping *m)
{
	/* KFD: as it was allocated; NC when nothing was said */
	if (m->asked == ASKED_KFD) {
		if (m->caching == PLAIN)
			return NC;
		return UC;
	}

	/* later series: an uncached BO is uncached for whoever maps it */
	if (rocmfix_series_bo_flags_count) {
		if (m->bo != BO_NONE) {
			if (m->caching != PLAIN)
				return UC;
		}
	}

	if (m->asked == ASKED_WC)
		return WC;
	if (m->asked == ASKED_CC)
		return CC;
	if (m->asked == ASKED_UC)
		return UC;
	return NC;
}

static unsigned int rocmfix_mtype_wanted(struct rocmfix_gc gc, struct rocmfix_mtype_mode mode,
					 const struct rocmfix_mtype_mapping *m)
{
	unsigned int stock = rocmfix_mtype_stock(m);

	if (mode.rocmfix == 0)
		return stock;
	if (mode.mtype == 0)
		return stock;
	if (!rocmfix_gc_is_ours(gc))
		return stock;

	/* private is about SVM ranges, and not every kernel has those here */
	if (mode.mtype == 1) {
		if (!IS_ENABLED(CONFIG_HSA_AMD_SVM))
			return stock;
		if (!rocmfix_series_svm_passes)
			return stock;
	}

	/* only what is mapped: PRT never is */
	if (m->pages & PRT)
		return stock;
	if (m->place == NOT_VALID)
		return stock;
	if (m->place == NOT_VALID_SYSTEM)
		return stock;

	/* a request for CC: from data on */
	if (stock == CC) {
		if (mode.mtype == 1)
			return CC;
		return NC;
	}

	/* NC and WC stay */
	if (stock == NC)
		return NC;
	if (stock == WC)
		return WC;

	/* graphics gets what it asks for */
	if (!m->compute)
		return UC;

	/* an SVM range: its VRAM from private on, all of it from data on */
	if (m->bo == BO_NONE) {
		if (m->place == IN_VRAM)
			return NC;
		if (mode.mtype == 1)
			return UC;
		return NC;
	}

	/* KFD's own memory, by where it is now: VRAM from data on, the rest in all */
	if (m->bo == BO_KFD_VRAM || m->bo == BO_KFD_GTT || m->bo == BO_KFD_USERPTR) {
		if (m->place == IN_VRAM) {
			if (mode.mtype == 1)
				return UC;
			return NC;
		}
		if (m->place == IN_SYSTEM) {
			if (mode.mtype == 3)
				return NC;
			return UC;
		}
	}

	/* doorbells, and what is not KFD's */
	return UC;
}

/* --- the driver ------------------------------------------------------------- */

struct rocmfix_mtype_world {
	struct rocmfix_gc gc;
	struct amdgpu_device *adev;
	struct amdgpu_vm *vm;
	struct amdgpu_bo *bo;
	struct kgd_mem *mem;
};

static u32 rocmfix_mtype_alloc_flags(const struct rocmfix_mtype_mapping *m)
{
	static const u32 domains[BO_COUNT] = {
		[BO_GEM] = KFD_IOC_ALLOC_MEM_FLAGS_VRAM,
		[BO_KFD_VRAM] = KFD_IOC_ALLOC_MEM_FLAGS_VRAM,
		[BO_KFD_GTT] = KFD_IOC_ALLOC_MEM_FLAGS_GTT,
		[BO_KFD_USERPTR] = KFD_IOC_ALLOC_MEM_FLAGS_USERPTR,
		[BO_KFD_DOORBELL] = KFD_IOC_ALLOC_MEM_FLAGS_DOORBELL,
		[BO_IMPORT] = KFD_IOC_ALLOC_MEM_FLAGS_VRAM,
		[BO_IMPORT_SG] = KFD_IOC_ALLOC_MEM_FLAGS_VRAM,
	};
	u32 flags = domains[m->bo] | KFD_IOC_ALLOC_MEM_FLAGS_WRITABLE;

	if (m->caching & COHERENT)
		flags |= KFD_IOC_ALLOC_MEM_FLAGS_COHERENT;
	if (m->caching & UNCACHED)
		flags |= KFD_IOC_ALLOC_MEM_FLAGS_UNCACHED;
#ifdef KFD_IOC_ALLOC_MEM_FLAGS_EXT_COHERENT
	if (m->caching & EXT_COHERENT)
		flags |= KFD_IOC_ALLOC_MEM_FLAGS_EXT_COHERENT;
#endif
	if (m->pages & EXECUTABLE)
		flags |= KFD_IOC_ALLOC_MEM_FLAGS_EXECUTABLE;
	return flags;
}

/* KFD gives a BO the flags of the allocation. */
static u64 rocmfix_mtype_bo_flags(const struct rocmfix_mtype_mapping *m)
{
	u64 flags = 0;

#ifdef AMDGPU_GEM_CREATE_COHERENT
	if (m->caching & COHERENT)
		flags |= AMDGPU_GEM_CREATE_COHERENT;
#endif
#ifdef AMDGPU_GEM_CREATE_UNCACHED
	if (m->caching & UNCACHED)
		flags |= AMDGPU_GEM_CREATE_UNCACHED;
#endif
#ifdef AMDGPU_GEM_CREATE_EXT_COHERENT
	if (m->caching & EXT_COHERENT)
		flags |= AMDGPU_GEM_CREATE_EXT_COHERENT;
#endif
	return flags;
}

static void rocmfix_mtype_set_up(struct rocmfix_mtype_world *w,
				 const struct rocmfix_mtype_mapping *m)
{
	bool kfd = m->bo >= BO_KFD_VRAM && m->bo <= BO_KFD_DOORBELL;

	w->vm->is_compute_context = m->compute;
	w->bo->flags = rocmfix_mtype_bo_flags(m);
	w->bo->kfd_bo = kfd ? w->mem : NULL;
	w->bo->tbo.bdev = &w->adev->mman.bdev;
	w->bo->tbo.type = m->bo == BO_KFD_DOORBELL || m->bo == BO_IMPORT_SG ? ttm_bo_type_sg :
									      ttm_bo_type_device;
	w->mem->bo = w->bo;
	w->mem->alloc_flags = rocmfix_mtype_alloc_flags(m);
}

static u64 rocmfix_mtype_pte(const struct rocmfix_chain *chain, struct rocmfix_mtype_world *w,
			     const struct rocmfix_mtype_mapping *m)
{
	u32 va_flags = AMDGPU_VM_PAGE_READABLE | AMDGPU_VM_PAGE_WRITEABLE;
	u64 request;

	chain->set_funcs(w->adev);
	if (m->asked == ASKED_KFD) {
		request = chain->kfd_request(w->adev, w->vm, w->mem);
	} else {
		va_flags |= rocmfix_mtype_asked_flags[m->asked];
		if (m->pages & EXECUTABLE)
			va_flags |= AMDGPU_VM_PAGE_EXECUTABLE;
		if (m->pages & NOALLOC)
			va_flags |= AMDGPU_VM_PAGE_NOALLOC;
		if (m->pages & PRT)
			va_flags |= AMDGPU_VM_PAGE_PRT;
		request = chain->gem_request(w->adev, va_flags);
	}
	return chain->pte(w->adev, w->vm, m->bo == BO_NONE ? NULL : w->bo, request,
			  rocmfix_mtype_place_flags[m->place]);
}

/* --- the comparison --------------------------------------------------------- */

struct rocmfix_mtype_tally {
	unsigned int combinations;
	unsigned int forced;
	unsigned int wrong;
};

static void rocmfix_mtype_tell(struct kunit *test, struct rocmfix_mtype_mode mode,
			       const struct rocmfix_mtype_mapping *m, const char *what,
			       u64 want, u64 got)
{
	KUNIT_FAIL(test,
		   "rocmfix=%u rocmfix_mtype=%u: %s, caching%s%s%s%s, %s, asked for %s,%s%s%s %s VM: %s: %s (%#llx) wanted, %s (%#llx) got",
		   mode.rocmfix, mode.mtype, rocmfix_mtype_bo_names[m->bo],
		   m->caching ? "" : " plain", m->caching & COHERENT ? " COHERENT" : "",
		   m->caching & UNCACHED ? " UNCACHED" : "",
		   m->caching & EXT_COHERENT ? " EXT_COHERENT" : "",
		   rocmfix_mtype_place_names[m->place], rocmfix_mtype_asked_names[m->asked],
		   m->pages & EXECUTABLE ? " X," : "", m->pages & NOALLOC ? " NOALLOC," : "",
		   m->pages & PRT ? " PRT," : "", m->compute ? "compute" : "graphics", what,
		   rocmfix_mtype_name(FIELD_GET(ROCMFIX_MTYPE_MASK, want)), want,
		   rocmfix_mtype_name(FIELD_GET(ROCMFIX_MTYPE_MASK, got)), got);
}

static u64 rocmfix_mtype_with(u64 pte, unsigned int mtype)
{
	return (pte & ~ROCMFIX_MTYPE_MASK) | ((u64)mtype << ROCMFIX_MTYPE_SHIFT);
}

static void rocmfix_mtype_compare(struct kunit *test, struct rocmfix_mtype_world *w,
				  struct rocmfix_mtype_mode mode,
				  const struct rocmfix_mtype_mapping *m,
				  struct rocmfix_mtype_tally *tally)
{
	u64 stock, patched, wanted;

	rocmfix_mtype_set_up(w, m);
	stock = rocmfix_mtype_pte(&stock_rocmfix_chain, w, m);
	patched = rocmfix_mtype_pte(&rocmfix_chain, w, m);
	/* all other bits are the stock driver's */
	wanted = rocmfix_mtype_with(stock, rocmfix_mtype_wanted(w->gc, mode, m));
	tally->combinations++;
	if (wanted != stock)
		tally->forced++;

	if (stock != rocmfix_mtype_with(stock, rocmfix_mtype_stock(m)) &&
	    ++tally->wrong <= ROCMFIX_MTYPE_TOLD)
		rocmfix_mtype_tell(test, mode, m, "the stock driver",
				   rocmfix_mtype_with(stock, rocmfix_mtype_stock(m)), stock);
	if (patched != wanted && ++tally->wrong <= ROCMFIX_MTYPE_TOLD)
		rocmfix_mtype_tell(test, mode, m, "the patched driver", wanted, patched);
}

/* Memory without a BO was not allocated; KFD has always one, and asks for no more. */
static bool rocmfix_mtype_exists(const struct rocmfix_mtype_mapping *m)
{
	if (m->bo == BO_NONE && (m->caching != PLAIN || m->asked == ASKED_KFD))
		return false;
	return m->asked != ASKED_KFD || !(m->pages & ~EXECUTABLE);
}

/* The product of all properties, counted through. False: past its end. */
static bool rocmfix_mtype_nth(unsigned int n, struct rocmfix_mtype_mapping *m)
{
	m->compute = n % 2;
	n /= 2;
	m->pages = n % PAGES_COUNT;
	n /= PAGES_COUNT;
	m->asked = n % ASKED_COUNT;
	n /= ASKED_COUNT;
	m->place = n % PLACE_COUNT;
	n /= PLACE_COUNT;
	m->caching = n % CACHING_COUNT;
	n /= CACHING_COUNT;
	m->bo = n;
	return n < BO_COUNT;
}

static void rocmfix_mtype_all_mappings(struct kunit *test, struct rocmfix_mtype_world *w,
				       struct rocmfix_mtype_mode mode,
				       struct rocmfix_mtype_tally *tally)
{
	struct rocmfix_mtype_mapping m;
	unsigned int n;

	for (n = 0; rocmfix_mtype_nth(n, &m); n++)
		if (rocmfix_mtype_exists(&m))
			rocmfix_mtype_compare(test, w, mode, &m, tally);
}

static struct rocmfix_mtype_world rocmfix_mtype_world(struct kunit *test, struct rocmfix_gc gc)
{
	struct rocmfix_mtype_world w = { .gc = gc };

	w.adev = rocmfix_fake_device(test, "rocmfix_fake", gc);
	w.vm = kunit_kzalloc(test, sizeof(*w.vm), GFP_KERNEL);
	w.bo = kunit_kzalloc(test, sizeof(*w.bo), GFP_KERNEL);
	w.mem = kunit_kzalloc(test, sizeof(*w.mem), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, w.vm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, w.bo);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, w.mem);
	return w;
}

/*
 * A second card that the policy is for, so that nothing in common to all cards
 * (the static key) is what spares the first.
 */
static struct amdgpu_device *rocmfix_mtype_bystander(struct kunit *test)
{
	static const struct rocmfix_gc navi21 = { 10, 3, 0 };

	return rocmfix_fake_device(test, "rocmfix_bystander", navi21);
}

static void rocmfix_mtype_run(struct kunit *test)
{
	static const struct rocmfix_mtype_mode modes[] = ROCMFIX_MTYPE_MODES;
	struct rocmfix_mtype_world w = rocmfix_mtype_world(test, rocmfix_gc_of_case(test));
	struct amdgpu_device *bystander = rocmfix_mtype_bystander(test);
	struct rocmfix_mtype_tally tally = {};
	unsigned int i, before;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		rocmfix_test_params_mode(1, 3);
		KUNIT_ASSERT_EQ(test, rocmfix_device_add(bystander), 0);
		rocmfix_test_params_mode(modes[i].rocmfix, modes[i].mtype);
		KUNIT_ASSERT_EQ(test, rocmfix_device_add(w.adev), 0);

		before = tally.forced;
		rocmfix_mtype_all_mappings(test, &w, modes[i], &tally);
		KUNIT_EXPECT_EQ_MSG(test, rocmfix_fake_forced(test, w.adev),
				    (u64)(tally.forced - before),
				    "ptes_forced_nc, rocmfix=%u rocmfix_mtype=%u",
				    modes[i].rocmfix, modes[i].mtype);
		KUNIT_EXPECT_EQ_MSG(test, rocmfix_fake_forced(test, bystander), 0ULL,
				    "another card's entries were counted");
		rocmfix_device_remove(w.adev->dev);
		rocmfix_device_remove(bystander->dev);
	}
	if (tally.wrong > ROCMFIX_MTYPE_TOLD)
		KUNIT_FAIL(test, "%u more combinations are wrong",
			   tally.wrong - ROCMFIX_MTYPE_TOLD);
	KUNIT_EXPECT_EQ_MSG(test, tally.forced > 0, rocmfix_gc_is_ours(w.gc),
			    "is anything changed?");
	kunit_info(test, "%u combinations, %u of them not as stock", tally.combinations,
		   tally.forced);
}

/* Not added: as good as not there, whatever the parameters say. */
static void a_card_that_was_not_added_is_stock(struct kunit *test)
{
	static const struct rocmfix_gc navi10 = { 10, 1, 10 };
	static const struct rocmfix_mtype_mode off = { 0, 0 };
	struct rocmfix_mtype_world w = rocmfix_mtype_world(test, navi10);
	struct amdgpu_device *bystander = rocmfix_mtype_bystander(test);
	struct rocmfix_mtype_tally tally = {};

	rocmfix_test_params_mode(1, 3);
	rocmfix_mtype_all_mappings(test, &w, off, &tally);
	KUNIT_ASSERT_EQ(test, rocmfix_device_add(bystander), 0);
	rocmfix_mtype_all_mappings(test, &w, off, &tally);
	KUNIT_ASSERT_EQ(test, rocmfix_device_add(w.adev), 0);
	rocmfix_device_remove(w.adev->dev);
	rocmfix_mtype_all_mappings(test, &w, off, &tally);
	KUNIT_EXPECT_EQ(test, tally.wrong, 0);
}

#define ROCMFIX_GC_RUN rocmfix_mtype_run

static struct kunit_case rocmfix_mtype_cases[] = {
	KUNIT_CASE(a_card_that_was_not_added_is_stock),
#include "rocmfix_gc_list.h"
	{}
};

struct kunit_suite rocmfix_mtype_suite = {
	.name = "rocmfix_mtype",
	.test_cases = rocmfix_mtype_cases,
};
