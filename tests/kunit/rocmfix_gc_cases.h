/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* One KUnit case for each GC version of rocmfix_gc_list.h. */
#ifndef ROCMFIX_GC_CASES_H
#define ROCMFIX_GC_CASES_H

#include <kunit/test.h>

/* ROCMFIX_GC_RUN is the function that they run. */
#define ROCMFIX_GC_CASE(major, minor, rev) \
	{ .run_case = ROCMFIX_GC_RUN, .name = "gc_" #major "_" #minor "_" #rev }

struct rocmfix_gc {
	unsigned int major;
	unsigned int minor;
	unsigned int rev;
};

/* From the name of the running case. */
static inline struct rocmfix_gc rocmfix_gc_of_case(struct kunit *test)
{
	struct rocmfix_gc gc;
	int got;

	got = sscanf(test->name, "gc_%u_%u_%u", &gc.major, &gc.minor, &gc.rev);
	KUNIT_ASSERT_EQ(test, got, 3);
	return gc;
}

/* RDNA1 and RDNA2, by what AMD calls them. */
static inline bool rocmfix_gc_is_ours(struct rocmfix_gc gc)
{
	if (gc.major == 10) {
		if (gc.minor == 1)
			return true;
		if (gc.minor == 3)
			return true;
	}
	return false;
}

#endif
