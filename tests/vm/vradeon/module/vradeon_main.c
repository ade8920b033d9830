// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the cards, in the order in which they were plugged in, and the moments
 * at which what their hardware would do is done.
 */
#include <linux/hrtimer.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/version.h>

#include "vradeon.h"

static struct vradeon *gpus[VRADEON_CARDS];
static unsigned int gpu_count;
static DEFINE_MUTEX(vradeon_lock);
static struct platform_device *vradeon_parent;
static DEFINE_PER_CPU(struct hrtimer, vradeon_timer);
static DEFINE_RAW_SPINLOCK(vradeon_play_lock);

#define VRADEON_PERIOD_NS	(200 * NSEC_PER_USEC)

/* Whoever comes second leaves: the work is being done. */
static void vradeon_play(void)
{
	unsigned long flags;
	unsigned int i;

	if (!raw_spin_trylock_irqsave(&vradeon_play_lock, flags))
		return;
	/* Pairs with the release in vradeon_plug(). */
	for (i = 0; i < smp_load_acquire(&gpu_count); i++) {
		vradeon_card_restore(gpus[i]);
		if (!READ_ONCE(gpus[i]->stopped))
			vradeon_engine_run(gpus[i]);
	}
	raw_spin_unlock_irqrestore(&vradeon_play_lock, flags);
}

/* Between two drivers, or two probes: what the first one left is not found. */
static void vradeon_reset(struct vradeon *gpu)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&vradeon_play_lock, flags);
	vradeon_engine_reset(gpu);
	vradeon_card_reset(gpu);
	raw_spin_unlock_irqrestore(&vradeon_play_lock, flags);
}

/*
 * A driver waits for its hardware with a CPU in hand, for 100 ms at most. A
 * thread or a softirq would have to wait for that CPU in turn, so the hardware
 * is played in hard interrupts, on every CPU.
 */
static enum hrtimer_restart vradeon_timer_run(struct hrtimer *timer)
{
	vradeon_play();
	hrtimer_forward_now(timer, ns_to_ktime(VRADEON_PERIOD_NS));
	return HRTIMER_RESTART;
}

static void vradeon_timer_start(void *unused)
{
	struct hrtimer *timer = this_cpu_ptr(&vradeon_timer);

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	timer->function = vradeon_timer_run;
#else
	hrtimer_setup(timer, vradeon_timer_run, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED_HARD);
#endif
	hrtimer_start(timer, ns_to_ktime(VRADEON_PERIOD_NS),
		      HRTIMER_MODE_REL_PINNED_HARD);
}

static void vradeon_timers_stop(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		hrtimer_cancel(per_cpu_ptr(&vradeon_timer, cpu));
}

static int vradeon_plug(const char *name)
{
	struct vradeon *gpu;
	unsigned int slot;
	int r = -ENOSPC;

	if (strchr(name, '/') || strlen(name) >= sizeof(gpu->name))
		return -EINVAL;
	gpu = kzalloc(sizeof(*gpu), GFP_KERNEL);
	if (!gpu)
		return -ENOMEM;
	strscpy(gpu->name, name, sizeof(gpu->name));
	vradeon_ih_init(gpu);

	mutex_lock(&vradeon_lock);
	slot = gpu_count;
	if (slot < VRADEON_CARDS)
		r = vradeon_card_load(gpu, &vradeon_parent->dev);
	if (r) {
		vradeon_card_unload(gpu);
		kfree(gpu);
		goto out;
	}
	gpus[slot] = gpu;
	/* Pairs with the acquire in vradeon_play(). */
	smp_store_release(&gpu_count, slot + 1);
	vradeon_debugfs_add(gpu, slot);
	r = vradeon_pci_plug(gpu, slot);
out:
	mutex_unlock(&vradeon_lock);
	return r;
}

static int __init vradeon_init(void)
{
	int r;

	r = vradeon_memory_init();
	if (r)
		return r;

	vradeon_parent = platform_device_register_simple("vradeon", -1, NULL, 0);
	if (IS_ERR(vradeon_parent))
		return PTR_ERR(vradeon_parent);

	r = vradeon_pci_init();
	if (r) {
		platform_device_unregister(vradeon_parent);
		return r;
	}
	on_each_cpu(vradeon_timer_start, NULL, true);
	vradeon_debugfs_init(vradeon_plug, vradeon_reset);
	return 0;
}

static void __exit vradeon_exit(void)
{
	unsigned int i;

	vradeon_debugfs_exit();
	vradeon_pci_exit();
	vradeon_timers_stop();
	for (i = 0; i < gpu_count; i++) {
		vradeon_card_unload(gpus[i]);
		kfree(gpus[i]);
	}
	platform_device_unregister(vradeon_parent);
}

module_init(vradeon_init);
module_exit(vradeon_exit);
MODULE_DESCRIPTION("Virtual Radeon for test guests");
MODULE_LICENSE("Dual MIT/GPL");
