// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * amdgpu.rocmfix and amdgpu.rocmfix_mtype: the numbers and names that are
 * accepted, what sysfs shows, and what counts as 0.
 */
#include <linux/gfp.h>

#include "../rocmfix/rocmfix_params.h"
#include "rocmfix_klog.h"
#include "rocmfix_suites.h"
#include "rocmfix_test_params.h"

static void rocmfix_params_expect(struct kunit *test, const char *name,
				  const char *want)
{
	char *page = (char *)get_zeroed_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, page);
	KUNIT_EXPECT_EQ(test, rocmfix_test_params_get(name, page),
			(int)strlen(want));
	KUNIT_EXPECT_STREQ(test, page, want);
	free_page((unsigned long)page);
}

static void default_is_on_and_private(struct kunit *test)
{
	rocmfix_params_expect(test, "rocmfix", "1\n");
	rocmfix_params_expect(test, "rocmfix_mtype", "1\n");
	KUNIT_EXPECT_TRUE(test, rocmfix_params_enabled());
	KUNIT_EXPECT_EQ(test, (int)rocmfix_params_mode(), 1);
}

static void good_values_are_taken(struct kunit *test)
{
	static const struct {
		const char *name;
		const char *value;
		const char *shown;
	} cases[] = {
		{ "rocmfix", "1", "1\n" },
		{ "rocmfix", "0", "0\n" },
		{ "rocmfix", "1\n", "1\n" },
		{ "rocmfix_mtype", "0", "0\n" },
		{ "rocmfix_mtype", "1", "1\n" },
		{ "rocmfix_mtype", "2", "2\n" },
		{ "rocmfix_mtype", "3", "3\n" },
		{ "rocmfix_mtype", "0x2", "2\n" },
		{ "rocmfix", "off", "0\n" },
		{ "rocmfix", "on", "1\n" },
		{ "rocmfix", "on\n", "1\n" },
		{ "rocmfix_mtype", "stock", "0\n" },
		{ "rocmfix_mtype", "private", "1\n" },
		{ "rocmfix_mtype", "data", "2\n" },
		{ "rocmfix_mtype", "data\n", "2\n" },
		{ "rocmfix_mtype", "all", "3\n" },
	};
	struct kmsg_dump_iter mark;
	unsigned int i;

	rocmfix_klog_mark(&mark);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		KUNIT_EXPECT_EQ(test, rocmfix_test_params_set(cases[i].name, cases[i].value), 0);
		rocmfix_params_expect(test, cases[i].name, cases[i].shown);
	}
	KUNIT_EXPECT_EQ(test, rocmfix_klog_count(&mark, "bad value", false), 0);
}

static void bad_values_count_as_0_and_are_warned_about(struct kunit *test)
{
	static const char * const names[] = { "rocmfix", "rocmfix_mtype" };
	static const char * const accepted[] = {
		"0 or off, 1 or on", "0 or stock, 1 or private, 2 or data, 3 or all",
	};
	/* the last is the other parameter's */
	static const char * const values[][13] = {
		{ "banana", "", " 1", "1 2", "-1", "4", "4294967297", "0x", "1.0", NULL,
		  "On", "onn", "data" },
		{ "banana", "", " 1", "1 2", "-1", "4", "4294967297", "0x", "1.0", NULL,
		  "Data", "dat", "off" },
	};
	struct kmsg_dump_iter mark;
	unsigned int name, i;
	char line[192];

	for (name = 0; name < ARRAY_SIZE(names); name++) {
		for (i = 0; i < ARRAY_SIZE(values[name]); i++) {
			rocmfix_test_params_mode(1, 1);
			rocmfix_klog_mark(&mark);
			KUNIT_EXPECT_EQ_MSG(test, rocmfix_test_params_set(names[name],
									  values[name][i]),
					    0, "a bad value refuses the driver: '%s'",
					    values[name][i]);
			rocmfix_params_expect(test, names[name], "0\n");
			snprintf(line, sizeof(line),
				 "rocmfix: bad value '%s' for parameter %s (%s): using 0, the stock behaviour",
				 values[name][i] ? values[name][i] : "", names[name],
				 accepted[name]);
			KUNIT_EXPECT_EQ_MSG(test, rocmfix_klog_count(&mark, line, true), 1,
					    "no line \"%s\"", line);
		}
	}
}

static void on_has_no_2(struct kunit *test)
{
	rocmfix_test_params_mode(2, 1);
	rocmfix_params_expect(test, "rocmfix", "0\n");
	KUNIT_EXPECT_FALSE(test, rocmfix_params_enabled());
}

static void off_is_stock_in_every_mode(struct kunit *test)
{
	unsigned int mtype;

	for (mtype = 0; mtype <= 3; mtype++) {
		rocmfix_test_params_mode(0, mtype);
		KUNIT_EXPECT_FALSE(test, rocmfix_params_enabled());
		KUNIT_EXPECT_EQ(test, (int)rocmfix_params_mode(), 0);
		rocmfix_test_params_mode(1, mtype);
		KUNIT_EXPECT_TRUE(test, rocmfix_params_enabled());
		KUNIT_EXPECT_EQ(test, (int)rocmfix_params_mode(), (int)mtype);
	}
}

static struct kunit_case rocmfix_params_cases[] = {
	KUNIT_CASE(default_is_on_and_private),
	KUNIT_CASE(good_values_are_taken),
	KUNIT_CASE(bad_values_count_as_0_and_are_warned_about),
	KUNIT_CASE(on_has_no_2),
	KUNIT_CASE(off_is_stock_in_every_mode),
	{}
};

struct kunit_suite rocmfix_params_suite = {
	.name = "rocmfix_params",
	.test_cases = rocmfix_params_cases,
};
