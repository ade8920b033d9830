// SPDX-License-Identifier: MIT
/* Walks page tables in VRAM. See page_table.h. */
#include "page_table.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PAGE 4096ull
#define ENTRIES 512u

/* amdgpu_vm.h */
#define AMDGPU_PTE_VALID (1ull << 0)
#define AMDGPU_PTE_SYSTEM (1ull << 1)
#define AMDGPU_PDE_PTE (1ull << 54)
#define ADDRESS 0x0000fffffffff000ull

#define LEVELS 4u
#define LEVEL_SHIFT(level) (12 + 9 * (level))
#define LEVEL_INDEX(address, level) ((address) >> LEVEL_SHIFT(level) & (ENTRIES - 1))

uint64_t page_table_address(unsigned int pdb2, unsigned int pdb1, unsigned int pdb0,
			    unsigned int ptb)
{
	return (uint64_t)pdb2 << LEVEL_SHIFT(3) | (uint64_t)pdb1 << LEVEL_SHIFT(2) |
	       (uint64_t)pdb0 << LEVEL_SHIFT(1) | (uint64_t)ptb << LEVEL_SHIFT(0);
}

bool page_table_open(struct page_table *table, const char *vram_path)
{
	off_t size;

	table->vram = open(vram_path, O_RDONLY);
	if (table->vram < 0)
		return false;
	/* debugfs knows no sizes: the first offset without a byte. */
	for (size = 1 << 20; pread(table->vram, &(char){ 0 }, 1, size) == 1; size <<= 1)
		;
	table->vram_size = size;
	return true;
}

static uint64_t read_entry(const struct page_table *table, uint64_t page, unsigned int index)
{
	uint64_t bits = 0;

	if (page + PAGE > table->vram_size ||
	    pread(table->vram, &bits, sizeof(bits), page + 8ull * index) != sizeof(bits))
		return 0;
	return bits;
}

bool page_table_walk(const struct page_table *table, uint64_t address,
		     struct page_table_entry *entry)
{
	uint64_t page = table->root;
	unsigned int level = LEVELS;

	while (level--) {
		uint64_t bits = read_entry(table, page, LEVEL_INDEX(address, level));

		if (!(bits & AMDGPU_PTE_VALID))
			return false;
		if (level == 0 || (level == 1 && bits & AMDGPU_PDE_PTE)) {
			entry->bits = bits;
			entry->level = level;
			return true;
		}
		/* A directory lies in VRAM, its address is an offset there. */
		if (bits & (AMDGPU_PTE_SYSTEM | AMDGPU_PDE_PTE))
			return false;
		page = bits & ADDRESS;
	}
	return false;
}

unsigned int page_table_find_root(struct page_table *table, uint64_t address)
{
	struct page_table candidate = *table;
	struct page_table_entry entry;
	unsigned int found = 0;

	for (candidate.root = 0; candidate.root < table->vram_size; candidate.root += PAGE) {
		if (!page_table_walk(&candidate, address, &entry))
			continue;
		table->root = candidate.root;
		found++;
	}
	return found;
}

const char *page_table_mtype(uint64_t bits)
{
	static const char *const names[8] = { "NC", "WC", "CC", "UC", "?", "?", "?", "?" };

	return names[bits >> 48 & 7];
}

const char *page_table_flags(uint64_t bits)
{
	static const struct {
		unsigned int bit;
		const char *name;
	} flags[] = {
		{ 0, "valid" },	   { 1, "system" },   { 2, "snooped" },	 { 4, "executable" },
		{ 5, "readable" }, { 6, "writable" }, { 51, "prt" },	 { 54, "pde-is-pte" },
		{ 55, "log" },	   { 56, "tf" },      { 58, "noalloc" },
	};
	static char text[128];

	text[0] = '\0';
	for (unsigned int i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		if (!(bits >> flags[i].bit & 1))
			continue;
		if (text[0])
			strcat(text, ",");
		strcat(text, flags[i].name);
	}
	return text;
}
