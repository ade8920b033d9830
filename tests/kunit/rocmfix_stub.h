/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Stand-ins for what the driver's objects under test refer to and no test may
 * reach. make-stubs writes one for each name.
 */
#ifndef ROCMFIX_STUB_H
#define ROCMFIX_STUB_H

/* The running test fails. Returns 0. */
unsigned long rocmfix_stub_called(const char *name);

#endif
