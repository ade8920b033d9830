/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The stand-in needs nothing. */
