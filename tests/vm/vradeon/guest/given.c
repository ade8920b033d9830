// SPDX-License-Identifier: MIT
/*
 * Mappings that another process has made and holds: it says on our stdin what
 * they are and where, one a line: MEMORY FLAGS ADDRESS SIZE.
 */
#include <stdio.h>

#include "mappings.h"

bool given_open(const char *render_node, int render_minor)
{
	(void)render_node;
	(void)render_minor;
	return true;
}

static int given_map(const struct mapping *mapping, const char **step)
{
	(void)mapping;
	*step = "none";
	return 0;
}

void given_each(mapping_visitor *each, void *data)
{
	char memory[32], flags[32];
	unsigned long long address;
	size_t size;

	while (scanf("%31s %31s %llx %zu", memory, flags, &address, &size) == 4) {
		struct mapping mapping = {
			.interface = "hip",
			.memory = memory,
			.flags = flags,
			.asked = "-",
			.size = size,
			.address = address,
			.map = given_map,
		};

		each(&mapping, data);
	}
}
