// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The retry default: amdgpu_gmc_noretry_set() for every GC version and user's
 * value. Where a patch calls rocmfix_noretry_set(): the patched function, with
 * every switch, against the stock one and what the policy promises. Elsewhere
 * the function is not patched, and it is the stock one that has to keep the
 * promise.
 */
#include "amdgpu.h"
#include "rocmfix_chain.h"
#include "rocmfix_fake.h"
#include "rocmfix_series.h"
#include "rocmfix_suites.h"
#include "rocmfix_test_params.h"

/* As the user sets it: -1 auto, 0 retry on, 1 retry off. */
static int rocmfix_noretry_stock(struct rocmfix_gc gc, int user)
{
	if (user == -1)
		return rocmfix_series_noretry(gc.major, gc.minor, gc.rev);
	return user;
}

#ifdef ROCMFIX_NORETRY_HOOK /* set by Kbuild, when rocmfix_noretry.o is linked */
static int rocmfix_noretry_wanted(struct rocmfix_gc gc, int user, bool on)
{
	if (user == -1 && on && rocmfix_gc_is_ours(gc))
		return 1;
	return rocmfix_noretry_stock(gc, user);
}

static void rocmfix_noretry_promise(struct kunit *test, struct amdgpu_device *adev,
				    struct rocmfix_gc gc, int user)
{
	unsigned int on, mtype;

	for (on = 0; on <= 1; on++)
		for (mtype = 0; mtype <= 3; mtype++) {
			rocmfix_test_params_mode(on, mtype);
			adev->gmc.noretry = -7;
			rocmfix_chain.noretry_set(adev);
			KUNIT_EXPECT_EQ_MSG(test, (int)adev->gmc.noretry,
					    rocmfix_noretry_wanted(gc, user, on),
					    "rocmfix=%u rocmfix_mtype=%u amdgpu.noretry=%d",
					    on, mtype, user);
		}
}
#else
static void rocmfix_noretry_promise(struct kunit *test, struct amdgpu_device *adev,
				    struct rocmfix_gc gc, int user)
{
	if (user == -1 && rocmfix_gc_is_ours(gc))
		KUNIT_EXPECT_EQ_MSG(test, (int)adev->gmc.noretry, 1,
				    "the stock driver does not have the default: patch it");
}
#endif

static void rocmfix_noretry_run(struct kunit *test)
{
	struct rocmfix_gc gc = rocmfix_gc_of_case(test);
	struct amdgpu_device *adev = rocmfix_fake_device(test, "rocmfix_fake", gc);
	int user;

	for (user = -1; user <= 1; user++) {
		amdgpu_noretry = user;
		adev->gmc.noretry = -7;
		stock_rocmfix_chain.noretry_set(adev);
		KUNIT_EXPECT_EQ_MSG(test, (int)adev->gmc.noretry, rocmfix_noretry_stock(gc, user),
				    "stock, amdgpu.noretry=%d", user);
		rocmfix_noretry_promise(test, adev, gc, user);
	}
}

static void rocmfix_noretry_exit(struct kunit *test)
{
	amdgpu_noretry = -1;
}

#define ROCMFIX_GC_RUN rocmfix_noretry_run

static struct kunit_case rocmfix_noretry_cases[] = {
#include "rocmfix_gc_list.h"
	{}
};

struct kunit_suite rocmfix_noretry_suite = {
	.name = "rocmfix_noretry",
	.exit = rocmfix_noretry_exit,
	.test_cases = rocmfix_noretry_cases,
};
