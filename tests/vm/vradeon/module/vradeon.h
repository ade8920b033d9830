/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * A virtual Radeon for test guests: a PCI function whose BARs are reserved RAM.
 * What amdgpu writes into VRAM and registers stays there and can be read back
 * in /sys/kernel/debug/vradeon/. Never for a machine that anyone works on.
 */
#ifndef VRADEON_H
#define VRADEON_H

#include <linux/io.h>
#include <linux/irq_work.h>
#include <linux/types.h>

struct dentry;
struct device;
struct pci_dev;
struct seq_file;

#define VRADEON_CARD_MAGIC	0x44525652
#define VRADEON_CARDS		8
#define VRADEON_CONFIG_SIZE	4096
/* The pretended PCI domain; its only bus is 0, a card's slot is its number. */
#define VRADEON_DOMAIN		0xfa

/* vradeon/CARD/card.bin as firmware/generate writes it; little endian. */
struct vradeon_card {
	__le32 magic;
	__le16 vendor;
	__le16 device;
	__le16 subsystem_vendor;
	__le16 subsystem_device;
	__le32 revision;
	__le32 vram_kib;
	__le32 doorbell_kib;
	__le32 registers_kib;
	/* where the IP blocks are whose registers the engines read, in dwords */
	__le32 gc_segment0;
	__le32 gc_segment1;
	__le32 osssys_segment0;
	/* MMMC_VM_FB_LOCATION_BASE, MMVM_CONTEXT0_PAGE_TABLE_BASE_ADDR_LO32 */
	__le32 fb_location_base;
	__le32 context0_page_table_base;
	u8 sdma_trap_src_id;
	u8 sdma_client_id[2];
	u8 sdma1_ring_id;
	__le32 register_count;
} __packed;

/* Follows struct vradeon_card register_count times. */
struct vradeon_register {
	__le32 index;		/* in dwords, from the start of the BAR */
	__le32 value;
	__le32 sticky;		/* these bits come back, whatever is written */
} __packed;

enum vradeon_bar {
	VRADEON_VRAM,
	VRADEON_DOORBELL,
	VRADEON_REGISTERS,
	VRADEON_ROM,
	VRADEON_BARS
};

struct vradeon_region {
	phys_addr_t start;
	size_t size;
	void __iomem *mem;
};

/* A ring that an engine works off. */
struct vradeon_queue {
	enum { VRADEON_PM4, VRADEON_SDMA } packets;
	u64 base;		/* GPU addresses */
	u64 rptr_report;
	u32 dwords;		/* a power of 2 */
	u32 doorbell;		/* in bytes, from the start of the BAR */
	u32 rptr;
	u32 ring_id;		/* as an interrupt names it */
	u8 client_id;
};

/* A TLB flush by the KIQ. */
struct vradeon_flush {
	u32 begun;		/* events are numbered across all cards */
	u32 done;		/* 0: not yet */
	u32 pasid;
	u32 type;		/* 0 legacy, 1 light-weight, 2 heavy-weight */
};

#define VRADEON_QUEUES		32
#define VRADEON_FLUSHES		64

struct vradeon {
	char name[32];
	struct vradeon_card card;
	struct vradeon_register *registers;
	struct vradeon_region bar[VRADEON_BARS];
	u8 config[VRADEON_CONFIG_SIZE];
	u8 writable[VRADEON_CONFIG_SIZE];
	struct dentry *debugfs;
	struct pci_dev *pdev;
	bool stopped;		/* its engines do nothing: a card that hangs */
	u32 flush_ms;		/* how long a TLB flush takes */
	/* under the lock of vradeon_play() */
	struct vradeon_queue queue[VRADEON_QUEUES];
	unsigned int queue_count;
	bool has_kiq;
	bool has_sdma[2];
	bool interrupt;
	struct irq_work irq_work;
	u64 flush_until;	/* ns; 0: no flush is running */
	u32 flush_count;
	struct vradeon_flush flushes[VRADEON_FLUSHES];	/* the last ones */
};

static inline u32 vradeon_read(const struct vradeon *gpu, u32 index)
{
	return readl(gpu->bar[VRADEON_REGISTERS].mem + index * sizeof(u32));
}

static inline void vradeon_write(const struct vradeon *gpu, u32 index, u32 value)
{
	if (index < gpu->bar[VRADEON_REGISTERS].size / sizeof(u32))
		writel(value, gpu->bar[VRADEON_REGISTERS].mem +
		       index * sizeof(u32));
}

/* vradeon_memory.c: the reserved RAM, handed out once and never taken back. */
int vradeon_memory_init(void);
int vradeon_memory_map(struct vradeon *gpu, enum vradeon_bar bar, size_t size);
void vradeon_memory_unmap(struct vradeon *gpu);

/* vradeon_card.c: what a card is, out of its firmware files. */
int vradeon_card_load(struct vradeon *gpu, struct device *dev);
void vradeon_card_unload(struct vradeon *gpu);
void vradeon_card_restore(const struct vradeon *gpu);
void vradeon_card_reset(const struct vradeon *gpu);

/*
 * vradeon_mc.c: what the GPU means by an address of VMID 0: VRAM, AGP or GART.
 * The pointer is good up to the end of the 4 KiB page; NULL: nothing there.
 */
void *vradeon_mc_map(const struct vradeon *gpu, u64 address);
u32 vradeon_mc_read(const struct vradeon *gpu, u64 address);
void vradeon_mc_write(const struct vradeon *gpu, u64 address, u32 value);

/* vradeon_engine.c: finds the queues, works them off. */
void vradeon_engine_run(struct vradeon *gpu);
void vradeon_engine_reset(struct vradeon *gpu);
void vradeon_engine_map_queue(struct vradeon *gpu, u64 mqd, u32 doorbell,
			      u32 ring_id);

/*
 * vradeon_pm4.c, vradeon_sdma.c: one packet at `at`, of which `dwords` are
 * there. Returns its length in dwords.
 */
u32 vradeon_pm4_execute(struct vradeon *gpu, const struct vradeon_queue *queue,
			const u32 *at, u32 dwords);
u32 vradeon_sdma_execute(struct vradeon *gpu, const struct vradeon_queue *queue,
			 const u32 *at, u32 dwords);

/* vradeon_ih.c: an entry for the interrupt ring; flush raises the interrupt. */
void vradeon_ih_init(struct vradeon *gpu);
void vradeon_ih_add(struct vradeon *gpu, u8 client_id, u8 src_id, u8 ring_id,
		    u32 data);
void vradeon_ih_flush(struct vradeon *gpu);

/* vradeon_flush.c: TLB flushes; `selection` is the packet's second dword. */
void vradeon_flush_begin(struct vradeon *gpu, u32 selection);
bool vradeon_flush_is_running(struct vradeon *gpu);
void vradeon_flush_show(const struct vradeon *gpu, struct seq_file *m);

/* vradeon_pci.c: the bus, and the configuration space of its functions. */
int vradeon_pci_init(void);
void vradeon_pci_exit(void);
int vradeon_pci_plug(struct vradeon *gpu, unsigned int slot);

/* vradeon_debugfs.c */
void vradeon_debugfs_init(int (*plug)(const char *name),
			  void (*reset)(struct vradeon *gpu));
void vradeon_debugfs_exit(void);
void vradeon_debugfs_add(struct vradeon *gpu, unsigned int slot);

#endif
