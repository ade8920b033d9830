/* SPDX-License-Identifier: MIT */
/* The TLB flushes of a virtual card's KIQ, as the card saw them. */
#ifndef FLUSH_LOG_H
#define FLUSH_LOG_H

#define FLUSH_LOG_MAX 64u

struct flush {
	unsigned int number;	/* since the card was plugged in */
	unsigned int begun;	/* events, numbered across all cards */
	unsigned int done;	/* 0: not yet */
	unsigned int type;	/* 0 legacy, 2 heavy-weight */
};

/* The flushes from number `first` on, FLUSH_LOG_MAX at most; returns how many. */
unsigned int flush_log_read(const char *slot, unsigned int first, struct flush *flushes);

/* How many there have been. */
unsigned int flush_log_count(const char *slot);

/* How long each takes from now on. */
void flush_log_set_duration(const char *slot, unsigned int milliseconds);

#endif
