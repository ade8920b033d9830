// SPDX-License-Identifier: MIT
/*
 * usage: flushes type SLOT
 *        flushes wait SLOT MILLISECONDS
 *        flushes race SLOT OTHER_SLOT MILLISECONDS
 * Which TLB flushes KFD asks for, and what it waits for, on virtual cards. Prints
 * "fact CASE.NAME VALUE":
 *
 *   type  type.map: of the flush when memory is mapped where other memory was
 *         unmapped through DRM; type.unmap: of that when it is unmapped
 *   wait  memory is unmapped while a flush takes so long: wait.begun and wait.done,
 *         the flushes at the moment at which the ioctl returns; wait.ms, after what time
 *   race  one thread maps memory to both cards while another one unmaps memory from
 *         both, and each flush of the first card takes so long. race.met: 1 if the
 *         mapping thread's flush of the second card came between the unmapping and the
 *         unmapping thread's turn to flush that card, and no other one followed;
 *         race.types: its type
 *
 * Judges nothing. Exit status 1: an ioctl failed, and which.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <drm/amdgpu_drm.h>
#include <linux/kfd_ioctl.h>

#include "card.h"
#include "flush_log.h"
#include "kfd.h"
#include "mappings.h"

#define SIZE 16384u
#define GEM_ADDRESS 0x300000000ull
#define KFD_ADDRESS 0x200000000ull
#define RACES 40u

struct gpu {
	const char *slot;
	int drm;
	uint32_t id;
};

static void require(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "error: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct gpu open_gpu(const char *slot)
{
	struct gpu gpu = { .slot = slot };
	char node[64];
	int minor;

	require(card_find_render_node(slot, node, sizeof(node), &minor), "no render node");
	require(kfd_open(node, minor), "cannot open /dev/kfd");
	gpu.drm = kfd_drm;
	gpu.id = kfd_gpu_id;
	return gpu;
}

static uint64_t allocate(const struct gpu *gpu)
{
	static uint64_t address = KFD_ADDRESS;
	struct kfd_ioctl_alloc_memory_of_gpu_args memory = {
		.va_addr = address,
		.size = SIZE,
		.gpu_id = gpu->id,
		.flags = KFD_IOC_ALLOC_MEM_FLAGS_GTT | KFD_IOC_ALLOC_MEM_FLAGS_WRITABLE,
	};

	require(!ioctl(kfd_device, AMDKFD_IOC_ALLOC_MEMORY_OF_GPU, &memory), "ALLOC_MEMORY_OF_GPU");
	address += SIZE;
	return memory.handle;
}

static void map(uint64_t handle, uint32_t *ids, unsigned int count)
{
	struct kfd_ioctl_map_memory_to_gpu_args args = {
		.handle = handle,
		.device_ids_array_ptr = (uintptr_t)ids,
		.n_devices = count,
	};

	require(!ioctl(kfd_device, AMDKFD_IOC_MAP_MEMORY_TO_GPU, &args), "MAP_MEMORY_TO_GPU");
}

static void unmap(uint64_t handle, uint32_t *ids, unsigned int count)
{
	struct kfd_ioctl_unmap_memory_from_gpu_args args = {
		.handle = handle,
		.device_ids_array_ptr = (uintptr_t)ids,
		.n_devices = count,
	};

	require(!ioctl(kfd_device, AMDKFD_IOC_UNMAP_MEMORY_FROM_GPU, &args), "UNMAP_MEMORY_FROM_GPU");
}

static void change_gem(const struct gpu *gpu, uint32_t handle, uint32_t operation)
{
	struct drm_amdgpu_gem_va va = {
		.handle = handle,
		.operation = operation,
		.flags = AMDGPU_VM_PAGE_READABLE | AMDGPU_VM_PAGE_WRITEABLE,
		.va_address = GEM_ADDRESS,
		.map_size = SIZE,
	};

	require(!ioctl(gpu->drm, DRM_IOCTL_AMDGPU_GEM_VA, &va), "GEM_VA");
}

/* DRM unmaps without a flush of its own: the next one of KFD's is needed. */
static void leave_stale_entries(const struct gpu *gpu)
{
	union drm_amdgpu_gem_create create = {
		.in = { .bo_size = SIZE, .alignment = SIZE, .domains = AMDGPU_GEM_DOMAIN_GTT },
	};
	struct drm_gem_close close = { 0 };

	require(!ioctl(gpu->drm, DRM_IOCTL_AMDGPU_GEM_CREATE, &create), "GEM_CREATE");
	close.handle = create.out.handle;
	change_gem(gpu, close.handle, AMDGPU_VA_OP_MAP);
	change_gem(gpu, close.handle, AMDGPU_VA_OP_UNMAP);
	require(!ioctl(gpu->drm, DRM_IOCTL_GEM_CLOSE, &close), "GEM_CLOSE");
}

static void print_types(const char *name, const char *slot, unsigned int first)
{
	struct flush flushes[FLUSH_LOG_MAX];
	unsigned int count = flush_log_read(slot, first, flushes);

	printf("fact %s", name);
	for (unsigned int i = 0; i < count; i++)
		printf(" %u", flushes[i].type);
	printf("%s\n", count ? "" : " none");
}

static void show_types(const struct gpu *gpu)
{
	uint32_t id = gpu->id;
	uint64_t handle = allocate(gpu);
	unsigned int first = flush_log_count(gpu->slot);

	leave_stale_entries(gpu);
	map(handle, &id, 1);
	print_types("type.map", gpu->slot, first);
	first = flush_log_count(gpu->slot);
	unmap(handle, &id, 1);
	print_types("type.unmap", gpu->slot, first);
}

static long milliseconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void show_waiting(const struct gpu *gpu, unsigned int duration)
{
	struct flush flushes[FLUSH_LOG_MAX];
	unsigned int first, begun, done = 0;
	uint64_t handle = allocate(gpu);
	uint32_t id = gpu->id;
	long begin;

	map(handle, &id, 1);
	first = flush_log_count(gpu->slot);
	flush_log_set_duration(gpu->slot, duration);
	begin = milliseconds();
	unmap(handle, &id, 1);
	begin = milliseconds() - begin;
	begun = flush_log_read(gpu->slot, first, flushes);
	for (unsigned int i = 0; i < begun; i++)
		done += flushes[i].done != 0;
	printf("fact wait.begun %u\nfact wait.done %u\nfact wait.ms %ld\n", begun, done, begin);
	flush_log_set_duration(gpu->slot, 0);
}

struct mapper {
	uint64_t handle;
	uint32_t ids[2];
};

static void *run_mapper(void *data)
{
	struct mapper *mapper = data;

	map(mapper->handle, mapper->ids, 2);
	return NULL;
}

/*
 * The card begins a flush that was waiting in the ring at the moment the one before is
 * done: so it was asked for, and the memory unmapped, before that moment; and the
 * mapping thread flushes the second card after it.
 */
static bool has_met(const struct flush *flushes, unsigned int count, const struct flush *second)
{
	return count == 2 && flushes[1].begun == flushes[0].done + 1 &&
	       second->begun > flushes[0].done && second->begun < flushes[1].done;
}

static bool race(const struct gpu *gpus, unsigned int duration)
{
	struct mapper mapper = { allocate(&gpus[0]), { gpus[0].id, gpus[1].id } };
	struct flush first[FLUSH_LOG_MAX], second[FLUSH_LOG_MAX];
	uint64_t handle = allocate(&gpus[0]);
	unsigned int counts[2];
	pthread_t thread;
	bool met;

	map(handle, mapper.ids, 2);
	leave_stale_entries(&gpus[0]);
	for (unsigned int i = 0; i < 2; i++)
		counts[i] = flush_log_count(gpus[i].slot);
	flush_log_set_duration(gpus[0].slot, duration);
	require(!pthread_create(&thread, NULL, run_mapper, &mapper), "pthread_create");
	while (flush_log_count(gpus[0].slot) == counts[0])
		usleep(500);
	unmap(handle, mapper.ids, 2);
	pthread_join(thread, NULL);
	flush_log_set_duration(gpus[0].slot, 0);
	/* Two: on a machine that is busy, the mapping thread came before the unmapping. */
	met = flush_log_read(gpus[1].slot, counts[1], second) == 1 &&
	      has_met(first, flush_log_read(gpus[0].slot, counts[0], first), second);
	if (met)
		print_types("race.types", gpus[1].slot, counts[1]);
	unmap(mapper.handle, mapper.ids, 2);
	return met;
}

static void show_race(const struct gpu *gpus, unsigned int duration)
{
	unsigned int tries = 1;

	while (!race(gpus, duration) && tries < RACES)
		tries++;
	printf("fact race.met %d\nfact race.tries %u\n", tries < RACES, tries);
}

int main(int argc, char **argv)
{
	struct gpu gpus[2];

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 3 && !strcmp(argv[1], "type")) {
		gpus[0] = open_gpu(argv[2]);
		show_types(gpus);
	} else if (argc == 4 && !strcmp(argv[1], "wait")) {
		gpus[0] = open_gpu(argv[2]);
		show_waiting(gpus, strtoul(argv[3], NULL, 10));
	} else if (argc == 5 && !strcmp(argv[1], "race")) {
		gpus[0] = open_gpu(argv[2]);
		gpus[1] = open_gpu(argv[3]);
		show_race(gpus, strtoul(argv[4], NULL, 10));
	} else {
		fprintf(stderr, "usage: flushes type SLOT | wait SLOT MS | race SLOT SLOT MS\n");
		return 2;
	}
	return 0;
}
