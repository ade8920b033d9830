// SPDX-License-Identifier: MIT
/* See card.h. */
#include "card.h"

#include <dirent.h>
#include <stdio.h>

bool card_find_render_node(const char *slot, char *node, size_t size, int *minor)
{
	char path[64];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/00fa:00:%.8s.0/drm", slot);
	dir = opendir(path);
	if (!dir)
		return false;
	while (!found && (entry = readdir(dir))) {
		if (sscanf(entry->d_name, "renderD%d", minor) != 1)
			continue;
		snprintf(node, size, "/dev/dri/renderD%d", *minor);
		found = true;
	}
	closedir(dir);
	return found;
}
