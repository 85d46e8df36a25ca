// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "device.h"

void ena_dev_init(struct ena_dev *dev, unsigned int index,
		  const struct ena_config *config)
{
	memset(dev, 0, sizeof(*dev));
	dev->index = index;
	dev->config = *config;
	irq_init(&dev->irq);
	wire_port_init(&dev->port, dev);
	ena_dev_power_on(dev);
}

void ena_dev_reset(struct ena_dev *dev)
{
	queues_reset(dev);
	admin_reset(dev);
	aenq_reset(dev);
	rss_reset(dev);
	regs_reset(dev);
	irq_reset(&dev->irq);
	dev->mtu = 0;
}

void ena_dev_power_on(struct ena_dev *dev)
{
	ena_dev_reset(dev);
	dev->regs.resetting = false;
	memset(dev->faults.left, 0, sizeof(dev->faults.left));
	pci_reset(dev);
}

void ena_dev_disconnect(struct ena_dev *dev)
{
	ena_dev_power_on(dev);
	irq_release(&dev->irq);
	dma_unmap_all(&dev->dma);
	dev->connected = false;
}
