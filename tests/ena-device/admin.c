// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "device.h"
#include "feature.h"
#include "strict.h"

#define ADMIN_MAX_DEPTH	1024

void admin_reset(struct ena_dev *dev)
{
	memset(&dev->admin, 0, sizeof(dev->admin));
}

u16 admin_queue_depth(struct ena_dev *dev, const char *name, u32 caps)
{
	u32 depth = field_get(ENA_REGS_AQ_CAPS_AQ_DEPTH_MASK, caps);
	u32 size = field_get(ENA_REGS_AQ_CAPS_AQ_ENTRY_SIZE_MASK, caps);

	if (!ring_bad_depth(depth, ADMIN_MAX_DEPTH) &&
	    size == sizeof(struct ena_admin_aq_entry))
		return (u16)depth;
	guest_error(dev, "%s depth %u, entry size %u", name, depth, size);
	strict_write(dev, caps,
		     "depth, entry_size: a power of 2 up to 1024, and 64",
		     "%s, caps", name);
	return 0;
}

void admin_aq_caps(struct ena_dev *dev, u32 value)
{
	dev->admin.aq_depth = admin_queue_depth(dev, "AQ", value);
	dev->admin.aq_head = 0;
}

void admin_acq_caps(struct ena_dev *dev, u32 value)
{
	dev->admin.acq_depth = admin_queue_depth(dev, "ACQ", value);
	dev->admin.acq_tail = 0;
}

u8 admin_illegal(struct ena_dev *dev, const char *rule)
{
	dev->admin.broken = rule;
	return ENA_ADMIN_ILLEGAL_PARAMETER;
}

u8 admin_refuse(struct ena_dev *dev, const char *rule, u64 value)
{
	guest_error(dev, "%s; not 0x%llx", rule,
		    (unsigned long long)value);
	return admin_illegal(dev, rule);
}

static admin_handler *const handlers[] = {
	[ENA_ADMIN_CREATE_SQ] = sq_create,
	[ENA_ADMIN_DESTROY_SQ] = sq_destroy,
	[ENA_ADMIN_CREATE_CQ] = cq_create,
	[ENA_ADMIN_DESTROY_CQ] = cq_destroy,
	[ENA_ADMIN_GET_FEATURE] = feature_get,
	[ENA_ADMIN_SET_FEATURE] = feature_set,
	[ENA_ADMIN_GET_STATS] = metrics_get_stats,
};

static u8 execute(struct ena_dev *dev, const union admin_command *cmd,
		  union admin_response *resp)
{
	u8 opcode = cmd->common.opcode;
	u8 status;

	dev->stats.admin_commands++;
	if (cmd->common.flags &
	    ENA_ADMIN_AQ_COMMON_DESC_CTRL_DATA_INDIRECT_MASK)
		exception_allow(dev, EXCEPTION_CTRL_DATA_INDIRECT, opcode);
	if (opcode >= ARRAY_SIZE(handlers) || !handlers[opcode])
		status = ENA_ADMIN_BAD_OPCODE;
	else
		status = handlers[opcode](dev, cmd, resp);
	if (status != ENA_ADMIN_SUCCESS) {
		dev->stats.admin_failures++;
		dev_trace(dev, "admin opcode %u failed, status %u", opcode,
			  status);
	}
	return status;
}

static void complete(struct ena_dev *dev, const union admin_command *cmd,
		     u8 status, union admin_response *resp)
{
	struct admin *admin = &dev->admin;
	u16 slot = admin->acq_tail & (u16)(admin->acq_depth - 1);
	u64 addr = admin->acq_base + slot * sizeof(*resp);

	trace(dev, "command id=%u opcode=%u words=%08x,%08x status=%u",
	      le16toh(cmd->common.command_id), cmd->common.opcode,
	      le32toh(cmd->entry.u.inline_data_w1[0]),
	      le32toh(cmd->entry.inline_data_w4[0]), status);
	resp->common.command =
		htole16(le16toh(cmd->common.command_id) &
			ENA_ADMIN_AQ_COMMON_DESC_COMMAND_ID_MASK);
	resp->common.status = status;
	resp->common.flags = ring_phase(admin->acq_tail, admin->acq_depth);
	resp->common.sq_head_indx = htole16(admin->aq_head);
	admin->acq_tail++;
	if (!dma_publish(&dev->dma, addr, resp, sizeof(*resp), 0))
		guest_address_error(dev, "ACQ entry", addr);
}

static bool fetch(struct ena_dev *dev, union admin_command *cmd)
{
	struct admin *admin = &dev->admin;
	u16 slot = admin->aq_head & (u16)(admin->aq_depth - 1);
	u64 addr = admin->aq_base + slot * sizeof(*cmd);

	if (dma_read(&dev->dma, addr, cmd, sizeof(*cmd)))
		return true;
	guest_address_error(dev, "AQ entry", addr);
	return false;
}

static void process_one(struct ena_dev *dev)
{
	struct admin *admin = &dev->admin;
	u8 phase = ring_phase(admin->aq_head, admin->aq_depth);
	union admin_response resp = { 0 };
	union admin_command cmd;
	u8 status;

	if (!fetch(dev, &cmd)) {
		admin->aq_head++;
		return;
	}
	admin->aq_head++;
	admin->broken = NULL;
	if (fault_due(dev, FAULT_ADMIN_LOST))
		return;
	if ((cmd.common.flags & ENA_ADMIN_AQ_COMMON_DESC_PHASE_MASK) != phase) {
		guest_error(dev, "AQ entry with the wrong phase");
		admin->broken = "phase: the ring's";
		status = ENA_ADMIN_MALFORMED_REQUEST;
	} else {
		status = execute(dev, &cmd, &resp);
	}
	strict_command(dev, &cmd);
	complete(dev, &cmd, status, &resp);
}

void admin_doorbell(struct ena_dev *dev, u32 value)
{
	struct admin *admin = &dev->admin;
	u16 count = (u16)((u16)value - admin->aq_head);

	trace(dev, "doorbell aq tail=%u head=%u", value, admin->aq_head);
	if (!admin->aq_depth || !admin->acq_depth ||
	    count > admin->aq_depth) {
		guest_error(dev, "AQ doorbell %u, head %u, depth %u", value,
			    admin->aq_head, admin->aq_depth);
		strict_write(dev, value,
			     "aq_db: no more entries than the queue has",
			     "AQ, doorbell");
		return;
	}
	ena_dev_spend(&dev->commands_left, count);
	while (count--)
		process_one(dev);
	irq_raise(dev, IRQ_ADMIN_VECTOR);
}
