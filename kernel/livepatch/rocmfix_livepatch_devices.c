// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns what the livepatch knows about amdgpu's devices: from the bus to
 * rocmfix_device_add() and back, also for GPUs that were probed before it was
 * loaded, and without leaving code of this module behind when it is unloaded.
 * Refuses to read a device without holding its lock.
 */
#include <linux/atomic.h>
#include <linux/device.h>
#include <linux/device/bus.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/wait_bit.h>

#include "amdgpu.h"
#include "rocmfix_device.h"
#include "rocmfix_gc.h"
#include "rocmfix_livepatch.h"
#include "rocmfix_params.h"
#include "rocmfix_policy.h"
#include "rocmfix_svm.h"

/*
 * amdgpu's parameters, under the names by which amdgpu's own code and the policy
 * know them: amdgpu does not export the variables. As of the last
 * rocmfix_livepatch_read_params(); these are amdgpu's defaults.
 */
int amdgpu_noretry = -1;
int amdgpu_emu_mode;

static const struct {
	const char *name;
	int *copy;
} rocmfix_livepatch_params[] = {
	{ "noretry", &amdgpu_noretry },
	{ "emu_mode", &amdgpu_emu_mode },
};

static void rocmfix_livepatch_read_param(const struct kernel_param *param)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rocmfix_livepatch_params); i++)
		if (param->ops == &param_ops_int &&
		    !strcmp(param->name, rocmfix_livepatch_params[i].name))
			WRITE_ONCE(*rocmfix_livepatch_params[i].copy,
				   *(int *)param->arg);
}

/* The list of the module's parameters is public, and says where they are. */
void rocmfix_livepatch_read_params(const struct device *dev)
{
	const struct module *amdgpu = dev->driver->owner;
	unsigned int i;

	if (!amdgpu)
		return;
	for (i = 0; i < amdgpu->num_kp; i++)
		rocmfix_livepatch_read_param(&amdgpu->kp[i]);
}

/* Those that will call rocmfix_livepatch_release() some day. */
static atomic_t rocmfix_livepatch_devices = ATOMIC_INIT(0);

/* In devres: what is undone when the device goes, or when this module does. */
static void rocmfix_livepatch_release(struct device *dev, void *unused)
{
	rocmfix_device_remove(dev);
	if (atomic_dec_and_test(&rocmfix_livepatch_devices))
		wake_up_var(&rocmfix_livepatch_devices);
}

int rocmfix_livepatch_add(struct amdgpu_device *adev)
{
	void *mine;
	int r;

	mine = devres_alloc(rocmfix_livepatch_release, 0, GFP_KERNEL);
	if (!mine) {
		dev_warn(adev->dev, "rocmfix: off for this GPU (no memory)\n");
		return -ENOMEM;
	}
	rocmfix_livepatch_read_params(adev->dev);
	r = rocmfix_device_add(adev);
	if (r) {
		if (r == -ENOMEM)
			dev_warn(adev->dev,
				 "rocmfix: off for this GPU (no memory)\n");
		devres_free(mine);
		return r;
	}
	atomic_inc(&rocmfix_livepatch_devices);
	devres_add(adev->dev, mine);
	return 0;
}

bool rocmfix_livepatch_is_amdgpu(const struct device *dev)
{
	return dev->driver && !strcmp(dev->driver->name, "amdgpu");
}

/*
 * amdgpu's device, or NULL. Under the device's lock, which a probe holds to its
 * end: so a driver that is set has been bound.
 */
static struct amdgpu_device *rocmfix_livepatch_adev(struct device *dev)
{
	struct drm_device *ddev;

	if (!rocmfix_livepatch_is_amdgpu(dev))
		return NULL;
	ddev = dev_get_drvdata(dev);
	return ddev ? drm_to_adev(ddev) : NULL;
}

/* What this variant cannot do for a GPU that is in use already. */
static void rocmfix_livepatch_say_late(const struct amdgpu_device *adev)
{
	const struct rocmfix_policy *policy =
		rocmfix_policy_find(rocmfix_gc_version(adev));
	enum rocmfix_policy_mode mode =
		rocmfix_policy_in_force(rocmfix_params_mode(), rocmfix_svm());

	if (!policy)
		return;
	if (policy->mtype && mode != ROCMFIX_MODE_STOCK)
		dev_info(adev->dev,
			 "rocmfix: memory that is mapped already keeps its MTYPE: restart the programs that use this GPU\n");
	if (policy->noretry && !adev->gmc.noretry && amdgpu_noretry == -1)
		dev_info(adev->dev,
			 "rocmfix: retry stays on until amdgpu is reloaded with this module loaded or noretry=1\n");
}

static bool rocmfix_livepatch_may_be_amd(const struct device *dev)
{
	return to_pci_dev(dev)->vendor == PCI_VENDOR_ID_ATI;
}

void rocmfix_livepatch_add_bound(struct device *dev)
{
	struct amdgpu_device *adev = rocmfix_livepatch_adev(dev);

	if (adev && !rocmfix_livepatch_add(adev))
		rocmfix_livepatch_say_late(adev);
}

static int rocmfix_livepatch_add_one(struct device *dev, void *unused)
{
	if (!rocmfix_livepatch_may_be_amd(dev))
		return 0;
	device_lock(dev);
	rocmfix_livepatch_add_bound(dev);
	device_unlock(dev);
	return 0;
}

static int rocmfix_livepatch_remove_one(struct device *dev, void *unused)
{
	if (!rocmfix_livepatch_may_be_amd(dev))
		return 0;
	/* -ENOENT for a device without our resource. */
	device_lock(dev);
	devres_release(dev, rocmfix_livepatch_release, NULL, NULL);
	device_unlock(dev);
	return 0;
}

void rocmfix_livepatch_add_all(void)
{
	bus_for_each_dev(&pci_bus_type, NULL, NULL, rocmfix_livepatch_add_one);
}

void rocmfix_livepatch_remove_all(void)
{
	bus_for_each_dev(&pci_bus_type, NULL, NULL,
			 rocmfix_livepatch_remove_one);
}

void rocmfix_livepatch_wait_for_none(void)
{
	/* A device that is being unplugged is no longer on the bus. */
	wait_var_event(&rocmfix_livepatch_devices,
		       !atomic_read(&rocmfix_livepatch_devices));
	/*
	 * The counter shows that the last rocmfix_livepatch_release() has counted,
	 * not that it has returned: it may have been preempted before it left this
	 * module. It does not sleep after that, so it has returned once its task has
	 * passed a quiescent state. A lock or a reference that it released itself
	 * could not show that, and the device is not available here to wait for its
	 * lock. A kernel with livepatch has ftrace, whose trampolines need the same
	 * guarantee, so synchronize_rcu_tasks() is real here and not a stub.
	 */
	synchronize_rcu_tasks();
}
