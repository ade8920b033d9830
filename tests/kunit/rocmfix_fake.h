/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Just enough of an amdgpu device to be asked for its page-table entries. */
#ifndef ROCMFIX_FAKE_H
#define ROCMFIX_FAKE_H

#include "rocmfix_gc_cases.h"

struct amdgpu_device;

/* No funcs yet: they are a chain's to set. NULL when there is no memory. */
struct amdgpu_device *rocmfix_fake_make(const char *name, struct rocmfix_gc gc);

/* Takes it from rocmfix, too. */
void rocmfix_fake_destroy(struct amdgpu_device *adev);

/* The same, until the end of the test. */
struct amdgpu_device *rocmfix_fake_device(struct kunit *test, const char *name,
					  struct rocmfix_gc gc);

/* A page of zeroes until the end of the test. */
char *rocmfix_fake_page(struct kunit *test);

/*
 * The file @name in the device's sysfs group @group, or without one (NULL), into
 * @page; how many bytes, or an error.
 */
ssize_t rocmfix_fake_read(struct amdgpu_device *adev, const char *group,
			  const char *name, char *page);

/* ptes_forced_nc; fails the test when it is not there. */
u64 rocmfix_fake_forced(struct kunit *test, struct amdgpu_device *adev);

#endif
