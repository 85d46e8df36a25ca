// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "device.h"
#include "packet.h"

#define L3_FIELDS	(ENA_ADMIN_RSS_L3_SA | ENA_ADMIN_RSS_L3_DA)
#define L4_FIELDS	(ENA_ADMIN_RSS_L4_SP | ENA_ADMIN_RSS_L4_DP)
#define L2_FIELDS	(ENA_ADMIN_RSS_L2_SA | ENA_ADMIN_RSS_L2_DA)
#define CRC32_POLYNOMIAL	0xedb88320u

static_assert(RSS_INPUT_MAX + 4 <= RSS_KEY_SIZE, "Toeplitz key too short");

#define SORTS	(ENA_ADMIN_FEATURE_RSS_FLOW_HASH_INPUT_L3_SORT_MASK | \
		 ENA_ADMIN_FEATURE_RSS_FLOW_HASH_INPUT_L4_SORT_MASK)

static const u16 supported_fields[ENA_ADMIN_RSS_PROTO_NUM] = {
	[ENA_ADMIN_RSS_TCP4] = L3_FIELDS | L4_FIELDS,
	[ENA_ADMIN_RSS_UDP4] = L3_FIELDS | L4_FIELDS,
	[ENA_ADMIN_RSS_TCP6] = L3_FIELDS | L4_FIELDS,
	[ENA_ADMIN_RSS_UDP6] = L3_FIELDS | L4_FIELDS,
	[ENA_ADMIN_RSS_IP4] = L3_FIELDS,
	[ENA_ADMIN_RSS_IP6] = L3_FIELDS,
	[ENA_ADMIN_RSS_IP4_FRAG] = L3_FIELDS,
	[ENA_ADMIN_RSS_NOT_IP] = L2_FIELDS,
};

/*
 * As many bits of the key as a hash has, from that one on: from its last byte
 * to its first. So hardware reads it, as the vendor's DPDK driver says.
 */
static u32 key_bits(const u8 *key, u32 at)
{
	const u8 *next = key + RSS_KEY_SIZE - at / 8;
	u64 bits = 0;

	for (u32 i = 0; i < 5; i++)
		bits = bits << 8 | *--next;
	return (u32)(bits >> (8 - at % 8));
}

void rss_set_key(struct rss *rss, const u8 *key)
{
	memcpy(rss->key, key, sizeof(rss->key));
	for (u32 i = 0; i < ARRAY_SIZE(rss->toeplitz); i++) {
		u32 *share = rss->toeplitz[i];

		share[0] = 0;
		for (u32 bit = 0; bit < 4; bit++)
			share[8 >> bit] = key_bits(key, 4 * i + bit);
		for (u32 half = 1; half < 16; half++)
			share[half] = share[half & (half - 1)] ^
				      share[half & -half];
	}
}

void rss_reset(struct ena_dev *dev)
{
	struct rss *rss = &dev->rss;
	u8 key[RSS_KEY_SIZE];

	memset(rss, 0, sizeof(*rss));
	memcpy(rss->fields, supported_fields, sizeof(rss->fields));
	/* Any key will do until the driver sets its own. */
	for (u32 i = 0; i < RSS_KEY_SIZE; i++)
		key[i] = (u8)(0x6d + 0x5b * i);
	rss_set_key(rss, key);
}

static bool control_buffer_fits(const struct ena_admin_ctrl_buff_info *buffer,
				u32 size)
{
	return le32toh(buffer->length) >= size;
}

/* A get without a buffer asks only for the descriptor. */
static u8 put(struct ena_dev *dev, const union admin_command *cmd,
	      const void *data, u32 size)
{
	const struct ena_admin_ctrl_buff_info *buffer =
		&cmd->get_feature.control_buffer;

	if (!le32toh(buffer->length))
		return ENA_ADMIN_SUCCESS;
	if (control_buffer_fits(buffer, size) &&
	    dma_write(&dev->dma, mem_addr(&buffer->address), data, size))
		return ENA_ADMIN_SUCCESS;
	guest_error(dev, "control buffer of %u bytes, %u wanted",
		    le32toh(buffer->length), size);
	return admin_illegal(dev,
			     "control_buffer: length of the whole control, in memory to write");
}

static u8 take(struct ena_dev *dev, const union admin_command *cmd, void *data,
	       u32 size)
{
	const struct ena_admin_ctrl_buff_info *buffer =
		&cmd->set_feature.control_buffer;

	if (control_buffer_fits(buffer, size) &&
	    dma_read(&dev->dma, mem_addr(&buffer->address), data, size))
		return ENA_ADMIN_SUCCESS;
	guest_error(dev, "control buffer of %u bytes, %u wanted",
		    le32toh(buffer->length), size);
	return admin_illegal(dev,
			     "control_buffer: length of the whole control, in memory to read");
}

u8 rss_get_function(struct ena_dev *dev, const union admin_command *cmd,
		    union admin_response *resp)
{
	struct ena_admin_feature_rss_flow_hash_function *function =
		&resp->get_feature.u.flow_hash_func;
	struct ena_admin_feature_rss_flow_hash_control control = {
		.key_parts = htole32(ENA_ADMIN_RSS_KEY_PARTS),
	};

	function->supported_func =
		htole32(dev->config.profile.rss_functions);
	function->selected_func = htole32(dev->rss.crc32 ?
						  BIT(ENA_ADMIN_CRC32) :
						  BIT(ENA_ADMIN_TOEPLITZ));
	function->init_val = htole32(dev->rss.crc32_init);
	memcpy(control.key, dev->rss.key, sizeof(control.key));
	return put(dev, cmd, &control, sizeof(control));
}

u8 rss_set_function(struct ena_dev *dev, const union admin_command *cmd,
		    union admin_response *resp)
{
	struct ena_admin_feature_rss_flow_hash_control control;
	u32 selected =
		le32toh(cmd->set_feature.u.flow_hash_func.selected_func);
	u8 status;

	if (!is_power_of_2(selected) ||
	    !(selected & dev->config.profile.rss_functions))
		return admin_refuse(dev,
				    "selected_func: one bit of supported_func",
				    selected);
	status = take(dev, cmd, &control, sizeof(control));
	if (status != ENA_ADMIN_SUCCESS)
		return status;
	if (le32toh(control.key_parts) != ENA_ADMIN_RSS_KEY_PARTS)
		return admin_refuse(dev, "key_parts: 10",
				    le32toh(control.key_parts));
	rss_set_key(&dev->rss, (const u8 *)control.key);
	dev->rss.crc32 = selected == BIT(ENA_ADMIN_CRC32);
	dev->rss.crc32_init =
		le32toh(cmd->set_feature.u.flow_hash_func.init_val);
	return ENA_ADMIN_SUCCESS;
}

u8 rss_get_table(struct ena_dev *dev, const union admin_command *cmd,
		 union admin_response *resp)
{
	struct ena_admin_feature_rss_ind_table *table =
		&resp->get_feature.u.ind_table;
	struct ena_admin_rss_ind_table_entry entries[RSS_TABLE_SIZE] = { 0 };

	table->min_size = htole16(RSS_TABLE_LOG_SIZE);
	table->max_size = htole16(RSS_TABLE_LOG_SIZE);
	table->size = htole16(RSS_TABLE_LOG_SIZE);
	table->inline_index = htole32(~0u);
	for (u32 i = 0; i < RSS_TABLE_SIZE; i++)
		entries[i].cq_idx = htole16(dev->rss.table[i]);
	return put(dev, cmd, entries, sizeof(entries));
}

u8 rss_set_table(struct ena_dev *dev, const union admin_command *cmd,
		 union admin_response *resp)
{
	const struct ena_admin_feature_rss_ind_table *table =
		&cmd->set_feature.u.ind_table;
	struct ena_admin_rss_ind_table_entry entries[RSS_TABLE_SIZE];
	u8 status;

	if (le16toh(table->size) != RSS_TABLE_LOG_SIZE ||
	    le32toh(table->inline_index) != ~0u)
		return admin_refuse(dev, "size, inline_index: 7 and 0xffffffff",
				    (u64)le16toh(table->size) << 32 |
				    le32toh(table->inline_index));
	status = take(dev, cmd, entries, sizeof(entries));
	if (status != ENA_ADMIN_SUCCESS)
		return status;
	for (u32 i = 0; i < RSS_TABLE_SIZE; i++)
		if (le16toh(entries[i].cq_idx) >= ENA_MAX_SQS)
			return admin_refuse(dev, "cq_idx: of a queue",
					    le16toh(entries[i].cq_idx));
	for (u32 i = 0; i < RSS_TABLE_SIZE; i++)
		dev->rss.table[i] = le16toh(entries[i].cq_idx);
	dev->rss.table_set = true;
	return ENA_ADMIN_SUCCESS;
}

u8 rss_get_input(struct ena_dev *dev, const union admin_command *cmd,
		 union admin_response *resp)
{
	struct ena_admin_feature_rss_flow_hash_input *input =
		&resp->get_feature.u.flow_hash_input;
	struct ena_admin_feature_rss_hash_control control = { 0 };

	input->supported_input_sort = htole16(SORTS);
	for (u32 i = 0; i < ENA_ADMIN_RSS_PROTO_NUM; i++) {
		control.supported_fields[i].fields =
			htole16(supported_fields[i]);
		control.selected_fields[i].fields =
			htole16(dev->rss.fields[i]);
	}
	return put(dev, cmd, &control, sizeof(control));
}

u8 rss_set_input(struct ena_dev *dev, const union admin_command *cmd,
		 union admin_response *resp)
{
	const struct ena_admin_feature_rss_flow_hash_input *input =
		&cmd->set_feature.u.flow_hash_input;
	u16 sort = le16toh(input->enabled_input_sort);
	struct ena_admin_feature_rss_hash_control control;
	u8 status = take(dev, cmd, &control, sizeof(control));

	if (status != ENA_ADMIN_SUCCESS)
		return status;
	if (sort & ~SORTS)
		return admin_refuse(dev,
				    "enabled_input_sort: of supported_input_sort",
				    sort);
	for (u32 i = 0; i < ENA_ADMIN_RSS_PROTO_NUM; i++) {
		u16 fields = le16toh(control.selected_fields[i].fields);

		if (fields & ~supported_fields[i])
			return admin_refuse(dev,
					    "selected_fields: of supported_fields",
					    fields);
	}
	for (u32 i = 0; i < ENA_ADMIN_RSS_PROTO_NUM; i++)
		dev->rss.fields[i] =
			le16toh(control.selected_fields[i].fields);
	dev->rss.sort_l3 =
		sort & ENA_ADMIN_FEATURE_RSS_FLOW_HASH_INPUT_L3_SORT_MASK;
	dev->rss.sort_l4 =
		sort & ENA_ADMIN_FEATURE_RSS_FLOW_HASH_INPUT_L4_SORT_MASK;
	return ENA_ADMIN_SUCCESS;
}

/* Each half of a byte has its share in the hash. */
static u32 toeplitz(const struct rss *rss, const u8 *input, u32 len)
{
	u32 hash = 0;

	for (u32 i = 0; i < len; i++)
		hash ^= rss->toeplitz[2 * i][input[i] >> 4] ^
			rss->toeplitz[2 * i + 1][input[i] & 0xf];
	return hash;
}

/* Ethernet's, from the driver's initial value: the interface names no other. */
static u32 crc32(u32 crc, const u8 *input, u32 len)
{
	while (len--) {
		crc ^= *input++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? CRC32_POLYNOMIAL : 0);
	}
	return crc;
}

static enum ena_admin_flow_hash_proto flow(const struct packet *p)
{
	bool ipv6 = p->ip_version == 6;

	if (!p->ip_version)
		return ENA_ADMIN_RSS_NOT_IP;
	if (p->fragment)
		return ipv6 ? ENA_ADMIN_RSS_IP6 : ENA_ADMIN_RSS_IP4_FRAG;
	if (p->l4_proto == PROTO_TCP)
		return ipv6 ? ENA_ADMIN_RSS_TCP6 : ENA_ADMIN_RSS_TCP4;
	if (p->l4_proto == PROTO_UDP)
		return ipv6 ? ENA_ADMIN_RSS_UDP6 : ENA_ADMIN_RSS_UDP4;
	return ipv6 ? ENA_ADMIN_RSS_IP6 : ENA_ADMIN_RSS_IP4;
}

/*
 * A pair of fields in their order on the wire, or sorted, so that both
 * directions of a flow meet in one queue.
 */
static u8 *add_pair(u8 *to, const u8 *source, const u8 *dest, u32 size,
		    bool with_source, bool with_dest, bool sort)
{
	if (sort && with_source && with_dest &&
	    memcmp(dest, source, size) < 0) {
		const u8 *first = dest;

		dest = source;
		source = first;
	}
	if (with_source) {
		memcpy(to, source, size);
		to += size;
	}
	if (with_dest) {
		memcpy(to, dest, size);
		to += size;
	}
	return to;
}

u32 rss_hash(const struct rss *rss, const u8 *frame, const struct packet *p)
{
	u16 fields = rss->fields[flow(p)];
	const u8 *l3 = frame + p->l3_offset;
	const u8 *l4 = frame + p->l4_offset;
	u8 input[RSS_INPUT_MAX];
	u8 *end = input;

	if (p->ip_version == 4)
		end = add_pair(end, l3 + 12, l3 + 16, 4,
			       fields & ENA_ADMIN_RSS_L3_SA,
			       fields & ENA_ADMIN_RSS_L3_DA, rss->sort_l3);
	else if (p->ip_version == 6)
		end = add_pair(end, l3 + 8, l3 + 24, 16,
			       fields & ENA_ADMIN_RSS_L3_SA,
			       fields & ENA_ADMIN_RSS_L3_DA, rss->sort_l3);
	else
		end = add_pair(end, frame + 6, frame, 6,
			       fields & ENA_ADMIN_RSS_L2_SA,
			       fields & ENA_ADMIN_RSS_L2_DA, false);
	if (fields & L4_FIELDS && p->end >= p->l4_offset + 4)
		end = add_pair(end, l4, l4 + 2, 2,
			       fields & ENA_ADMIN_RSS_L4_SP,
			       fields & ENA_ADMIN_RSS_L4_DP, rss->sort_l4);
	if (rss->crc32)
		return crc32(rss->crc32_init, input, (u32)(end - input));
	return toeplitz(rss, input, (u32)(end - input));
}

static bool is_rx(const struct ena_sq *sq)
{
	return sq->live && sq->direction == ENA_ADMIN_SQ_DIRECTION_RX;
}

struct ena_sq *rss_queue(struct ena_dev *dev, u32 hash)
{
	if (dev->rss.table_set) {
		u16 index = dev->rss.table[hash & (RSS_TABLE_SIZE - 1)];

		if (is_rx(&dev->sq[index]))
			return &dev->sq[index];
	}
	for (u32 i = 0; i < ENA_MAX_SQS; i++)
		if (is_rx(&dev->sq[i]))
			return &dev->sq[i];
	return NULL;
}
