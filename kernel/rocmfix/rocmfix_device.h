/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The devices that rocmfix knows of: one log line and one sysfs group each (for
 * users: kernel/ABI.md),
 *
 *   /sys/bus/pci/devices/<bdf>/rocmfix/
 *     active          1: the policy is applied to this GPU; 0: it is not
 *     mtype           the mode in force: stock, private, data or all. Not
 *                     what was asked for: where SVM ranges do not pass
 *                     get_vm_pte(), private is stock, and the log says why
 *     mtype_svm       the mode in force for SVM ranges; none: there are none
 *     noretry         0 or 1, adev->gmc.noretry as the hubs are programmed (it
 *                     is final when the device is added)
 *     ptes_forced_nc  how often a page-table entry value was given another
 *                     MTYPE than the stock driver would have given it, since
 *                     the device was probed. All entries of a mapping (of one
 *                     piece of an SVM range) are written with one value, so
 *                     that each counts 1 whatever its size, and again when it
 *                     is evicted and remapped. It never goes down.
 *
 * rocmfix_device_init() (rocmfix.h) is add, with remove bound to the device's
 * unbinding. A caller that cannot leave code behind in devres calls the pair
 * itself.
 */
#ifndef ROCMFIX_DEVICE_H
#define ROCMFIX_DEVICE_H

#include "rocmfix_policy.h"

struct amdgpu_device;
struct device;

/*
 * May sleep. -EEXIST: known already, nothing done. -ENOMEM: this GPU gets the
 * stock driver's page tables. A missing sysfs group is not an error.
 */
int rocmfix_device_add(struct amdgpu_device *adev);

/*
 * May sleep, under the device's lock. Does nothing for a device that was not
 * added. The struct amdgpu_device is no longer needed.
 */
void rocmfix_device_remove(struct device *dev);

/*
 * Any context. The MTYPE to write for @owner on this GPU where the stock driver
 * would write @stock; counts it where it differs. @stock for a device that was
 * not added.
 */
unsigned int rocmfix_device_mtype(struct amdgpu_device *adev,
				  enum rocmfix_policy_owner owner,
				  unsigned int stock);

#endif
