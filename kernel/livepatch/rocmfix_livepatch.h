/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * amdgpu's devices as the livepatch knows them: rocmfix_livepatch_devices.c. All
 * may sleep.
 */
#ifndef ROCMFIX_LIVEPATCH_H
#define ROCMFIX_LIVEPATCH_H

#include <linux/types.h>

struct amdgpu_device;
struct device;

/* Brings amdgpu_noretry and the like up to date with amdgpu's, which drives @dev. */
void rocmfix_livepatch_read_params(const struct device *dev);

/* Under the device's lock. */
bool rocmfix_livepatch_is_amdgpu(const struct device *dev);

/*
 * Makes the policy apply to this GPU, until it is unbound or removed. Under the
 * device's lock. 0, -EEXIST (known already) or -ENOMEM.
 */
int rocmfix_livepatch_add(struct amdgpu_device *adev);

/*
 * The same for @dev if amdgpu drives it, and logs what is too late for a GPU
 * that was probed without the policy. Under the device's lock, which the _all
 * forms take for one device after the other.
 */
void rocmfix_livepatch_add_bound(struct device *dev);
void rocmfix_livepatch_add_all(void);

/* The stock driver's page tables again, from the next mapping on. */
void rocmfix_livepatch_remove_all(void);

/* Until nothing of this module is bound to a device any more. */
void rocmfix_livepatch_wait_for_none(void);

#endif
