// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The second variant of the policy: the same two hooks as in the patched driver,
 * and upstream's fixes, put into the running stock amdgpu.ko by livepatch. Owns
 * the klp structures, and when they are enabled. Refuses to hold a function body
 * of amdgpu's: dkms takes them out of the patched source of the kernel it builds
 * for.
 *
 * livepatch_functions.h, made by dkms/prepare-source, has
 * gmc_v10_0_get_vm_pte() and amdgpu_gmc_noretry_set() as the patches leave them,
 * and what this series' fixes replace (ROCMFIX_LIVEPATCH_FIXES).
 */
#include <linux/device.h>
#include <linux/device/bus.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "amdgpu.h"
#include "amdgpu_gmc.h"
#include "amdgpu_object.h"
#include "amdgpu_vm.h"
#include "navi10_enum.h"
#include "rocmfix.h"
#include "rocmfix_build.h"
#include "rocmfix_fixes.h"
#include "rocmfix_livepatch.h"
#include "rocmfix_livepatch_calls.h"
#include "rocmfix_params.h"

/* amdgpu.h has its own. */
#undef pr_fmt
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "livepatch_functions.h"

/*
 * While amdgpu is patched. Devices are looked for in a work item and not in
 * livepatch's callbacks: these hold klp_mutex, which the loading of any module
 * waits for, which in turn a probe that holds its device's lock may wait for.
 */
static bool rocmfix_livepatch_on;

static void rocmfix_livepatch_sync(struct work_struct *work)
{
	if (READ_ONCE(rocmfix_livepatch_on))
		rocmfix_livepatch_add_all();
	else
		rocmfix_livepatch_remove_all();
}

static DECLARE_WORK(rocmfix_livepatch_work, rocmfix_livepatch_sync);

/*
 * amdgpu cannot be unloaded while it is patched. Otherwise the kernel would apply
 * the patch to the next amdgpu that is loaded, such as another build or AMD's,
 * unchecked, or refuse to load that one. Taking a reference does not sleep:
 * klp_mutex is held here. It fails for a module that is being unloaded.
 */
static int rocmfix_livepatch_pre_patch(struct klp_object *obj)
{
	return try_module_get(obj->mod) ? 0 : -EBUSY;
}

static void rocmfix_livepatch_post_patch(struct klp_object *obj)
{
	WRITE_ONCE(rocmfix_livepatch_on, true);
	schedule_work(&rocmfix_livepatch_work);
}

static void rocmfix_livepatch_post_unpatch(struct klp_object *obj)
{
	WRITE_ONCE(rocmfix_livepatch_on, false);
	schedule_work(&rocmfix_livepatch_work);
	/* Called for every pre_patch that succeeded, even if enabling failed. */
	module_put(obj->mod);
}

/* Every probe passes here, before any user mapping can exist. */
static void rocmfix_livepatch_noretry_set(struct amdgpu_device *adev)
{
	rocmfix_livepatch_read_params(adev->dev);
	amdgpu_gmc_noretry_set(adev);
	rocmfix_livepatch_add(adev);
}

static struct klp_func rocmfix_livepatch_funcs[] = {
	{
		.old_name = "gmc_v10_0_get_vm_pte",
		.new_func = gmc_v10_0_get_vm_pte,
	},
	{
		.old_name = "amdgpu_gmc_noretry_set",
		.new_func = rocmfix_livepatch_noretry_set,
	},
	ROCMFIX_LIVEPATCH_FIXES
	{ }
};

static struct klp_object rocmfix_livepatch_objects[] = {
	{
		.name = "amdgpu",
		.funcs = rocmfix_livepatch_funcs,
		.callbacks = {
			.pre_patch = rocmfix_livepatch_pre_patch,
			.post_patch = rocmfix_livepatch_post_patch,
			.post_unpatch = rocmfix_livepatch_post_unpatch,
		},
	},
	{ }
};

static struct klp_patch rocmfix_livepatch_patch = {
	.mod = THIS_MODULE,
	.objs = rocmfix_livepatch_objects,
};

/*
 * An initramfs, or modprobe by hand, can load a livepatch that was built for
 * another point release of the same name. Only sysfs shows the build ID to a
 * module: a note is three words, "GNU", and the build ID.
 */
static bool rocmfix_livepatch_fits_amdgpu(void)
{
	char found[sizeof(ROCMFIX_STOCK_BUILD_ID)];
	u8 note[16 + sizeof(found) / 2];
	struct file *file;
	loff_t position = 0;
	ssize_t size;

	file = filp_open("/sys/module/amdgpu/notes/.note.gnu.build-id", O_RDONLY, 0);
	if (IS_ERR(file))
		return false;
	size = kernel_read(file, note, sizeof(note), &position);
	filp_close(file, NULL);
	if (size != sizeof(note))
		return false;
	snprintf(found, sizeof(found), "%*phN", (int)sizeof(note) - 16, note + 16);
	return !strcmp(found, ROCMFIX_STOCK_BUILD_ID);
}

/*
 * Enabled once amdgpu is loaded, and not before: a patch that waits for amdgpu,
 * and then does not find a function, makes loading amdgpu fail. In this order it
 * is the patch that fails. Tried once: what did not fit will not fit later.
 */
static DEFINE_MUTEX(rocmfix_livepatch_lock);
static bool rocmfix_livepatch_tried;

static int rocmfix_livepatch_enable(const struct device_driver *amdgpu)
{
	int r = 0;

	mutex_lock(&rocmfix_livepatch_lock);
	if (!rocmfix_livepatch_tried) {
		rocmfix_livepatch_tried = true;
		/* Debian's has no version; rocmfix-dkms's and AMD's have one. */
		if (!amdgpu->owner || amdgpu->owner->version)
			r = -EEXIST;
		else if (!rocmfix_livepatch_fits_amdgpu())
			r = -ENOEXEC;
		else
			r = klp_enable_patch(&rocmfix_livepatch_patch);
		if (r == -EEXIST)
			pr_err("this amdgpu is not the stock one: it is left unchanged\n");
		else if (r == -ENOEXEC)
			pr_err("this amdgpu is not the one that the livepatch was built for: it is left unchanged\n");
		else if (r)
			pr_err("this amdgpu cannot be patched (%d): it is left unchanged\n",
			       r);
		else
			pr_info("amdgpu can be unloaded after this has been switched off: rocmfix livepatch off\n");
	}
	mutex_unlock(&rocmfix_livepatch_lock);
	return r;
}

/*
 * BIND is sent before a probe, under the device's lock. The probing task has no
 * relevant function of amdgpu on its stack, and runs the new functions from then
 * on. A second GPU may be probed by a task that has not switched yet; it is then
 * found when it is bound, as are GPUs whose probe was already running.
 */
static int rocmfix_livepatch_notify(struct notifier_block *nb,
				    unsigned long action, void *data)
{
	struct device *dev = data;

	if (action == BUS_NOTIFY_BIND_DRIVER && rocmfix_livepatch_is_amdgpu(dev))
		rocmfix_livepatch_enable(dev->driver);
	else if (action == BUS_NOTIFY_BOUND_DRIVER &&
		 READ_ONCE(rocmfix_livepatch_on))
		rocmfix_livepatch_add_bound(dev);
	return NOTIFY_DONE;
}

static struct notifier_block rocmfix_livepatch_notifier = {
	.notifier_call = rocmfix_livepatch_notify,
};

/* Nothing calls the patch any more; its state at the devices is removed, too. */
static void rocmfix_livepatch_clean_up(void)
{
	bus_unregister_notifier(&pci_bus_type, &rocmfix_livepatch_notifier);
	cancel_work_sync(&rocmfix_livepatch_work);
	rocmfix_livepatch_remove_all();
	rocmfix_livepatch_wait_for_none();
}

/* The driver cannot be unregistered, and its module unloaded, during the call. */
static int rocmfix_livepatch_enable_loaded(struct device_driver *driver,
					   void *unused)
{
	if (strcmp(driver->name, "amdgpu"))
		return 0;
	return rocmfix_livepatch_enable(driver);
}

static int __init rocmfix_livepatch_init(void)
{
	int r;

	if (!rocmfix_params_enabled()) {
		pr_info("rocmfix: off (" KBUILD_MODNAME ".rocmfix=0)\n");
		return 0;
	}
	r = bus_register_notifier(&pci_bus_type, &rocmfix_livepatch_notifier);
	if (r)
		return r;
	/* Registered: already loaded completely. */
	r = bus_for_each_drv(&pci_bus_type, NULL, NULL,
			     rocmfix_livepatch_enable_loaded);
	if (r)
		rocmfix_livepatch_clean_up();
	return r;
}

static void __exit rocmfix_livepatch_exit(void)
{
	if (rocmfix_params_enabled())
		rocmfix_livepatch_clean_up();
}

module_init(rocmfix_livepatch_init);
module_exit(rocmfix_livepatch_exit);
MODULE_DESCRIPTION("ROCm fixes for amdgpu on GC 10.1.x and 10.3.x, as a livepatch");
MODULE_AUTHOR("rocmfix developers");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_INFO(livepatch, "Y");
/* The build ID of the amdgpu.ko whose source and functions this was made for. */
MODULE_INFO(amdgpu, ROCMFIX_STOCK_BUILD_ID);
