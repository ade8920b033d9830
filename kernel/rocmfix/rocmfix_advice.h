/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Warnings about amdgpu's parameters as the user set them, for a GPU that the
 * policy is applied to: values that do nothing there, or do harm.
 */
#ifndef ROCMFIX_ADVICE_H
#define ROCMFIX_ADVICE_H

#include "rocmfix_policy.h"

struct amdgpu_device;

/* May sleep. One warning at most for each parameter. Changes nothing. */
void rocmfix_advice_log(const struct amdgpu_device *adev,
			enum rocmfix_policy_mode mode);

#endif
