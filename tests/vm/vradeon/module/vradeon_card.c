// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the way from a card's firmware files to its BARs: sizes, ROM, and the
 * registers that are not 0. Knows nothing of what a register means.
 */
#include <linux/device.h>
#include <linux/firmware.h>
#include <linux/io.h>
#include <linux/slab.h>

#include "vradeon.h"

static int vradeon_card_get(const struct vradeon *gpu, struct device *dev,
			    const char *file, const struct firmware **fw)
{
	char path[64];

	snprintf(path, sizeof(path), "vradeon/%s/%s", gpu->name, file);
	return request_firmware(fw, path, dev);
}

static int vradeon_card_parse(struct vradeon *gpu, const struct firmware *fw)
{
	u32 i, count, limit;

	if (fw->size < sizeof(gpu->card))
		return -EINVAL;
	memcpy(&gpu->card, fw->data, sizeof(gpu->card));
	count = le32_to_cpu(gpu->card.register_count);
	if (le32_to_cpu(gpu->card.magic) != VRADEON_CARD_MAGIC ||
	    count != (fw->size - sizeof(gpu->card)) / sizeof(*gpu->registers))
		return -EINVAL;

	gpu->registers = kmemdup(fw->data + sizeof(gpu->card),
				 fw->size - sizeof(gpu->card), GFP_KERNEL);
	if (!gpu->registers)
		return -ENOMEM;
	limit = le32_to_cpu(gpu->card.registers_kib) * 1024 / sizeof(u32);
	for (i = 0; i < count; i++)
		if (le32_to_cpu(gpu->registers[i].index) >= limit)
			return -EINVAL;
	return 0;
}

static int vradeon_card_map(struct vradeon *gpu, const struct firmware *rom)
{
	const struct vradeon_card *card = &gpu->card;
	size_t size[VRADEON_BARS] = {
		[VRADEON_VRAM] = (size_t)le32_to_cpu(card->vram_kib) * 1024,
		[VRADEON_DOORBELL] = le32_to_cpu(card->doorbell_kib) * 1024,
		[VRADEON_REGISTERS] = le32_to_cpu(card->registers_kib) * 1024,
		[VRADEON_ROM] = rom->size,
	};
	unsigned int i;
	int r;

	for (i = 0; i < VRADEON_BARS; i++) {
		if (!is_power_of_2(size[i]) || size[i] < PAGE_SIZE)
			return -EINVAL;
		r = vradeon_memory_map(gpu, i, size[i]);
		if (r)
			return r;
	}
	memcpy_toio(gpu->bar[VRADEON_ROM].mem, rom->data, rom->size);
	return 0;
}

static void vradeon_card_write(const struct vradeon *gpu)
{
	u32 i;

	for (i = 0; i < le32_to_cpu(gpu->card.register_count); i++)
		vradeon_write(gpu, le32_to_cpu(gpu->registers[i].index),
			      le32_to_cpu(gpu->registers[i].value));
}

/* As it was when it was plugged in, but for what is in VRAM. */
void vradeon_card_reset(const struct vradeon *gpu)
{
	memset_io(gpu->bar[VRADEON_REGISTERS].mem, 0,
		  gpu->bar[VRADEON_REGISTERS].size);
	memset_io(gpu->bar[VRADEON_DOORBELL].mem, 0,
		  gpu->bar[VRADEON_DOORBELL].size);
	vradeon_card_write(gpu);
}

/* The sticky bits again; called over and over. */
void vradeon_card_restore(const struct vradeon *gpu)
{
	u32 i;

	for (i = 0; i < le32_to_cpu(gpu->card.register_count); i++) {
		u32 index = le32_to_cpu(gpu->registers[i].index);
		u32 value = le32_to_cpu(gpu->registers[i].value);
		u32 sticky = le32_to_cpu(gpu->registers[i].sticky);
		u32 now = vradeon_read(gpu, index);

		if ((now ^ value) & sticky)
			vradeon_write(gpu, index,
				      (now & ~sticky) | (value & sticky));
	}
}

int vradeon_card_load(struct vradeon *gpu, struct device *dev)
{
	const struct firmware *fw;
	int r;

	r = vradeon_card_get(gpu, dev, "card.bin", &fw);
	if (r)
		return r;
	r = vradeon_card_parse(gpu, fw);
	release_firmware(fw);
	if (r)
		return r;

	r = vradeon_card_get(gpu, dev, "vbios.rom", &fw);
	if (r)
		return r;
	r = vradeon_card_map(gpu, fw);
	release_firmware(fw);
	if (!r)
		vradeon_card_write(gpu);
	return r;
}

void vradeon_card_unload(struct vradeon *gpu)
{
	vradeon_memory_unmap(gpu);
	kfree(gpu->registers);
}
