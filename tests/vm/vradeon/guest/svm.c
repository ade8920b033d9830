// SPDX-License-Identifier: MIT
/*
 * SVM ranges: memory of the process, mapped at its own address by giving the
 * GPU access to it (AMDKFD_IOC_SVM). Refused by kernels without HSA_AMD_SVM.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <linux/kfd_ioctl.h>

#include "kfd.h"
#include "mappings.h"

#ifndef KFD_IOCTL_SVM_FLAG_EXT_COHERENT
#define KFD_IOCTL_SVM_FLAG_EXT_COHERENT 0x00000080
#endif

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define KIB 1024u

static const struct {
	const char *name;
	bool prefetch;	/* moved into the card's VRAM first */
} memories[] = {
	{ "system", false },
	{ "vram", true },
};

static const struct {
	const char *name;
	uint32_t set;
	uint32_t clear;
} flags[] = {
	{ "plain", 0, KFD_IOCTL_SVM_FLAG_COHERENT },
	{ "default", 0, 0 },
	{ "coherent", KFD_IOCTL_SVM_FLAG_COHERENT, 0 },
	{ "ext-coherent", KFD_IOCTL_SVM_FLAG_EXT_COHERENT, 0 },
};

void svm_each(mapping_visitor *each, void *data)
{
	for (unsigned int m = 0; m < COUNT(memories); m++) {
		for (unsigned int f = 0; f < COUNT(flags); f++) {
			struct mapping mapping = {
				.interface = "svm",
				.memory = memories[m].name,
				.flags = flags[f].name,
				.asked = "-",
				.size = 16 * KIB,
				.map = svm_map,
				.kind = { m, f },
			};

			each(&mapping, data);
		}
	}
}

int svm_map(const struct mapping *mapping, const char **step)
{
	struct kfd_ioctl_svm_attribute attributes[] = {
		{ KFD_IOCTL_SVM_ATTR_SET_FLAGS, flags[mapping->kind[1]].set },
		{ KFD_IOCTL_SVM_ATTR_CLR_FLAGS, flags[mapping->kind[1]].clear },
		{ KFD_IOCTL_SVM_ATTR_ACCESS, kfd_gpu_id },
		{ KFD_IOCTL_SVM_ATTR_PREFETCH_LOC, memories[mapping->kind[0]].prefetch ?
							   kfd_gpu_id :
							   KFD_IOCTL_SVM_LOCATION_SYSMEM },
	};
	char request[sizeof(struct kfd_ioctl_svm_args) + sizeof(attributes)];
	struct kfd_ioctl_svm_args *svm = (void *)request;
	void *memory = mmap((void *)(uintptr_t)mapping->address, mapping->size,
			    PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	*step = "mmap";
	if (memory == MAP_FAILED)
		return errno;
	memset(memory, 1, mapping->size);

	memset(svm, 0, sizeof(*svm));
	svm->start_addr = mapping->address;
	svm->size = mapping->size;
	svm->op = KFD_IOCTL_SVM_OP_SET_ATTR;
	svm->nattr = COUNT(attributes);
	memcpy(svm->attrs, attributes, sizeof(attributes));
	*step = "SVM";
	/* the size of the request is part of its number */
	return ioctl(kfd_device, AMDKFD_IOC_SVM + (sizeof(attributes) << _IOC_SIZESHIFT), svm) ?
		       errno :
		       0;
}
