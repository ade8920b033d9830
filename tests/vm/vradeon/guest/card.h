/* SPDX-License-Identifier: MIT */
/* The nodes of the virtual card in a slot. */
#ifndef CARD_H
#define CARD_H

#include <stdbool.h>
#include <stddef.h>

/* "/dev/dri/renderDMINOR", if the driver made one. */
bool card_find_render_node(const char *slot, char *node, size_t size, int *minor);

#endif
