// SPDX-License-Identifier: MIT
/*
 * usage: mappings SLOT gem|kfd|svm|given
 * Makes every kind of mapping that the interface knows on the virtual card in
 * that slot (given: reads from stdin which ones are there), and prints what the
 * driver wrote for it, read out of its VRAM:
 *
 *   pte CARD INTERFACE MEMORY FLAGS ASKED = MTYPE LEVEL BITS NAMES
 *   refused CARD INTERFACE MEMORY FLAGS ASKED = STEP ERRNO
 *
 * Judges nothing. Exit status 1: the card, its render node or its root
 * directory was not found, or a page of a mapping is not mapped as its first.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "card.h"
#include "mappings.h"
#include "page_table.h"

/*
 * Indexes that no address space has by chance. PDB2's differs for every slot and
 * interface: the tables of a closed address space stay in VRAM for a while.
 */
#define FIRST_PDB2 16u
#define PDB1 77u
#define FIRST_PDB0 101u
#define PTB 33u

struct run {
	char card[32];
	unsigned int pdb2;
	unsigned int next_pdb0;
	struct page_table table;
	bool has_root;
	bool failed;
};

/* SDMA writes page tables when the ioctl is long back. */
#define DEADLINE_SECONDS 20

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

static void find_root(struct run *run, uint64_t address)
{
	time_t deadline = now() + DEADLINE_SECONDS;
	unsigned int found;

	do
		found = page_table_find_root(&run->table, address);
	while (!found && now() < deadline);
	if (found != 1) {
		fprintf(stderr, "error: %u root directories for %#llx\n", found,
			(unsigned long long)address);
		exit(1);
	}
	run->has_root = true;
	printf("root %s %#llx\n", run->card, (unsigned long long)run->table.root);
}

static bool is_mapped(const struct run *run, const struct mapping *mapping)
{
	struct page_table_entry entry;

	for (uint64_t offset = 0; offset < mapping->size; offset += 4096)
		if (!page_table_walk(&run->table, mapping->address + offset, &entry))
			return false;
	return true;
}

/* Addresses and fragments differ within a mapping, nothing else. */
static bool is_one_mapping(const struct run *run, const struct mapping *mapping,
			   const struct page_table_entry *first)
{
	const uint64_t variable = 0x0000fffffffff000ull | 0x1full << 7;
	struct page_table_entry entry;

	for (uint64_t offset = 4096; offset < mapping->size; offset += 4096)
		if (!page_table_walk(&run->table, mapping->address + offset, &entry) ||
		    (entry.bits ^ first->bits) & ~variable)
			return false;
	return true;
}

static void print_entry(struct run *run, const struct mapping *mapping)
{
	time_t deadline = now() + DEADLINE_SECONDS;
	struct page_table_entry first;

	while (!is_mapped(run, mapping) && now() < deadline)
		usleep(1000);
	if (!page_table_walk(&run->table, mapping->address, &first) ||
	    !is_one_mapping(run, mapping, &first)) {
		run->failed = true;
		printf("wrong %s %s %s %s %s = %s at %#llx\n", run->card, mapping->interface,
		       mapping->memory, mapping->flags, mapping->asked,
		       is_mapped(run, mapping) ? "several MTYPEs or flags" : "not mapped",
		       (unsigned long long)mapping->address);
		return;
	}
	printf("pte %s %s %s %s %s = %s %s %016llx %s\n", run->card, mapping->interface,
	       mapping->memory, mapping->flags, mapping->asked, page_table_mtype(first.bits),
	       first.level ? "PDB0" : "PTB", (unsigned long long)first.bits,
	       page_table_flags(first.bits));
}

static void try_mapping(struct mapping *mapping, void *data)
{
	struct run *run = data;
	/* what fills a whole PDB0 entry is aligned to it */
	unsigned int ptb = mapping->size < 2u << 20 ? PTB : 0;
	const char *step;
	int error;

	if (!mapping->address)
		mapping->address = page_table_address(run->pdb2, PDB1, run->next_pdb0++, ptb);
	error = mapping->map(mapping, &step);
	if (error) {
		printf("refused %s %s %s %s %s = %s %s\n", run->card, mapping->interface,
		       mapping->memory, mapping->flags, mapping->asked, step,
		       strerrorname_np(error));
		return;
	}
	if (!run->has_root)
		find_root(run, mapping->address);
	print_entry(run, mapping);
}

static bool read_name(struct run *run, const char *slot)
{
	char path[64];
	FILE *file;
	bool ok;

	snprintf(path, sizeof(path), "/sys/kernel/debug/vradeon/%s/name", slot);
	file = fopen(path, "r");
	if (!file)
		return false;
	ok = fscanf(file, "%31s", run->card) == 1;
	fclose(file);
	return ok;
}

static const struct interface {
	const char *name;
	bool (*open)(const char *render_node, int render_minor);
	void (*each)(mapping_visitor *each, void *data);
} interfaces[] = {
	{ "gem", gem_open, gem_each },
	{ "kfd", kfd_open, kfd_each },
	{ "svm", kfd_open, svm_each },
	{ "given", given_open, given_each },
};

static const struct interface *find_interface(const char *name)
{
	for (unsigned int i = 0; i < sizeof(interfaces) / sizeof(*interfaces); i++)
		if (!strcmp(interfaces[i].name, name))
			return &interfaces[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const struct interface *interface = argc == 3 ? find_interface(argv[2]) : NULL;
	struct run run = { .next_pdb0 = FIRST_PDB0 };
	char path[64], node[64];
	int minor;

	if (!interface) {
		fprintf(stderr, "usage: mappings SLOT gem|kfd|svm|given\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	run.pdb2 = FIRST_PDB2 + 8 * (interface - interfaces) + strtoul(argv[1], NULL, 16);
	snprintf(path, sizeof(path), "/sys/kernel/debug/vradeon/%s/vram", argv[1]);
	if (!read_name(&run, argv[1]) || !page_table_open(&run.table, path)) {
		fprintf(stderr, "error: no card in slot %s\n", argv[1]);
		return 1;
	}
	if (!card_find_render_node(argv[1], node, sizeof(node), &minor)) {
		fprintf(stderr, "error: %s: the driver made no render node\n", run.card);
		return 1;
	}
	if (!interface->open(node, minor)) {
		fprintf(stderr, "error: %s: cannot open %s: %s\n", run.card, interface->name,
			strerror(errno));
		return 1;
	}
	interface->each(try_mapping, &run);
	return run.failed;
}
