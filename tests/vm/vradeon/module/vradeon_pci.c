// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns a PCI root bus of its own domain and the configuration space of the
 * cards on it. The kernel's PCI core and amdgpu's ID table do the rest, as for
 * a card that is plugged in. There is no bridge and no link behind it.
 */
#include <linux/list.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "vradeon.h"

#define VRADEON_MSI_AT		0x50
#define VRADEON_EXP_AT		0x64

static struct vradeon *slots[VRADEON_CARDS];
static struct pci_bus *bus;

static struct resource vradeon_window = {
	.name = "vradeon memory",
	.start = 0,
	.end = U32_MAX,
	.flags = IORESOURCE_MEM,
};

static struct resource vradeon_busn = {
	.name = "vradeon bus",
	.flags = IORESOURCE_BUS,
};

static struct pci_sysdata vradeon_sysdata = {
	.domain = VRADEON_DOMAIN,
	.node = NUMA_NO_NODE,
};

static struct vradeon *vradeon_pci_find(unsigned int devfn)
{
	if (PCI_FUNC(devfn) || PCI_SLOT(devfn) >= VRADEON_CARDS)
		return NULL;
	return slots[PCI_SLOT(devfn)];
}

static int vradeon_pci_read(struct pci_bus *b, unsigned int devfn, int where,
			    int size, u32 *value)
{
	const struct vradeon *gpu = vradeon_pci_find(devfn);

	*value = ~0;
	if (!gpu || where + size > VRADEON_CONFIG_SIZE)
		return PCIBIOS_DEVICE_NOT_FOUND;
	*value = 0;
	memcpy(value, gpu->config + where, size);
	return PCIBIOS_SUCCESSFUL;
}

static int vradeon_pci_write(struct pci_bus *b, unsigned int devfn, int where,
			     int size, u32 value)
{
	struct vradeon *gpu = vradeon_pci_find(devfn);
	int i;

	if (!gpu || where + size > VRADEON_CONFIG_SIZE)
		return PCIBIOS_DEVICE_NOT_FOUND;
	for (i = where; i < where + size; i++, value >>= 8)
		gpu->config[i] = (gpu->config[i] & ~gpu->writable[i]) |
				 (value & gpu->writable[i]);
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops vradeon_pci_ops = {
	.read = vradeon_pci_read,
	.write = vradeon_pci_write,
};

static void vradeon_pci_set(u8 *space, unsigned int at, u32 value,
			    unsigned int size)
{
	memcpy(space + at, &value, size);
}

static void vradeon_pci_bar(struct vradeon *gpu, unsigned int at,
			    enum vradeon_bar bar, u32 flags)
{
	const struct vradeon_region *region = &gpu->bar[bar];

	vradeon_pci_set(gpu->config, at, region->start | flags, 4);
	vradeon_pci_set(gpu->writable, at, ~(region->size - 1), 4);
	if (flags & PCI_BASE_ADDRESS_MEM_TYPE_64)
		vradeon_pci_set(gpu->writable, at + 4, ~0, 4);
}

/* As lspci shows a Radeon: 64-bit VRAM and doorbells, 32-bit registers, ROM. */
static void vradeon_pci_header(struct vradeon *gpu)
{
	const struct vradeon_card *card = &gpu->card;
	const u32 prefetch = PCI_BASE_ADDRESS_MEM_TYPE_64 |
			     PCI_BASE_ADDRESS_MEM_PREFETCH;
	u8 *config = gpu->config;

	vradeon_pci_set(config, PCI_VENDOR_ID, le16_to_cpu(card->vendor), 2);
	vradeon_pci_set(config, PCI_DEVICE_ID, le16_to_cpu(card->device), 2);
	vradeon_pci_set(gpu->writable, PCI_COMMAND,
			PCI_COMMAND_IO | PCI_COMMAND_MEMORY |
			PCI_COMMAND_MASTER | PCI_COMMAND_PARITY |
			PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE, 2);
	vradeon_pci_set(config, PCI_STATUS, PCI_STATUS_CAP_LIST, 2);
	vradeon_pci_set(config, PCI_CLASS_REVISION,
			PCI_CLASS_DISPLAY_VGA << 16 |
			le32_to_cpu(card->revision), 4);
	vradeon_pci_bar(gpu, PCI_BASE_ADDRESS_0, VRADEON_VRAM, prefetch);
	vradeon_pci_bar(gpu, PCI_BASE_ADDRESS_2, VRADEON_DOORBELL, prefetch);
	vradeon_pci_bar(gpu, PCI_BASE_ADDRESS_5, VRADEON_REGISTERS, 0);
	vradeon_pci_bar(gpu, PCI_ROM_ADDRESS, VRADEON_ROM, 0);
	gpu->writable[PCI_ROM_ADDRESS] |= PCI_ROM_ADDRESS_ENABLE;
	vradeon_pci_set(config, PCI_SUBSYSTEM_VENDOR_ID,
			le16_to_cpu(card->subsystem_vendor), 2);
	vradeon_pci_set(config, PCI_SUBSYSTEM_ID,
			le16_to_cpu(card->subsystem_device), 2);
	config[PCI_CAPABILITY_LIST] = VRADEON_MSI_AT;
	gpu->writable[PCI_INTERRUPT_LINE] = 0xff;
}

static void vradeon_pci_capabilities(struct vradeon *gpu)
{
	u8 *msi = gpu->config + VRADEON_MSI_AT;
	u8 *msi_writable = gpu->writable + VRADEON_MSI_AT;
	u8 *exp = gpu->config + VRADEON_EXP_AT;

	msi[PCI_CAP_LIST_ID] = PCI_CAP_ID_MSI;
	msi[PCI_CAP_LIST_NEXT] = VRADEON_EXP_AT;
	vradeon_pci_set(msi, PCI_MSI_FLAGS, PCI_MSI_FLAGS_64BIT, 2);
	vradeon_pci_set(msi_writable, PCI_MSI_FLAGS,
			PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE, 2);
	vradeon_pci_set(msi_writable, PCI_MSI_ADDRESS_LO, ~3, 4);
	vradeon_pci_set(msi_writable, PCI_MSI_ADDRESS_HI, ~0, 4);
	vradeon_pci_set(msi_writable, PCI_MSI_DATA_64, 0xffff, 2);

	exp[PCI_CAP_LIST_ID] = PCI_CAP_ID_EXP;
	vradeon_pci_set(exp, PCI_EXP_FLAGS, PCI_EXP_TYPE_LEG_END << 4 | 2, 2);
	vradeon_pci_set(exp, PCI_EXP_DEVCAP, PCI_EXP_DEVCAP_EXT_TAG |
			PCI_EXP_DEVCAP_RBER, 4);
	vradeon_pci_set(gpu->writable, VRADEON_EXP_AT + PCI_EXP_DEVCTL,
			0xffff, 2);
	vradeon_pci_set(exp, PCI_EXP_LNKCAP, PCI_EXP_LNKCAP_SLS_16_0GB |
			16 << 4, 4);
	/* amdgpu wants to see that extended configuration space is there */
	vradeon_pci_set(gpu->config, PCI_CFG_SPACE_SIZE,
			PCI_EXT_CAP_ID_VNDR | 1 << 16, 4);
	vradeon_pci_set(exp, PCI_EXP_LNKSTA, PCI_EXP_LNKSTA_CLS_16_0GB |
			16 << PCI_EXP_LNKSTA_NLW_SHIFT, 2);
}

int vradeon_pci_plug(struct vradeon *gpu, unsigned int slot)
{
	vradeon_pci_header(gpu);
	vradeon_pci_capabilities(gpu);
	slots[slot] = gpu;

	pci_lock_rescan_remove();
	pci_scan_slot(bus, PCI_DEVFN(slot, 0));
	gpu->pdev = pci_get_slot(bus, PCI_DEVFN(slot, 0));
	pci_bus_claim_resources(bus);
	pci_assign_unassigned_bus_resources(bus);
	pci_bus_add_devices(bus);
	pci_unlock_rescan_remove();
	return gpu->pdev ? 0 : -ENODEV;
}

int vradeon_pci_init(void)
{
	LIST_HEAD(resources);

	pci_add_resource(&resources, &vradeon_window);
	pci_add_resource(&resources, &vradeon_busn);
	bus = pci_scan_root_bus(NULL, 0, &vradeon_pci_ops, &vradeon_sysdata,
				&resources);
	if (!bus) {
		pci_free_resource_list(&resources);
		return -ENODEV;
	}
	return 0;
}

void vradeon_pci_exit(void)
{
	unsigned int i;

	pci_lock_rescan_remove();
	for (i = 0; i < VRADEON_CARDS; i++)
		if (slots[i])
			pci_dev_put(slots[i]->pdev);
	pci_stop_root_bus(bus);
	pci_remove_root_bus(bus);
	pci_unlock_rescan_remove();
}
