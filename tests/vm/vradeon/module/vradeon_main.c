// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the cards, in the order in which they were plugged in, and the moments
 * at which what their hardware would do is done.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

#include "vradeon.h"

static struct vradeon *gpus[VRADEON_CARDS];
static unsigned int gpu_count;
static DEFINE_MUTEX(vradeon_lock);
static struct platform_device *vradeon_parent;
static struct task_struct *vradeon_thread;
static DEFINE_PER_CPU(struct timer_list, vradeon_timer);
static DEFINE_SPINLOCK(vradeon_play_lock);

/*
 * A driver waits for its hardware with a CPU in hand and for 100 ms at most.
 * The thread is quick; the timers, one a CPU, also run on the CPU that waits,
 * when the guest's other one is not given time. Whoever comes second leaves.
 */
static void vradeon_play(void)
{
	unsigned int i;

	if (!spin_trylock_bh(&vradeon_play_lock))
		return;
	/* Pairs with the release in vradeon_plug(). */
	for (i = 0; i < smp_load_acquire(&gpu_count); i++) {
		vradeon_card_restore(gpus[i]);
		vradeon_engine_run(gpus[i]);
	}
	spin_unlock_bh(&vradeon_play_lock);
}

static int vradeon_thread_run(void *unused)
{
	sched_set_fifo(current);
	while (!kthread_should_stop()) {
		vradeon_play();
		usleep_range(100, 200);
	}
	return 0;
}

static void vradeon_timer_run(struct timer_list *timer)
{
	vradeon_play();
	mod_timer(timer, jiffies + 1);
}

static void vradeon_timers_start(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		struct timer_list *timer = per_cpu_ptr(&vradeon_timer, cpu);

		timer_setup(timer, vradeon_timer_run, TIMER_PINNED);
		timer->expires = jiffies + 1;
		add_timer_on(timer, cpu);
	}
}

static void vradeon_timers_stop(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		timer_delete_sync(per_cpu_ptr(&vradeon_timer, cpu));
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

	vradeon_thread = kthread_run(vradeon_thread_run, NULL, "vradeon");
	if (IS_ERR(vradeon_thread)) {
		r = PTR_ERR(vradeon_thread);
		goto err_parent;
	}

	r = vradeon_pci_init();
	if (r)
		goto err_thread;
	vradeon_timers_start();
	vradeon_debugfs_init(vradeon_plug);
	return 0;

err_thread:
	kthread_stop(vradeon_thread);
err_parent:
	platform_device_unregister(vradeon_parent);
	return r;
}

static void __exit vradeon_exit(void)
{
	unsigned int i;

	vradeon_debugfs_exit();
	vradeon_pci_exit();
	vradeon_timers_stop();
	kthread_stop(vradeon_thread);
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
