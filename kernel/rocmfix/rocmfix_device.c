// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the state a device, its log line and its sysfs group. Refuses to put a
 * field into struct amdgpu_device (its layout belongs to the stock driver) and
 * to let a probe fail: all of this is only for people to read.
 */
#include <linux/atomic.h>
#include <linux/device.h>
#include <linux/jump_label.h>
#include <linux/mutex.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "amdgpu.h"
#include "rocmfix.h"
#include "rocmfix_device.h"
#include "rocmfix_gc.h"
#include "rocmfix_params.h"
#include "rocmfix_policy.h"
#include "rocmfix_svm.h"

struct rocmfix_device {
	struct list_head node;
	struct rcu_head rcu;
	/*
	 * Compared, never dereferenced. No pointer to adev is kept at all: its
	 * memory is freed at once when its GPU is unbound, while a reader that
	 * looks for another GPU may use this entry until its grace period ends.
	 */
	const struct device *dev;
	enum rocmfix_policy_mode asked;
	enum rocmfix_policy_mode mode;	/* in force */
	bool active;
	bool noretry;
	bool has_group;
	atomic64_t ptes_forced_nc;
};

/* Read under RCU for every UC or CC mapping, written under the lock. */
static LIST_HEAD(rocmfix_device_list);
static DEFINE_MUTEX(rocmfix_device_lock);

/* Its count is the number of listed devices whose mode is not stock. */
DEFINE_STATIC_KEY_FALSE(rocmfix_pte_key);

static struct rocmfix_device *rocmfix_device_find(const struct device *dev)
{
	struct rocmfix_device *state;

	list_for_each_entry_rcu(state, &rocmfix_device_list, node,
				lockdep_is_held(&rocmfix_device_lock))
		if (state->dev == dev)
			return state;
	return NULL;
}

/*
 * For callers whose state cannot be freed meanwhile: the show functions, since
 * sysfs_remove_group() waits for them before it is freed; and the remover, under
 * the device's lock.
 */
static struct rocmfix_device *rocmfix_device_shown(const struct device *dev)
{
	struct rocmfix_device *state;

	rcu_read_lock();
	state = rocmfix_device_find(dev);
	rcu_read_unlock();
	return state;
}

static ssize_t active_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	const struct rocmfix_device *state = rocmfix_device_shown(dev);

	return state ? sysfs_emit(buf, "%d\n", state->active) : -ENODEV;
}
static DEVICE_ATTR_RO(active);

static ssize_t mtype_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	const struct rocmfix_device *state = rocmfix_device_shown(dev);

	if (!state)
		return -ENODEV;
	return sysfs_emit(buf, "%s\n", rocmfix_policy_mode_name(state->mode));
}
static DEVICE_ATTR_RO(mtype);

static ssize_t mtype_svm_show(struct device *dev, struct device_attribute *attr,
			      char *buf)
{
	const struct rocmfix_device *state = rocmfix_device_shown(dev);

	if (!state)
		return -ENODEV;
	return sysfs_emit(buf, "%s\n",
			  rocmfix_policy_svm_mode_name(state->mode,
						       rocmfix_svm()));
}
static DEVICE_ATTR_RO(mtype_svm);

static ssize_t noretry_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	const struct rocmfix_device *state = rocmfix_device_shown(dev);

	if (!state)
		return -ENODEV;
	return sysfs_emit(buf, "%d\n", state->noretry);
}
static DEVICE_ATTR_RO(noretry);

static ssize_t ptes_forced_nc_show(struct device *dev,
				   struct device_attribute *attr, char *buf)
{
	const struct rocmfix_device *state = rocmfix_device_shown(dev);

	if (!state)
		return -ENODEV;
	return sysfs_emit(buf, "%llu\n",
			  (u64)atomic64_read(&state->ptes_forced_nc));
}
static DEVICE_ATTR_RO(ptes_forced_nc);

static struct attribute *rocmfix_device_attrs[] = {
	&dev_attr_active.attr,
	&dev_attr_mtype.attr,
	&dev_attr_mtype_svm.attr,
	&dev_attr_noretry.attr,
	&dev_attr_ptes_forced_nc.attr,
	NULL,
};

static const struct attribute_group rocmfix_device_group = {
	.name = "rocmfix",
	.attrs = rocmfix_device_attrs,
};

/* The texts are a contract: the rocmfix command and the tests match them. */
static void rocmfix_device_log(const struct device *dev,
			       const struct rocmfix_device *state, u32 gc)
{
	if (!rocmfix_params_enabled()) {
		dev_info(dev, "rocmfix: off (" KBUILD_MODNAME ".rocmfix=0)\n");
		return;
	}
	if (!state->active) {
		dev_info(dev, "rocmfix: not for this GPU (GC %u.%u.%u)\n",
			 ROCMFIX_GC_MAJOR(gc), ROCMFIX_GC_MINOR(gc),
			 ROCMFIX_GC_REV(gc));
		return;
	}
	dev_info(dev, "rocmfix: active (GC %u.%u.%u, mtype=%s, noretry=%d)%s\n",
		 ROCMFIX_GC_MAJOR(gc), ROCMFIX_GC_MINOR(gc), ROCMFIX_GC_REV(gc),
		 rocmfix_policy_mode_name(state->mode),
		 state->noretry,
		 rocmfix_policy_shortfall(state->asked, rocmfix_svm()));
	if (state->mode == ROCMFIX_MODE_ALL)
		dev_warn(dev, "rocmfix: mtype=all is experimental: the GPU may see stale signals and hang\n");
}

int rocmfix_device_add(struct amdgpu_device *adev)
{
	u32 gc = rocmfix_gc_version(adev);
	const struct rocmfix_policy *policy = rocmfix_policy_find(gc);
	struct rocmfix_device *state;

	state = kzalloc(sizeof(*state), GFP_KERNEL);
	if (!state)
		return -ENOMEM;

	state->dev = adev->dev;
	state->noretry = adev->gmc.noretry;
	state->active = rocmfix_params_enabled() && policy;
	state->asked = state->active && policy->mtype ? rocmfix_params_mode() :
							ROCMFIX_MODE_STOCK;
	state->mode = rocmfix_policy_in_force(state->asked, rocmfix_svm());

	mutex_lock(&rocmfix_device_lock);
	if (rocmfix_device_find(adev->dev)) {
		/* amdgpu_pci_probe() retries a probe that said -EAGAIN */
		mutex_unlock(&rocmfix_device_lock);
		kfree(state);
		return -EEXIST;
	}
	list_add_tail_rcu(&state->node, &rocmfix_device_list);
	mutex_unlock(&rocmfix_device_lock);
	if (state->mode != ROCMFIX_MODE_STOCK)
		static_branch_inc(&rocmfix_pte_key);

	state->has_group = !sysfs_create_group(&adev->dev->kobj,
					       &rocmfix_device_group);
	if (!state->has_group)
		dev_warn(adev->dev, "rocmfix: no sysfs group\n");

	rocmfix_device_log(adev->dev, state, gc);
	return 0;
}

void rocmfix_device_remove(struct device *dev)
{
	struct rocmfix_device *state;

	state = rocmfix_device_shown(dev);
	if (!state)
		return;

	/* waits for the readers of its files */
	if (state->has_group)
		sysfs_remove_group(&dev->kobj, &rocmfix_device_group);

	if (state->mode != ROCMFIX_MODE_STOCK)
		static_branch_dec(&rocmfix_pte_key);
	mutex_lock(&rocmfix_device_lock);
	list_del_rcu(&state->node);
	mutex_unlock(&rocmfix_device_lock);
	kfree_rcu(state, rcu);
}

unsigned int rocmfix_device_mtype(struct amdgpu_device *adev,
				  enum rocmfix_policy_owner owner,
				  unsigned int stock)
{
	struct rocmfix_device *state;
	unsigned int mtype = stock;

	rcu_read_lock();
	state = rocmfix_device_find(adev->dev);
	if (state) {
		mtype = rocmfix_policy_mtype(state->mode, owner, stock);
		if (mtype != stock)
			atomic64_inc(&state->ptes_forced_nc);
	}
	rcu_read_unlock();
	return mtype;
}

static void rocmfix_device_release(void *data)
{
	rocmfix_device_remove(data);
}

void rocmfix_device_init(struct amdgpu_device *adev)
{
	int r = rocmfix_device_add(adev);

	if (r == -ENOMEM)
		dev_warn(adev->dev, "rocmfix: off for this GPU (no memory)\n");
	if (r)
		return;

	/*
	 * Bound to the device and not to amdgpu_device_fini_*(): a probe has
	 * many ways to fail after this, and not all of them pass there. devres
	 * undoes in reverse, so this runs before adev's own memory goes, and adev
	 * is not needed for it.
	 */
	if (devm_add_action_or_reset(adev->dev, rocmfix_device_release, adev->dev))
		dev_warn(adev->dev, "rocmfix: off for this GPU (no memory)\n");
}
