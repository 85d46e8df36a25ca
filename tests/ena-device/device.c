// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "device.h"

static void use_profile(struct ena_config *config)
{
	const struct profile *profile = &config->profile;

	if (!config->queues)
		config->queues = profile->queues;
	if (!config->max_header_size)
		config->max_header_size = profile->max_header_size;
	if (!config->max_tx_descs)
		config->max_tx_descs = profile->max_tx_descs;
}

void ena_dev_init(struct ena_dev *dev, unsigned int index,
		  const struct ena_config *config)
{
	memset(dev, 0, sizeof(*dev));
	dev->index = index;
	dev->config = *config;
	use_profile(&dev->config);
	irq_init(&dev->irq);
	dev->llq.fd = -1;
	dev->frames_left = ENA_TURN;
	dev->commands_left = ENA_TURN;
	wire_port_init(&dev->port, dev);
	ena_dev_power_on(dev);
}

void ena_dev_reset(struct ena_dev *dev)
{
	queues_reset(dev);
	admin_reset(dev);
	aenq_reset(dev);
	rss_reset(dev);
	dev->host = (struct host){ 0 };
	dev->phc = (struct phc){ 0 };
	llq_reset(&dev->llq);
	regs_reset(dev);
	irq_reset(&dev->irq);
	dev->mtu = 0;
}

void ena_dev_power_on(struct ena_dev *dev)
{
	ena_dev_reset(dev);
	dev->regs.resetting = false;
	faults_power_on(dev);
	pci_reset(dev);
}

void ena_dev_disconnect(struct ena_dev *dev)
{
	/* The client may keep its mapping of the old window. */
	if (dev->llq.window && llq_open(&dev->llq))
		fprintf(stderr,
			"function %u: no memory for an LLQ window: host placement only\n",
			dev->index);
	ena_dev_power_on(dev);
	irq_release(&dev->irq);
	dma_unmap_all(&dev->dma);
	dev->connected = false;
}

int ena_dev_open_llq(struct ena_dev *dev)
{
	int err;

	if (!(dev->config.profile.features & BIT(ENA_ADMIN_LLQ)))
		return 0;
	err = llq_open(&dev->llq);
	pci_reset(dev);		/* it has one more BAR */
	return err;
}
