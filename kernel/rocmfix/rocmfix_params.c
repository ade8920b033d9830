// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the module parameters rocmfix and rocmfix_mtype. Refuses to let a
 * mistyped value cost the user the display: param_set_int() would fail, and
 * with it the load of the whole driver. A bad value is warned about and means
 * the stock behaviour instead.
 *
 * A value is a number or its name; what sysfs shows is always the number.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": rocmfix: " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include "rocmfix_params.h"

struct rocmfix_params_value {
	int value;
	int max;
	const char *(*name)(int value);
};

static const char *rocmfix_params_on_name(int value)
{
	return value ? "on" : "off";
}

static struct rocmfix_params_value rocmfix_params_on = {
	.value = 1,
	.max = 1,
	.name = rocmfix_params_on_name,
};

static const char *rocmfix_params_mtype_name(int value)
{
	return rocmfix_policy_mode_name(value);
}

static struct rocmfix_params_value rocmfix_params_mtype = {
	.value = ROCMFIX_MODE_PRIVATE,
	.max = ROCMFIX_MODE_ALL,
	.name = rocmfix_params_mtype_name,
};

static bool rocmfix_params_parse(const struct rocmfix_params_value *p,
				 const char *val, int *n)
{
	if (!val)
		return false;
	for (*n = 0; *n <= p->max; ++*n)
		if (sysfs_streq(val, p->name(*n)))
			return true;
	return !kstrtoint(val, 0, n) && *n >= 0 && *n <= p->max;
}

static void rocmfix_params_warn(const struct kernel_param *kp, const char *val)
{
	const struct rocmfix_params_value *p = kp->arg;
	char accepted[64];
	int i, at = 0;

	for (i = 0; i <= p->max; i++)
		at += scnprintf(accepted + at, sizeof(accepted) - at,
				"%s%d or %s", i ? ", " : "", i, p->name(i));
	pr_warn("bad value '%s' for parameter %s (%s): using 0, the stock behaviour\n",
		val ? val : "", kp->name, accepted);
}

static int rocmfix_params_set(const char *val, const struct kernel_param *kp)
{
	struct rocmfix_params_value *p = kp->arg;
	int n;

	if (!rocmfix_params_parse(p, val, &n)) {
		rocmfix_params_warn(kp, val);
		n = 0;
	}
	p->value = n;
	return 0;
}

static int rocmfix_params_get(char *buffer, const struct kernel_param *kp)
{
	const struct rocmfix_params_value *p = kp->arg;

	return sysfs_emit(buffer, "%d\n", p->value);
}

static const struct kernel_param_ops rocmfix_params_ops = {
	/* no value at all must not fail the load either */
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = rocmfix_params_set,
	.get = rocmfix_params_get,
};

module_param_cb(rocmfix, &rocmfix_params_ops, &rocmfix_params_on, 0444);
__MODULE_PARM_TYPE(rocmfix, "int");
MODULE_PARM_DESC(rocmfix,
		 "ROCm fixes for GC 10.1.x and 10.3.x (1 or on = default, 0 or off = behave exactly like the stock driver)");

module_param_cb(rocmfix_mtype, &rocmfix_params_ops, &rocmfix_params_mtype, 0444);
__MODULE_PARM_TYPE(rocmfix_mtype, "int");
MODULE_PARM_DESC(rocmfix_mtype,
		 "page-table MTYPE on GC 10.1.x and 10.3.x (0 or stock, 1 or private = NC for SVM ranges in its own VRAM (default), 2 or data = NC for compute's VRAM, all SVM ranges and CC requests too, 3 or all = NC for compute's system memory too, experimental)");

bool rocmfix_params_enabled(void)
{
	return rocmfix_params_on.value;
}

enum rocmfix_policy_mode rocmfix_params_mode(void)
{
	return rocmfix_params_enabled() ? rocmfix_params_mtype.value :
					  ROCMFIX_MODE_STOCK;
}
