// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * /sys/kernel/debug/vradeon/
 *   plug               write a card's name: it appears on the bus, and whoever
 *                      has its PCI ID probes it before the write returns
 *   SLOT/name          the card in that slot (PCI 00fa:00:SLOT.0, hexadecimal)
 *   SLOT/vram          its memory and its registers as they are now
 *   SLOT/registers
 *   SLOT/reset         write anything, while no driver has the card: registers and
 *                      queues are as if it had just been plugged in
 *   SLOT/stopped       Y: its engines do nothing, so that a probe fails
 *   SLOT/flush_ms      how long a TLB flush by the KIQ takes (0: no time)
 *   SLOT/flushes       those that the driver asked for: vradeon_flush_show()
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "vradeon.h"

static struct dentry *root;
static int (*vradeon_debugfs_plug)(const char *name);
static void (*vradeon_debugfs_reset)(struct vradeon *gpu);

static ssize_t vradeon_region_read(struct file *file, char __user *buffer,
				   size_t count, loff_t *offset)
{
	const struct vradeon_region *region = file->private_data;
	size_t n, done = 0;
	void *page;

	if (*offset < 0 || *offset >= region->size)
		return 0;
	count = min_t(size_t, count, region->size - *offset);
	page = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	for (; done < count; done += n) {
		n = min_t(size_t, count - done, PAGE_SIZE);
		memcpy_fromio(page, region->mem + *offset + done, n);
		if (copy_to_user(buffer + done, page, n))
			break;
	}
	kfree(page);
	*offset += done;
	return done ?: -EFAULT;
}

static const struct file_operations vradeon_region_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = vradeon_region_read,
	.llseek = default_llseek,
};

static ssize_t vradeon_plug_write(struct file *file, const char __user *buffer,
				  size_t count, loff_t *offset)
{
	char name[32] = "";
	int r;

	if (count >= sizeof(name))
		return -EINVAL;
	if (copy_from_user(name, buffer, count))
		return -EFAULT;
	r = vradeon_debugfs_plug(strim(name));
	return r ?: count;
}

static const struct file_operations vradeon_plug_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = vradeon_plug_write,
	.llseek = noop_llseek,
};

static ssize_t vradeon_reset_write(struct file *file, const char __user *buffer,
				   size_t count, loff_t *offset)
{
	vradeon_debugfs_reset(file->private_data);
	return count;
}

static const struct file_operations vradeon_reset_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = vradeon_reset_write,
	.llseek = noop_llseek,
};

static int vradeon_name_show(struct seq_file *m, void *unused)
{
	const struct vradeon *gpu = m->private;

	seq_printf(m, "%s\n", gpu->name);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vradeon_name);

static int vradeon_flushes_show(struct seq_file *m, void *unused)
{
	vradeon_flush_show(m->private, m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vradeon_flushes);

void vradeon_debugfs_add(struct vradeon *gpu, unsigned int slot)
{
	char name[8];

	snprintf(name, sizeof(name), "%02x", slot);
	gpu->debugfs = debugfs_create_dir(name, root);
	debugfs_create_file("name", 0400, gpu->debugfs, gpu,
			    &vradeon_name_fops);
	debugfs_create_file("vram", 0400, gpu->debugfs,
			    &gpu->bar[VRADEON_VRAM], &vradeon_region_fops);
	debugfs_create_file("registers", 0400, gpu->debugfs,
			    &gpu->bar[VRADEON_REGISTERS], &vradeon_region_fops);
	debugfs_create_file("reset", 0200, gpu->debugfs, gpu,
			    &vradeon_reset_fops);
	debugfs_create_bool("stopped", 0600, gpu->debugfs, &gpu->stopped);
	debugfs_create_u32("flush_ms", 0600, gpu->debugfs, &gpu->flush_ms);
	debugfs_create_file("flushes", 0400, gpu->debugfs, gpu,
			    &vradeon_flushes_fops);
}

void vradeon_debugfs_init(int (*plug)(const char *name),
			  void (*reset)(struct vradeon *gpu))
{
	vradeon_debugfs_plug = plug;
	vradeon_debugfs_reset = reset;
	root = debugfs_create_dir("vradeon", NULL);
	debugfs_create_file("plug", 0200, root, NULL, &vradeon_plug_fops);
}

void vradeon_debugfs_exit(void)
{
	debugfs_remove_recursive(root);
}
