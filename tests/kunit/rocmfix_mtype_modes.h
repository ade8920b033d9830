/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The six settings of the two parameters that a mapping can meet. */
#ifndef ROCMFIX_MTYPE_MODES_H
#define ROCMFIX_MTYPE_MODES_H

struct rocmfix_mtype_mode {
	unsigned int rocmfix;
	unsigned int mtype;
};

#define ROCMFIX_MTYPE_MODES { { 0, 1 }, { 0, 3 }, { 1, 0 }, { 1, 1 }, { 1, 2 }, { 1, 3 } }

/* The MTYPE of GFX10: bits 50:48 of an entry. */
#define ROCMFIX_MTYPE_SHIFT 48
#define ROCMFIX_MTYPE_MASK (7ULL << ROCMFIX_MTYPE_SHIFT)

enum {
	NC = 0,
	WC = 1,
	CC = 2,
	UC = 3,
};

static inline const char *rocmfix_mtype_name(unsigned int mtype)
{
	static const char * const names[] = { "NC", "WC", "CC", "UC" };

	return mtype < 4 ? names[mtype] : "?";
}

#endif
