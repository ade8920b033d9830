// SPDX-License-Identifier: GPL-2.0 OR MIT
/* A lint of the policy table, and the policy's edges that no mapping reaches. */
#include "../rocmfix/rocmfix_policy.h"
#include "rocmfix_gc_cases.h"
#include "rocmfix_suites.h"

static void every_range_ends_in_its_own_minor(struct kunit *test)
{
	unsigned int i;

	KUNIT_EXPECT_GT(test, rocmfix_policy_count, 0u);
	for (i = 0; i < rocmfix_policy_count; i++) {
		const struct rocmfix_policy *p = &rocmfix_policy_table[i];

		KUNIT_EXPECT_LE_MSG(test, p->gc_first, p->gc_last, "entry %u is empty", i);
		KUNIT_EXPECT_EQ_MSG(test, p->gc_first >> 8, p->gc_last >> 8,
				    "entry %u reaches beyond its minor version", i);
	}
}

static void ranges_are_in_order_and_apart(struct kunit *test)
{
	unsigned int i;

	for (i = 1; i < rocmfix_policy_count; i++)
		KUNIT_EXPECT_LT_MSG(test, rocmfix_policy_table[i - 1].gc_last,
				    rocmfix_policy_table[i].gc_first,
				    "entries %u and %u overlap or are out of order", i - 1, i);
}

static void every_entry_decides_something(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < rocmfix_policy_count; i++)
		KUNIT_EXPECT_TRUE_MSG(test,
				      rocmfix_policy_table[i].noretry ||
				      rocmfix_policy_table[i].mtype,
				      "entry %u does nothing", i);
}

/* All that the encoding can say up to major 31. */
static void nothing_but_rdna1_and_rdna2_is_found(struct kunit *test)
{
	struct rocmfix_gc gc;
	unsigned int wrong = 0;

	for (gc.major = 0; gc.major < 32; gc.major++)
		for (gc.minor = 0; gc.minor < 256; gc.minor++)
			for (gc.rev = 0; gc.rev < 256; gc.rev++) {
				u32 code = (gc.major << 16) | (gc.minor << 8) | gc.rev;

				if (!!rocmfix_policy_find(code) == rocmfix_gc_is_ours(gc))
					continue;
				if (++wrong <= 3)
					KUNIT_FAIL(test, "GC %u.%u.%u: %s", gc.major, gc.minor,
						   gc.rev,
						   rocmfix_gc_is_ours(gc) ? "missing" : "found");
			}
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_NULL(test, rocmfix_policy_find(~0u));
}

static void versions_are_taken_apart_as_put_together(struct kunit *test)
{
	u32 gc = ROCMFIX_GC(10, 3, 255);

	KUNIT_EXPECT_EQ(test, ROCMFIX_GC_MAJOR(gc), 10);
	KUNIT_EXPECT_EQ(test, ROCMFIX_GC_MINOR(gc), 3);
	KUNIT_EXPECT_EQ(test, ROCMFIX_GC_REV(gc), 255);
}

static void unknown_modes_and_owners_change_nothing(struct kunit *test)
{
	static const int modes[] = { -1, 0, 4, 255 };
	unsigned int i, owner, stock;

	for (stock = 0; stock < 8; stock++) {
		for (i = 0; i < ARRAY_SIZE(modes); i++)
			for (owner = 0; owner < 7; owner++)
				KUNIT_EXPECT_EQ(test, stock,
						rocmfix_policy_mtype(modes[i], owner, stock));
		if (stock != 2)
			KUNIT_EXPECT_EQ(test, stock, rocmfix_policy_mtype(3, 99, stock));
	}
}

static void modes_have_names(struct kunit *test)
{
	KUNIT_EXPECT_STREQ(test, rocmfix_policy_mode_name(0), "stock");
	KUNIT_EXPECT_STREQ(test, rocmfix_policy_mode_name(1), "private");
	KUNIT_EXPECT_STREQ(test, rocmfix_policy_mode_name(2), "data");
	KUNIT_EXPECT_STREQ(test, rocmfix_policy_mode_name(3), "all");
	KUNIT_EXPECT_STREQ(test, rocmfix_policy_mode_name(4), "?");
}

/* The numbers are those of the parameter; none, apart and hooked are 0, 1, 2. */
static void private_is_in_force_only_where_svm_is_hooked(struct kunit *test)
{
	static const struct {
		int asked;
		int svm;
		int in_force;
		const char *mtype_svm;
		const char *shortfall;
	} cases[] = {
		{ 0, 0, 0, "none", "" },
		{ 1, 0, 0, "none", "; private has no effect: this kernel has no SVM" },
		{ 2, 0, 2, "none", "" },
		{ 3, 0, 3, "none", "" },
		{ 0, 1, 0, "stock", "" },
		{ 1, 1, 0, "stock",
		  "; private has no effect: SVM does not pass get_vm_pte() in this kernel" },
		{ 2, 1, 2, "stock",
		  "; but stock for SVM, which does not pass get_vm_pte() in this kernel" },
		{ 3, 1, 3, "stock",
		  "; but stock for SVM, which does not pass get_vm_pte() in this kernel" },
		{ 0, 2, 0, "stock", "" },
		{ 1, 2, 1, "private", "" },
		{ 2, 2, 2, "data", "" },
		{ 3, 2, 3, "all", "" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		int mode = rocmfix_policy_in_force(cases[i].asked, cases[i].svm);

		KUNIT_EXPECT_EQ_MSG(test, mode, cases[i].in_force, "case %u", i);
		KUNIT_EXPECT_STREQ_MSG(test,
				       rocmfix_policy_svm_mode_name(mode, cases[i].svm),
				       cases[i].mtype_svm, "case %u", i);
		KUNIT_EXPECT_STREQ_MSG(test,
				       rocmfix_policy_shortfall(cases[i].asked, cases[i].svm),
				       cases[i].shortfall, "case %u", i);
	}
}

static struct kunit_case rocmfix_policy_cases[] = {
	KUNIT_CASE(every_range_ends_in_its_own_minor),
	KUNIT_CASE(ranges_are_in_order_and_apart),
	KUNIT_CASE(every_entry_decides_something),
	KUNIT_CASE(nothing_but_rdna1_and_rdna2_is_found),
	KUNIT_CASE(versions_are_taken_apart_as_put_together),
	KUNIT_CASE(unknown_modes_and_owners_change_nothing),
	KUNIT_CASE(modes_have_names),
	KUNIT_CASE(private_is_in_force_only_where_svm_is_hooked),
	{}
};

struct kunit_suite rocmfix_policy_suite = {
	.name = "rocmfix_policy",
	.test_cases = rocmfix_policy_cases,
};
