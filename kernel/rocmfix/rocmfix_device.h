/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The devices that rocmfix knows of: one log line and one sysfs group each,
 *
 *   /sys/bus/pci/devices/<bdf>/rocmfix/
 *     active          1: the policy is applied to this GPU; 0: it is not
 *     mtype           the mode in force: stock, data or all
 *     noretry         0 or 1, adev->gmc.noretry as the hubs are programmed
 *     ptes_forced_nc  how many 4 KiB page-table entries were given another
 *                     MTYPE than the stock driver would have given them, since
 *                     the device was probed. A mapping counts its size each
 *                     time its entries are decided, so one that is evicted and
 *                     mapped anew counts again, and an entry that covers 2 MiB
 *                     counts 512. It never goes down.
 *
 * rocmfix_device_init() (rocmfix.h) is add, with remove bound to the device's
 * unbinding. Who cannot leave code behind in devres calls the pair himself.
 */
#ifndef ROCMFIX_DEVICE_H
#define ROCMFIX_DEVICE_H

#include <linux/types.h>

struct amdgpu_device;

/*
 * May sleep. -EEXIST: known already, nothing done. -ENOMEM: the policy works,
 * but is not counted and has no sysfs group. No sysfs group is no error.
 */
int rocmfix_device_add(struct amdgpu_device *adev);

/* May sleep. Does nothing for a device that was not added. */
void rocmfix_device_remove(struct amdgpu_device *adev);

/* Any context. Adds @pages to ptes_forced_nc. */
void rocmfix_device_count(struct amdgpu_device *adev, u64 pages);

#endif
