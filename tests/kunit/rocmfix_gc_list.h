/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * All that Linux knows of GFX10, the ends of the policy's ranges, the gaps
 * between them, and their neighbours. For the middle of an array of KUnit
 * cases, with ROCMFIX_GC_CASE() and ROCMFIX_GC_RUN defined: see
 * rocmfix_gc_cases.h.
 */
/* none discovered */
ROCMFIX_GC_CASE(0, 0, 0),
/* GFX9 */
ROCMFIX_GC_CASE(9, 0, 1),
ROCMFIX_GC_CASE(9, 1, 0),
ROCMFIX_GC_CASE(9, 2, 1),
ROCMFIX_GC_CASE(9, 4, 0),
ROCMFIX_GC_CASE(9, 4, 1),
ROCMFIX_GC_CASE(9, 4, 2),
ROCMFIX_GC_CASE(9, 4, 3),
ROCMFIX_GC_CASE(9, 4, 4),
ROCMFIX_GC_CASE(9, 5, 0),
/* nobody's */
ROCMFIX_GC_CASE(10, 0, 0),
ROCMFIX_GC_CASE(10, 0, 255),
/* RDNA1 */
ROCMFIX_GC_CASE(10, 1, 0),
ROCMFIX_GC_CASE(10, 1, 1),
ROCMFIX_GC_CASE(10, 1, 2),
ROCMFIX_GC_CASE(10, 1, 3),
ROCMFIX_GC_CASE(10, 1, 4),
ROCMFIX_GC_CASE(10, 1, 10),
ROCMFIX_GC_CASE(10, 1, 255),
/* nobody's */
ROCMFIX_GC_CASE(10, 2, 0),
ROCMFIX_GC_CASE(10, 2, 255),
/* RDNA2 */
ROCMFIX_GC_CASE(10, 3, 0),
ROCMFIX_GC_CASE(10, 3, 1),
ROCMFIX_GC_CASE(10, 3, 2),
ROCMFIX_GC_CASE(10, 3, 3),
ROCMFIX_GC_CASE(10, 3, 4),
ROCMFIX_GC_CASE(10, 3, 5),
ROCMFIX_GC_CASE(10, 3, 6),
ROCMFIX_GC_CASE(10, 3, 7),
ROCMFIX_GC_CASE(10, 3, 255),
/* nobody's */
ROCMFIX_GC_CASE(10, 4, 0),
/* RDNA3, RDNA4 */
ROCMFIX_GC_CASE(11, 0, 0),
ROCMFIX_GC_CASE(11, 0, 1),
ROCMFIX_GC_CASE(11, 5, 1),
ROCMFIX_GC_CASE(12, 0, 0),
ROCMFIX_GC_CASE(12, 0, 1),
ROCMFIX_GC_CASE(12, 1, 0),
