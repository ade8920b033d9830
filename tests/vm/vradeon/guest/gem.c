// SPDX-License-Identifier: MIT
/*
 * Mappings through the render node: GEM_CREATE or GEM_USERPTR, then GEM_VA, as
 * Mesa and libdrm do it. Every flag of AMDGPU_GEM_CREATE_* that is about
 * caching is tried; the driver says which ones userspace may pass: 7.x takes
 * COHERENT, UNCACHED and EXT_COHERENT, the series before refuse them.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <drm/amdgpu_drm.h>

#include "mappings.h"

/* Not in the headers of every series; the bits are the same in all that have them. */
#ifndef AMDGPU_GEM_CREATE_COHERENT
#define AMDGPU_GEM_CREATE_COHERENT (1 << 13)
#endif
#ifndef AMDGPU_GEM_CREATE_UNCACHED
#define AMDGPU_GEM_CREATE_UNCACHED (1 << 14)
#endif
#ifndef AMDGPU_GEM_CREATE_EXT_COHERENT
#define AMDGPU_GEM_CREATE_EXT_COHERENT (1 << 15)
#endif

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define KIB 1024u
#define MIB (1024u * 1024u)

static const struct {
	const char *name;
	uint64_t domain;
	bool userptr;
	size_t size;
} memories[] = {
	{ "vram", AMDGPU_GEM_DOMAIN_VRAM, false, 16 * KIB },
	{ "vram-2m", AMDGPU_GEM_DOMAIN_VRAM, false, 2 * MIB },
	{ "gtt", AMDGPU_GEM_DOMAIN_GTT, false, 16 * KIB },
	{ "userptr", 0, true, 16 * KIB },
};

static const struct {
	const char *name;
	uint64_t bits;
	bool few;	/* only with the MTYPEs that have it, too */
} flags[] = {
	{ "plain", 0, false },
	{ "uswc", AMDGPU_GEM_CREATE_CPU_GTT_USWC, false },
	{ "coherent", AMDGPU_GEM_CREATE_COHERENT, true },
	{ "uncached", AMDGPU_GEM_CREATE_UNCACHED, true },
	{ "ext-coherent", AMDGPU_GEM_CREATE_EXT_COHERENT, true },
};

static const struct {
	const char *name;
	uint32_t bits;
	bool few;
} mtypes[] = {
	{ "default", AMDGPU_VM_MTYPE_DEFAULT, true },
	{ "NC", AMDGPU_VM_MTYPE_NC, false },
	{ "WC", AMDGPU_VM_MTYPE_WC, false },
	{ "CC", AMDGPU_VM_MTYPE_CC, true },
	{ "UC", AMDGPU_VM_MTYPE_UC, false },
};

static int drm = -1;

bool gem_open(const char *render_node, int render_minor)
{
	(void)render_minor;
	drm = open(render_node, O_RDWR | O_CLOEXEC);
	return drm >= 0;
}

void gem_each(mapping_visitor *each, void *data)
{
	for (unsigned int m = 0; m < COUNT(memories); m++) {
		for (unsigned int f = 0; f < COUNT(flags); f++) {
			/* GEM_USERPTR takes no such flags. */
			if (memories[m].userptr && flags[f].bits)
				continue;
			for (unsigned int t = 0; t < COUNT(mtypes); t++) {
				if (flags[f].few && !mtypes[t].few)
					continue;
				struct mapping mapping = {
					.interface = "gem",
					.memory = memories[m].name,
					.flags = flags[f].name,
					.asked = mtypes[t].name,
					.size = memories[m].size,
					.map = gem_map,
					.kind = { m, f, t },
				};

				each(&mapping, data);
			}
		}
	}
}

static int create(const struct mapping *mapping, uint32_t *handle)
{
	union drm_amdgpu_gem_create create = {
		.in = {
			.bo_size = mapping->size,
			.alignment = mapping->size,
			.domains = memories[mapping->kind[0]].domain,
			.domain_flags = flags[mapping->kind[1]].bits,
		},
	};

	if (ioctl(drm, DRM_IOCTL_AMDGPU_GEM_CREATE, &create))
		return errno;
	*handle = create.out.handle;
	return 0;
}

static int create_userptr(const struct mapping *mapping, uint32_t *handle)
{
	struct drm_amdgpu_gem_userptr userptr = {
		.size = mapping->size,
		/* REGISTER needs an MMU notifier, VALIDATE gets the pages now. */
		.flags = AMDGPU_GEM_USERPTR_ANONONLY | AMDGPU_GEM_USERPTR_REGISTER |
			 AMDGPU_GEM_USERPTR_VALIDATE,
	};
	void *memory = mmap(NULL, mapping->size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED)
		return errno;
	userptr.addr = (uintptr_t)memory;
	if (ioctl(drm, DRM_IOCTL_AMDGPU_GEM_USERPTR, &userptr))
		return errno;
	*handle = userptr.handle;
	return 0;
}

int gem_map(const struct mapping *mapping, const char **step)
{
	struct drm_amdgpu_gem_va va;
	uint32_t handle = 0;
	int error;

	if (memories[mapping->kind[0]].userptr) {
		*step = "GEM_USERPTR";
		error = create_userptr(mapping, &handle);
	} else {
		*step = "GEM_CREATE";
		error = create(mapping, &handle);
	}
	if (error)
		return error;

	memset(&va, 0, sizeof(va));
	va.handle = handle;
	va.operation = AMDGPU_VA_OP_MAP;
	va.flags = AMDGPU_VM_PAGE_READABLE | AMDGPU_VM_PAGE_WRITEABLE |
		   AMDGPU_VM_PAGE_EXECUTABLE | mtypes[mapping->kind[2]].bits;
	va.va_address = mapping->address;
	va.map_size = mapping->size;
	*step = "GEM_VA";
	return ioctl(drm, DRM_IOCTL_AMDGPU_GEM_VA, &va) ? errno : 0;
}
