// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Which of amdgpu's parameter values are warned about, and for which GPU. */
#include "amdgpu.h"
#include "../rocmfix/rocmfix_device.h"
#include "rocmfix_fake.h"
#include "rocmfix_klog.h"
#include "rocmfix_suites.h"
#include "rocmfix_test_params.h"

static const struct rocmfix_gc navi10 = { 10, 1, 10 };
static const struct rocmfix_gc navi31 = { 11, 0, 0 };

static const struct {
	const char *name;
	int *value;
} rocmfix_advice_of[] = {
	{ "noretry", &amdgpu_noretry },
	{ "vm_fragment_size", &amdgpu_vm_fragment_size },
	{ "vm_update_mode", &amdgpu_vm_update_mode },
};

static int rocmfix_advice_reset(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rocmfix_advice_of); i++)
		*rocmfix_advice_of[i].value = -1;
	rocmfix_test_params_mode(1, 1);
	return 0;
}

/* Adds @adev with @value; how many lines there are about it, and about all. */
static void rocmfix_advice_expect(struct kunit *test, struct amdgpu_device *adev,
				  unsigned int which, int value, unsigned int lines)
{
	struct kmsg_dump_iter mark;
	char line[64];

	snprintf(line, sizeof(line), "rocmfix: amdgpu.%s=%d ", rocmfix_advice_of[which].name,
		 value);
	*rocmfix_advice_of[which].value = value;
	rocmfix_klog_mark(&mark);
	KUNIT_ASSERT_EQ(test, rocmfix_device_add(adev), 0);
	rocmfix_device_remove(adev);
	KUNIT_EXPECT_EQ_MSG(test, rocmfix_klog_count(&mark, line, false), lines, "\"%s\"", line);
	KUNIT_EXPECT_EQ_MSG(test, rocmfix_klog_count(&mark, "rocmfix: amdgpu.", false), lines,
			    "all warnings with %s=%d", rocmfix_advice_of[which].name, value);
	KUNIT_EXPECT_EQ_MSG(test, *rocmfix_advice_of[which].value, value,
			    "the user's value was changed");
	*rocmfix_advice_of[which].value = -1;
}

static void auto_is_not_warned_about(struct kunit *test)
{
	struct amdgpu_device *adev = rocmfix_fake_device(test, "rocmfix_fake", navi10);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rocmfix_advice_of); i++)
		rocmfix_advice_expect(test, adev, i, -1, 0);
}

static void retry_on_is_warned_about(struct kunit *test)
{
	struct amdgpu_device *adev = rocmfix_fake_device(test, "rocmfix_fake", navi10);

	rocmfix_advice_expect(test, adev, 0, 0, 1);
	rocmfix_advice_expect(test, adev, 0, 1, 0);
}

static void any_fragment_size_is_warned_about(struct kunit *test)
{
	struct amdgpu_device *adev = rocmfix_fake_device(test, "rocmfix_fake", navi10);
	int size;

	for (size = 4; size <= 9; size++)
		rocmfix_advice_expect(test, adev, 1, size, 1);
}

static void any_update_mode_is_warned_about(struct kunit *test)
{
	struct amdgpu_device *adev = rocmfix_fake_device(test, "rocmfix_fake", navi10);
	int mode;

	for (mode = 0; mode <= 5; mode++)
		rocmfix_advice_expect(test, adev, 2, mode, 1);
	rocmfix_advice_expect(test, adev, 2, -2, 1);
}

static void each_parameter_has_its_own_warning(struct kunit *test)
{
	struct amdgpu_device *adev = rocmfix_fake_device(test, "rocmfix_fake", navi10);
	struct kmsg_dump_iter mark;

	amdgpu_noretry = 0;
	amdgpu_vm_fragment_size = 9;
	amdgpu_vm_update_mode = 0;
	rocmfix_test_params_mode(1, 3);
	rocmfix_klog_mark(&mark);
	KUNIT_ASSERT_EQ(test, rocmfix_device_add(adev), 0);
	KUNIT_EXPECT_EQ(test, rocmfix_klog_count(&mark, "rocmfix: amdgpu.noretry=0 ", false), 1);
	KUNIT_EXPECT_EQ(test, rocmfix_klog_count(&mark, "rocmfix: amdgpu.vm_fragment_size=9 ",
						 false), 1);
	KUNIT_EXPECT_EQ(test, rocmfix_klog_count(&mark, "rocmfix: amdgpu.vm_update_mode=0 ",
						 false), 1);
	KUNIT_EXPECT_EQ(test, rocmfix_klog_count(&mark, "rocmfix: amdgpu.rocmfix_mtype=3 ",
						 false), 1);
}

static void no_advice_where_the_policy_is_not_applied(struct kunit *test)
{
	struct amdgpu_device *other = rocmfix_fake_device(test, "rocmfix_fake", navi31);
	struct amdgpu_device *off = rocmfix_fake_device(test, "rocmfix_fake2", navi10);
	struct kmsg_dump_iter mark;

	amdgpu_noretry = 0;
	amdgpu_vm_fragment_size = 9;
	amdgpu_vm_update_mode = 0;
	rocmfix_klog_mark(&mark);
	rocmfix_test_params_mode(1, 3);
	KUNIT_ASSERT_EQ(test, rocmfix_device_add(other), 0);
	rocmfix_test_params_mode(0, 3);
	KUNIT_ASSERT_EQ(test, rocmfix_device_add(off), 0);
	KUNIT_EXPECT_EQ(test, rocmfix_klog_count(&mark, "rocmfix: amdgpu.", false), 0);
}

static void rocmfix_advice_exit(struct kunit *test)
{
	rocmfix_advice_reset(test);
}

static struct kunit_case rocmfix_advice_cases[] = {
	KUNIT_CASE(auto_is_not_warned_about),
	KUNIT_CASE(retry_on_is_warned_about),
	KUNIT_CASE(any_fragment_size_is_warned_about),
	KUNIT_CASE(any_update_mode_is_warned_about),
	KUNIT_CASE(each_parameter_has_its_own_warning),
	KUNIT_CASE(no_advice_where_the_policy_is_not_applied),
	{}
};

struct kunit_suite rocmfix_advice_suite = {
	.name = "rocmfix_advice",
	.init = rocmfix_advice_reset,
	.exit = rocmfix_advice_exit,
	.test_cases = rocmfix_advice_cases,
};
