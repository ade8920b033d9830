// SPDX-License-Identifier: MIT
/*
 * usage: registers SLOT LIST
 * Prints registers of the virtual card in that slot as they are now, by a list
 * of lines "CARD NAME BYTE_OFFSET" (firmware/generate --registers):
 *
 *   register CARD NAME VALUE
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static FILE *open_name(const char *slot)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/kernel/debug/vradeon/%.8s/name", slot);
	return fopen(path, "r");
}

static int open_registers(const char *slot)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/kernel/debug/vradeon/%.8s/registers", slot);
	return open(path, O_RDONLY);
}

int main(int argc, char **argv)
{
	char card[32], listed[32], name[64];
	unsigned int offset, found = 0;
	uint32_t value;
	FILE *file, *list;
	int registers;

	if (argc != 3) {
		fprintf(stderr, "usage: registers SLOT LIST\n");
		return 2;
	}
	file = open_name(argv[1]);
	registers = open_registers(argv[1]);
	list = fopen(argv[2], "r");
	if (!file || registers < 0 || !list || fscanf(file, "%31s", card) != 1) {
		fprintf(stderr, "error: no card in slot %s, or no list %s\n", argv[1], argv[2]);
		return 1;
	}
	while (fscanf(list, "%31s %63s %x", listed, name, &offset) == 3) {
		if (strcmp(listed, card))
			continue;
		if (pread(registers, &value, sizeof(value), offset) != sizeof(value)) {
			fprintf(stderr, "error: %s: cannot read %s\n", card, name);
			return 1;
		}
		printf("register %s %s %08x\n", card, name, value);
		found++;
	}
	return !found;
}
