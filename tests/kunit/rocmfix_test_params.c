// SPDX-License-Identifier: GPL-2.0 OR MIT
/* rocmfix_params.c, whole, and the way to the parameters it registers. */
#include "../rocmfix/rocmfix_params.c"
#include "rocmfix_test_params.h"

static const struct kernel_param *rocmfix_test_params_find(const char *name)
{
	if (!strcmp(name, __param_rocmfix.name))
		return &__param_rocmfix;
	if (!strcmp(name, __param_rocmfix_mtype.name))
		return &__param_rocmfix_mtype;
	return NULL;
}

int rocmfix_test_params_set(const char *name, const char *value)
{
	const struct kernel_param *kp = rocmfix_test_params_find(name);

	return kp ? kp->ops->set(value, kp) : -ENOENT;
}

int rocmfix_test_params_get(const char *name, char *page)
{
	const struct kernel_param *kp = rocmfix_test_params_find(name);

	return kp ? kp->ops->get(page, kp) : -ENOENT;
}

void rocmfix_test_params_mode(unsigned int rocmfix, unsigned int mtype)
{
	char value[12];

	snprintf(value, sizeof(value), "%u", rocmfix);
	rocmfix_test_params_set("rocmfix", value);
	snprintf(value, sizeof(value), "%u", mtype);
	rocmfix_test_params_set("rocmfix_mtype", value);
}
