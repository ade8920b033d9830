// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the fake device. Its struct device is real, since sysfs and the log are
 * part of what is tested; there is no hardware behind it, and no function of
 * the driver that would touch some is ever called.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/kernfs.h>
#include <linux/kobject.h>
#include <linux/slab.h>

#include "amdgpu.h"
#include "../rocmfix/rocmfix_device.h"
#include "rocmfix_fake.h"

struct amdgpu_device *rocmfix_fake_make(const char *name, struct rocmfix_gc gc)
{
	struct amdgpu_device *adev = kzalloc(sizeof(*adev), GFP_KERNEL);

	if (!adev)
		return NULL;
	adev->dev = root_device_register(name);
	if (IS_ERR(adev->dev)) {
		kfree(adev);
		return NULL;
	}

	/*
	 * A chip that is not GFX10 is given GFX10's functions here, as it never
	 * is in the driver: then the policy's table is all that spares it.
	 */
	adev->asic_type = CHIP_NAVI10;
	adev->ip_versions[GC_HWIP][0] = IP_VERSION(gc.major, gc.minor, gc.rev);
	return adev;
}

void rocmfix_fake_destroy(struct amdgpu_device *adev)
{
	rocmfix_device_remove(adev->dev);
	root_device_unregister(adev->dev);
	kfree(adev);
}

static int rocmfix_fake_init(struct kunit_resource *res, void *context)
{
	res->data = context;
	return 0;
}

static void rocmfix_fake_free(struct kunit_resource *res)
{
	rocmfix_fake_destroy(res->data);
}

struct amdgpu_device *rocmfix_fake_device(struct kunit *test, const char *name,
					  struct rocmfix_gc gc)
{
	struct amdgpu_device *adev = rocmfix_fake_make(name, gc);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, adev);
	KUNIT_ASSERT_PTR_EQ(test, (void *)adev,
			    kunit_alloc_resource(test, rocmfix_fake_init,
						 rocmfix_fake_free, GFP_KERNEL,
						 adev));
	return adev;
}

char *rocmfix_fake_page(struct kunit *test)
{
	/* slab gives a whole aligned page, which sysfs_emit() requires */
	char *page = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, page);
	return page;
}

/*
 * Found in sysfs' tree and shown as a reader is shown it. Not opened by its
 * path: later kernels give their threads no file system.
 */
ssize_t rocmfix_fake_read(struct amdgpu_device *adev, const char *group,
			  const char *name, char *page)
{
	struct kobject *kobj = &adev->dev->kobj;
	struct kernfs_node *dir = kobj->sd, *file = NULL;
	ssize_t got = -ENOENT;

	if (group)
		dir = kernfs_find_and_get(dir, group);
	else
		kernfs_get(dir);
	if (dir)
		file = kernfs_find_and_get(dir, name);
	if (file)
		got = get_ktype(kobj)->sysfs_ops->show(kobj, file->priv, page);
	kernfs_put(file);
	kernfs_put(dir);
	return got;
}

u64 rocmfix_fake_forced(struct kunit *test, struct amdgpu_device *adev)
{
	char *page = rocmfix_fake_page(test);
	u64 forced;

	KUNIT_ASSERT_GT(test, rocmfix_fake_read(adev, "rocmfix", "ptes_forced_nc", page),
			(ssize_t)0);
	KUNIT_ASSERT_EQ(test, 0, kstrtou64(page, 10, &forced));
	return forced;
}
