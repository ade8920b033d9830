// SPDX-License-Identifier: GPL-2.0 OR MIT
/* A device known to rocmfix: its log line, its sysfs group, and their end. */
#include <linux/kthread.h>
#include <linux/slab.h>

#include "amdgpu.h"
#include "../rocmfix/rocmfix_device.h"
#include "rocmfix_fake.h"
#include "rocmfix_klog.h"
#include "rocmfix_series.h"
#include "rocmfix_suites.h"
#include "rocmfix_test_params.h"

static const struct rocmfix_gc navi10 = { 10, 1, 10 };
static const struct rocmfix_gc navi22 = { 10, 3, 2 };
static const struct rocmfix_gc navi31 = { 11, 0, 0 };

static void rocmfix_device_expect(struct kunit *test, struct amdgpu_device *adev,
				  const char *file, const char *want)
{
	char *page = rocmfix_fake_page(test);
	ssize_t length = strlen(want);

	KUNIT_EXPECT_EQ(test, rocmfix_fake_read(adev, "rocmfix", file, page), length);
	KUNIT_EXPECT_STREQ_MSG(test, page, want, "%s", file);
}

static void rocmfix_device_expect_group(struct kunit *test, struct amdgpu_device *adev,
					const char *active, const char *mtype,
					const char *noretry)
{
	rocmfix_device_expect(test, adev, "active", active);
	rocmfix_device_expect(test, adev, "mtype", mtype);
	/* a Debian kernel that has SVM ranges has them hooked */
	rocmfix_device_expect(test, adev, "mtype_svm",
			      IS_ENABLED(CONFIG_HSA_AMD_SVM) ? mtype : "none\n");
	rocmfix_device_expect(test, adev, "noretry", noretry);
	rocmfix_device_expect(test, adev, "ptes_forced_nc", "0\n");
}

/* A card of @gc, added in this mode; that it has said @line and nothing else. */
static struct amdgpu_device *rocmfix_device_added(struct kunit *test, struct rocmfix_gc gc,
						  unsigned int rocmfix, unsigned int mtype,
						  int noretry, const char *line)
{
	struct amdgpu_device *adev = rocmfix_fake_device(test, "rocmfix_fake", gc);
	struct kmsg_dump_iter mark;

	rocmfix_test_params_mode(rocmfix, mtype);
	adev->gmc.noretry = noretry;
	rocmfix_klog_mark(&mark);
	KUNIT_ASSERT_EQ(test, rocmfix_device_add(adev), 0);
	KUNIT_EXPECT_EQ_MSG(test, rocmfix_klog_count(&mark, line, true), 1,
			    "no line \"%s\" in the log", line);
	KUNIT_EXPECT_EQ_MSG(test, rocmfix_klog_count(&mark, "rocmfix: ", false),
			    mtype == 3 && rocmfix && rocmfix_gc_is_ours(gc) ? 2 : 1,
			    "another line in the log, or none about an experiment");
	return adev;
}

/* The end of the line, by whether private is in force. */
static const char * const rocmfix_device_private_lines[] = {
	"active (GC 10.1.10, mtype=stock, noretry=1); private has no effect: this kernel has no SVM",
	"active (GC 10.1.10, mtype=private, noretry=1)",
};

static void private_mode_is_announced_where_it_is_in_force(struct kunit *test)
{
	const bool in_force = IS_ENABLED(CONFIG_HSA_AMD_SVM) && rocmfix_series_svm_passes;
	struct amdgpu_device *adev;

	adev = rocmfix_device_added(test, navi10, 1, 1, 1, rocmfix_device_private_lines[in_force]);
	rocmfix_device_expect_group(test, adev, "1\n", in_force ? "private\n" : "stock\n",
				    "1\n");
}

static void data_mode_is_announced(struct kunit *test)
{
	struct amdgpu_device *adev;

	adev = rocmfix_device_added(test, navi10, 1, 2, 1,
				    "rocmfix: active (GC 10.1.10, mtype=data, noretry=1)");
	rocmfix_device_expect_group(test, adev, "1\n", "data\n", "1\n");
}

static void all_mode_is_announced_and_warned_about(struct kunit *test)
{
	struct kmsg_dump_iter mark;
	struct amdgpu_device *adev;

	rocmfix_klog_mark(&mark);
	adev = rocmfix_device_added(test, navi22, 1, 3, 0,
				    "rocmfix: active (GC 10.3.2, mtype=all, noretry=0)");
	rocmfix_device_expect_group(test, adev, "1\n", "all\n", "0\n");
	KUNIT_EXPECT_EQ(test, 1,
			rocmfix_klog_count(&mark, "rocmfix: mtype=all is experimental: ", false));
}

static void stock_mode_is_active_for_retry_alone(struct kunit *test)
{
	struct amdgpu_device *adev;

	adev = rocmfix_device_added(test, navi10, 1, 0, 1,
				    "rocmfix: active (GC 10.1.10, mtype=stock, noretry=1)");
	rocmfix_device_expect_group(test, adev, "1\n", "stock\n", "1\n");
}

static void off_is_announced(struct kunit *test)
{
	struct amdgpu_device *adev;

	adev = rocmfix_device_added(test, navi10, 0, 3, 0,
				    "rocmfix: off (" KBUILD_MODNAME ".rocmfix=0)");
	rocmfix_device_expect_group(test, adev, "0\n", "stock\n", "0\n");
}

static void another_gpu_is_left_alone(struct kunit *test)
{
	struct amdgpu_device *adev;

	adev = rocmfix_device_added(test, navi31, 1, 3, 1,
				    "rocmfix: not for this GPU (GC 11.0.0)");
	rocmfix_device_expect_group(test, adev, "0\n", "stock\n", "1\n");
}

static void added_twice_is_refused_in_silence(struct kunit *test)
{
	struct kmsg_dump_iter mark;
	struct amdgpu_device *adev;

	adev = rocmfix_device_added(test, navi10, 1, 2, 1,
				    "rocmfix: active (GC 10.1.10, mtype=data, noretry=1)");
	rocmfix_klog_mark(&mark);
	KUNIT_EXPECT_EQ(test, rocmfix_device_add(adev), -EEXIST);
	KUNIT_EXPECT_EQ(test, rocmfix_klog_count(&mark, "rocmfix", false), 0);
	rocmfix_device_expect_group(test, adev, "1\n", "data\n", "1\n");
}

static void removed_leaves_no_file_behind(struct kunit *test)
{
	struct amdgpu_device *adev;
	char *page = rocmfix_fake_page(test);

	adev = rocmfix_device_added(test, navi10, 1, 2, 1,
				    "rocmfix: active (GC 10.1.10, mtype=data, noretry=1)");
	rocmfix_device_remove(adev->dev);
	KUNIT_EXPECT_EQ(test, rocmfix_fake_read(adev, "rocmfix", "active", page),
			(ssize_t)-ENOENT);
	/* the device itself is there still */
	KUNIT_EXPECT_GE(test, rocmfix_fake_read(adev, NULL, "uevent", page), (ssize_t)0);

	/* a second removal does nothing; and it can be added again */
	rocmfix_device_remove(adev->dev);
	KUNIT_EXPECT_EQ(test, rocmfix_device_add(adev), 0);
	rocmfix_device_expect_group(test, adev, "1\n", "data\n", "1\n");
}

static void two_cards_have_their_own_state(struct kunit *test)
{
	struct amdgpu_device *first, *second;

	first = rocmfix_device_added(test, navi10, 1, 2, 1,
				     "rocmfix: active (GC 10.1.10, mtype=data, noretry=1)");
	second = rocmfix_fake_device(test, "rocmfix_fake2", navi31);
	KUNIT_ASSERT_EQ(test, rocmfix_device_add(second), 0);
	rocmfix_device_expect_group(test, first, "1\n", "data\n", "1\n");
	rocmfix_device_expect_group(test, second, "0\n", "stock\n", "0\n");
	rocmfix_device_remove(first->dev);
	rocmfix_device_expect_group(test, second, "0\n", "stock\n", "0\n");
}

/*
 * Of a card that has just been unbound the state may be seen for a while, and its
 * adev is gone. Whoever looks there takes the first card for the second.
 */
static void search_reads_no_other_cards_adev(struct kunit *test)
{
	struct amdgpu_device *first, *second;
	struct device *dev;

	first = rocmfix_device_added(test, navi10, 1, 2, 1,
				     "rocmfix: active (GC 10.1.10, mtype=data, noretry=1)");
	second = rocmfix_fake_device(test, "rocmfix_fake2", navi10);
	KUNIT_ASSERT_EQ(test, rocmfix_device_add(second), 0);
	dev = first->dev;
	first->dev = second->dev;
	KUNIT_EXPECT_EQ(test,
			rocmfix_device_mtype(second, ROCMFIX_OWNER_KFD_VRAM,
					     ROCMFIX_PTE_UC),
			(unsigned int)ROCMFIX_PTE_NC);
	first->dev = dev;
	KUNIT_EXPECT_EQ(test, rocmfix_fake_forced(test, first), 0ull);
	KUNIT_EXPECT_EQ(test, rocmfix_fake_forced(test, second), 1ull);
}

/* A search that finds nothing passes every state. */
static int rocmfix_device_search(void *adev)
{
	while (!kthread_should_stop()) {
		rocmfix_device_mtype(adev, ROCMFIX_OWNER_KFD_VRAM,
				     ROCMFIX_PTE_UC);
		cond_resched();
	}
	return 0;
}

/* What is wrong here a kernel with KASAN sees: make check-debug-kernel. */
static void removed_and_freed_while_another_card_maps(struct kunit *test)
{
	struct amdgpu_device *adev, *other = rocmfix_fake_device(test, "rocmfix_fake2", navi10);
	struct task_struct *search;
	struct device *dev;
	unsigned int i;

	rocmfix_test_params_mode(1, 2);
	search = kthread_run(rocmfix_device_search, other, "rocmfix_search");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, search);
	for (i = 0; i < 500; i++) {
		adev = rocmfix_fake_make("rocmfix_fake", navi10);
		if (!adev)
			break;
		KUNIT_EXPECT_EQ(test, rocmfix_device_add(adev), 0);
		/* devres' order: the device is there still, adev is not */
		dev = adev->dev;
		rocmfix_device_remove(dev);
		kfree(adev);
		root_device_unregister(dev);
	}
	kthread_stop(search);
	KUNIT_EXPECT_EQ(test, i, 500u);
}

/* A name in sysfs that is taken must not cost a probe. */
static void no_group_is_no_error(struct kunit *test)
{
	static struct attribute *nothing[] = { NULL };
	static const struct attribute_group taken = {
		.name = "rocmfix",
		.attrs = nothing,
	};
	struct amdgpu_device *adev = rocmfix_fake_device(test, "rocmfix_fake", navi10);
	struct kmsg_dump_iter mark;

	rocmfix_test_params_mode(1, 1);
	KUNIT_ASSERT_EQ(test, sysfs_create_group(&adev->dev->kobj, &taken), 0);
	rocmfix_klog_mark(&mark);
	/* sysfs shows a call trace; ktap.py knows this line */
	pr_info("rocmfix test: the next complaint is provoked\n");
	KUNIT_EXPECT_EQ(test, rocmfix_device_add(adev), 0);
	KUNIT_EXPECT_EQ(test, rocmfix_klog_count(&mark, "rocmfix: no sysfs group", true), 1);
	rocmfix_device_remove(adev->dev);
	sysfs_remove_group(&adev->dev->kobj, &taken);
}

static struct kunit_case rocmfix_device_cases[] = {
	KUNIT_CASE(private_mode_is_announced_where_it_is_in_force),
	KUNIT_CASE(data_mode_is_announced),
	KUNIT_CASE(all_mode_is_announced_and_warned_about),
	KUNIT_CASE(stock_mode_is_active_for_retry_alone),
	KUNIT_CASE(off_is_announced),
	KUNIT_CASE(another_gpu_is_left_alone),
	KUNIT_CASE(added_twice_is_refused_in_silence),
	KUNIT_CASE(removed_leaves_no_file_behind),
	KUNIT_CASE(two_cards_have_their_own_state),
	KUNIT_CASE(search_reads_no_other_cards_adev),
	KUNIT_CASE(removed_and_freed_while_another_card_maps),
	KUNIT_CASE(no_group_is_no_error),
	{}
};

struct kunit_suite rocmfix_device_suite = {
	.name = "rocmfix_device",
	.test_cases = rocmfix_device_cases,
};
