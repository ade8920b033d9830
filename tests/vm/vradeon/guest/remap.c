// SPDX-License-Identifier: MIT
/*
 * usage: remap SLOT STOP_FILE
 * Makes a buffer in the VRAM of the virtual card in that slot, maps it with the
 * MTYPE CC, unmaps it and gives it back, over and over until STOP_FILE is there.
 * Every mapping asks the driver for an MTYPE. Prints "mapping" when the first one
 * is made, and at the end
 *
 *   remapped SLOT COUNT
 *
 * Judges nothing. Exit status 1: an ioctl failed, and which.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <drm/amdgpu_drm.h>

#define SIZE 16384u
#define ADDRESS 0x200000000ull

static int open_card(const char *slot)
{
	char path[64], node[288] = "";
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/00fa:00:%.8s.0/drm", slot);
	dir = opendir(path);
	if (!dir)
		return -1;
	while ((entry = readdir(dir)))
		if (!strncmp(entry->d_name, "renderD", 7))
			snprintf(node, sizeof(node), "/dev/dri/%s", entry->d_name);
	closedir(dir);
	return open(node, O_RDWR | O_CLOEXEC);
}

static int change(int drm, uint32_t handle, uint32_t operation)
{
	struct drm_amdgpu_gem_va va = {
		.handle = handle,
		.operation = operation,
		.flags = AMDGPU_VM_PAGE_READABLE | AMDGPU_VM_PAGE_WRITEABLE |
			 AMDGPU_VM_MTYPE_CC,
		.va_address = ADDRESS,
		.map_size = SIZE,
	};

	return ioctl(drm, DRM_IOCTL_AMDGPU_GEM_VA, &va);
}

/* The name of what failed, or NULL. */
static const char *remap(int drm)
{
	union drm_amdgpu_gem_create create = {
		.in = {
			.bo_size = SIZE,
			.alignment = SIZE,
			.domains = AMDGPU_GEM_DOMAIN_VRAM,
		},
	};
	struct drm_gem_close close = { 0 };

	if (ioctl(drm, DRM_IOCTL_AMDGPU_GEM_CREATE, &create))
		return "GEM_CREATE";
	close.handle = create.out.handle;
	if (change(drm, close.handle, AMDGPU_VA_OP_MAP))
		return "GEM_VA map";
	if (change(drm, close.handle, AMDGPU_VA_OP_UNMAP))
		return "GEM_VA unmap";
	return ioctl(drm, DRM_IOCTL_GEM_CLOSE, &close) ? "GEM_CLOSE" : NULL;
}

int main(int argc, char **argv)
{
	const char *failed = NULL;
	unsigned long count = 0;
	int drm;

	if (argc != 3) {
		fprintf(stderr, "usage: remap SLOT STOP_FILE\n");
		return 2;
	}
	drm = open_card(argv[1]);
	if (drm < 0) {
		fprintf(stderr, "error: no render node of slot %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (!failed && access(argv[2], F_OK)) {
		failed = remap(drm);
		if (!failed && !count++)
			printf("mapping\n");
	}
	if (failed) {
		fprintf(stderr, "error: %s: %s\n", failed, strerror(errno));
		return 1;
	}
	printf("remapped %s %lu\n", argv[1], count);
	return 0;
}
