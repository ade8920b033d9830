/* SPDX-License-Identifier: MIT */
/*
 * The page tables of GFX10 and GFX11 as they stand in a virtual card's VRAM:
 * four levels of 512 entries, PDB2 (the root), PDB1, PDB0, PTB. Reads, never
 * writes. The bits are those of amdgpu_vm.h.
 */
#ifndef PAGE_TABLE_H
#define PAGE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

struct page_table {
	int vram;		/* the debugfs file */
	uint64_t vram_size;
	uint64_t root;		/* offset of PDB2 in VRAM */
};

struct page_table_entry {
	uint64_t bits;
	unsigned int level;	/* 0: PTB; 1: an entry of PDB0 that maps 2 MiB itself */
};

/* The virtual address with these indexes into PDB2, PDB1, PDB0 and PTB. */
uint64_t page_table_address(unsigned int pdb2, unsigned int pdb1,
			    unsigned int pdb0, unsigned int ptb);

/* False: no such file. */
bool page_table_open(struct page_table *table, const char *vram_path);

/*
 * Finds the root of the address space in which `address` is mapped. Nothing
 * outside the driver knows where it is as long as no job runs, so every page of
 * VRAM is tried: indexes that nobody else uses make the match unique. Returns
 * how many pages would do; anything but 1 is a failure.
 */
unsigned int page_table_find_root(struct page_table *table, uint64_t address);

/* False: not mapped. */
bool page_table_walk(const struct page_table *table, uint64_t address,
		     struct page_table_entry *entry);

/* "NC", "WC", "RW", "CC", "UC", or "?": bits 50:48. */
const char *page_table_mtype(uint64_t bits);

/* "valid,system,snooped,executable,...": the rest, in a static buffer. */
const char *page_table_flags(uint64_t bits);

#endif
