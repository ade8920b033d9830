// SPDX-License-Identifier: MIT
/*
 * Mappings through /dev/kfd as libhsakmt makes them: ALLOC_MEMORY_OF_GPU, then
 * MAP_MEMORY_TO_GPU. The MTYPE is not asked for here: it follows from the flags.
 */
#include "kfd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <linux/kfd_ioctl.h>

#include "mappings.h"

/* Not in the headers of every series; the bits are the same in all that have them. */
#ifndef KFD_IOC_ALLOC_MEM_FLAGS_UNCACHED
#define KFD_IOC_ALLOC_MEM_FLAGS_UNCACHED (1 << 25)
#endif
#ifndef KFD_IOC_ALLOC_MEM_FLAGS_EXT_COHERENT
#define KFD_IOC_ALLOC_MEM_FLAGS_EXT_COHERENT (1 << 24)
#endif

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define KIB 1024u
#define MIB (1024u * 1024u)
#define TOPOLOGY "/sys/class/kfd/kfd/topology/nodes"

int kfd_device = -1;
int kfd_drm = -1;
uint32_t kfd_gpu_id;

static const struct {
	const char *name;
	uint32_t bits;
	size_t size;
} memories[] = {
	{ "vram", KFD_IOC_ALLOC_MEM_FLAGS_VRAM, 16 * KIB },
	{ "vram-2m", KFD_IOC_ALLOC_MEM_FLAGS_VRAM, 2 * MIB },
	{ "gtt", KFD_IOC_ALLOC_MEM_FLAGS_GTT, 16 * KIB },
	{ "userptr", KFD_IOC_ALLOC_MEM_FLAGS_USERPTR, 16 * KIB },
};

static const struct {
	const char *name;
	uint32_t bits;
} flags[] = {
	{ "plain", 0 },
	{ "coherent", KFD_IOC_ALLOC_MEM_FLAGS_COHERENT },
	{ "uncached", KFD_IOC_ALLOC_MEM_FLAGS_UNCACHED },
	{ "ext-coherent", KFD_IOC_ALLOC_MEM_FLAGS_EXT_COHERENT },
};

static long read_property(const char *node, const char *name)
{
	char path[512], line[128];
	size_t length = strlen(name);
	long value = -1;
	FILE *file;

	snprintf(path, sizeof(path), TOPOLOGY "/%s/properties", node);
	file = fopen(path, "r");
	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, name, length) && line[length] == ' ')
			value = strtol(line + length, NULL, 10);
	fclose(file);
	return value;
}

static uint32_t read_gpu_id(const char *node)
{
	unsigned int id = 0;
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), TOPOLOGY "/%s/gpu_id", node);
	file = fopen(path, "r");
	if (!file)
		return 0;
	if (fscanf(file, "%u", &id) != 1)
		id = 0;
	fclose(file);
	return id;
}

/* The KFD node of the GPU with this render node; 0: there is none. */
static uint32_t find_gpu(int render_minor)
{
	DIR *dir = opendir(TOPOLOGY);
	struct dirent *entry;
	uint32_t id = 0;

	while (dir && !id && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' &&
		    read_property(entry->d_name, "drm_render_minor") == render_minor)
			id = read_gpu_id(entry->d_name);
	if (dir)
		closedir(dir);
	return id;
}

bool kfd_open(const char *render_node, int render_minor)
{
	struct kfd_ioctl_acquire_vm_args vm = { 0 };

	kfd_gpu_id = find_gpu(render_minor);
	if (!kfd_gpu_id) {
		errno = ENODEV;
		return false;
	}
	if (kfd_device < 0)
		kfd_device = open("/dev/kfd", O_RDWR | O_CLOEXEC);
	kfd_drm = open(render_node, O_RDWR | O_CLOEXEC);
	if (kfd_device < 0 || kfd_drm < 0)
		return false;
	vm.drm_fd = kfd_drm;
	vm.gpu_id = kfd_gpu_id;
	return ioctl(kfd_device, AMDKFD_IOC_ACQUIRE_VM, &vm) == 0;
}

void kfd_each(mapping_visitor *each, void *data)
{
	for (unsigned int m = 0; m < COUNT(memories); m++) {
		for (unsigned int f = 0; f < COUNT(flags); f++) {
			struct mapping mapping = {
				.interface = "kfd",
				.memory = memories[m].name,
				.flags = flags[f].name,
				.asked = "-",
				.size = memories[m].size,
				.map = kfd_map,
				.kind = { m, f },
			};

			each(&mapping, data);
		}
	}
}

int kfd_map(const struct mapping *mapping, const char **step)
{
	struct kfd_ioctl_alloc_memory_of_gpu_args memory = {
		.va_addr = mapping->address,
		.size = mapping->size,
		.gpu_id = kfd_gpu_id,
		.flags = memories[mapping->kind[0]].bits | flags[mapping->kind[1]].bits |
			 KFD_IOC_ALLOC_MEM_FLAGS_WRITABLE |
			 KFD_IOC_ALLOC_MEM_FLAGS_EXECUTABLE |
			 KFD_IOC_ALLOC_MEM_FLAGS_NO_SUBSTITUTE,
	};
	struct kfd_ioctl_map_memory_to_gpu_args map = {
		.device_ids_array_ptr = (uintptr_t)&kfd_gpu_id,
		.n_devices = 1,
	};

	if (memories[mapping->kind[0]].bits == KFD_IOC_ALLOC_MEM_FLAGS_USERPTR) {
		void *user = mmap(NULL, mapping->size, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

		*step = "mmap";
		if (user == MAP_FAILED)
			return errno;
		memory.mmap_offset = (uintptr_t)user;
	}
	*step = "ALLOC_MEMORY_OF_GPU";
	if (ioctl(kfd_device, AMDKFD_IOC_ALLOC_MEMORY_OF_GPU, &memory))
		return errno;
	*step = "MAP_MEMORY_TO_GPU";
	map.handle = memory.handle;
	return ioctl(kfd_device, AMDKFD_IOC_MAP_MEMORY_TO_GPU, &map) ? errno : 0;
}
