/* SPDX-License-Identifier: MIT */
/* As much of the kernel as amdgpu's firmware headers need to be compiled alone. */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

struct mutex {
	int unused;
};

#define __printf(format, first)
#define __counted_by(member)
#define DECLARE_FLEX_ARRAY(type, name) \
	struct {                       \
		struct {               \
		} empty_##name;        \
		type name[];           \
	}

#include "discovery.h"
#include "atomfirmware.h"
#include "amdgpu_ucode.h"
