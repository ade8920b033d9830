/* SPDX-License-Identifier: MIT */
/*
 * Mappings that a driver interface makes, one at a time: what mappings.c prints
 * the page-table entries of.
 */
#ifndef MAPPINGS_H
#define MAPPINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mapping {
	const char *interface;	/* "gem", "kfd", "svm", "hip" */
	const char *memory;	/* "vram", "gtt", "userptr" */
	const char *flags;	/* names of the flags of the BO, "plain" for none */
	const char *asked;	/* the MTYPE asked for */
	size_t size;
	uint64_t address;	/* in the GPU's address space; 0: one will be chosen */
	/* 0, or the errno with which the driver refused, and where in `step` */
	int (*map)(const struct mapping *mapping, const char **step);
	/* index of the memory, flags and MTYPE in the interface's own tables */
	unsigned int kind[3];
};

/* Calls `each` for all mappings that the interface knows. */
typedef void mapping_visitor(struct mapping *mapping, void *data);

/* gem.c: GEM_CREATE or GEM_USERPTR and GEM_VA, at the render node. */
bool gem_open(const char *render_node, int render_minor);
void gem_each(mapping_visitor *each, void *data);
int gem_map(const struct mapping *mapping, const char **step);

/* kfd.c: ALLOC_MEMORY_OF_GPU and MAP_MEMORY_TO_GPU, at /dev/kfd. */
bool kfd_open(const char *render_node, int render_minor);
void kfd_each(mapping_visitor *each, void *data);
int kfd_map(const struct mapping *mapping, const char **step);

/* svm.c: SVM ranges, at /dev/kfd after kfd_open(). */
void svm_each(mapping_visitor *each, void *data);
int svm_map(const struct mapping *mapping, const char **step);

/* given.c: what another process has mapped, as it says on stdin. */
bool given_open(const char *render_node, int render_minor);
void given_each(mapping_visitor *each, void *data);

#endif
