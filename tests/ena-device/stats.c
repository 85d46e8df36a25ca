// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device.h"

static const char *const tx_drop_names[TX_DROPS] = {
	[TX_DROP_HEADER_LENGTH] = "header_length",
	[TX_DROP_HEADER_TOO_LONG] = "header_too_long",
	[TX_DROP_MALFORMED] = "malformed",
	[TX_DROP_TOO_MANY_DESCS] = "too_many_descs",
	[TX_DROP_TOO_LONG] = "too_long",
	[TX_DROP_RUNT] = "runt",
	[TX_DROP_BAD_ADDRESS] = "bad_address",
	[TX_DROP_OFFLOAD] = "offload",
	[TX_DROP_CHECKSUM] = "checksum",
	[TX_DROP_TSO] = "tso",
	[TX_DROP_ALLOWANCE] = "allowance",
	[TX_DROP_NO_PEER] = "no_peer",
	[TX_DROP_TAP] = "tap",
};

static const char *const rx_drop_names[RX_DROPS] = {
	[RX_DROP_NO_QUEUE] = "no_queue",
	[RX_DROP_NO_BUFFER] = "no_buffer",
	[RX_DROP_MALFORMED] = "malformed",
	[RX_DROP_TOO_LONG] = "too_long",
	[RX_DROP_BAD_ADDRESS] = "bad_address",
	[RX_DROP_ALLOWANCE] = "allowance",
};

static const char *const reset_reasons[RESET_REASONS] = {
	[ENA_REGS_RESET_NORMAL] = "normal",
	[ENA_REGS_RESET_KEEP_ALIVE_TO] = "keep_alive_to",
	[ENA_REGS_RESET_ADMIN_TO] = "admin_to",
	[ENA_REGS_RESET_MISS_TX_CMPL] = "miss_tx_cmpl",
	[ENA_REGS_RESET_INV_RX_REQ_ID] = "inv_rx_req_id",
	[ENA_REGS_RESET_INV_TX_REQ_ID] = "inv_tx_req_id",
	[ENA_REGS_RESET_TOO_MANY_RX_DESCS] = "too_many_rx_descs",
	[ENA_REGS_RESET_INIT_ERR] = "init_err",
	[ENA_REGS_RESET_DRIVER_INVALID_STATE] = "driver_invalid_state",
	[ENA_REGS_RESET_OS_TRIGGER] = "os_trigger",
	[ENA_REGS_RESET_OS_NETDEV_WD] = "os_netdev_wd",
	[ENA_REGS_RESET_SHUTDOWN] = "shutdown",
	[ENA_REGS_RESET_USER_TRIGGER] = "user_trigger",
	[ENA_REGS_RESET_GENERIC] = "generic",
	[ENA_REGS_RESET_MISS_INTERRUPT] = "miss_interrupt",
	/* Not in all headers; the last three in the vendor's alone. */
	[15] = "suspected_poll_starvation",
	[16] = "rx_descriptor_malformed",
	[17] = "tx_descriptor_malformed",
	[18] = "missing_admin_interrupt",
	[19] = "device_request",
	[RESET_REASON_OTHER] = "other",
};

const char *tx_drop_name(enum tx_drop drop)
{
	return tx_drop_names[drop];
}

const char *rx_drop_name(enum rx_drop drop)
{
	return rx_drop_names[drop];
}

const char *reset_reason_name(u32 reason)
{
	return reset_reasons[reason];
}

static u64 sum(const u64 *counters, size_t count)
{
	u64 total = 0;

	while (count--)
		total += *counters++;
	return total;
}

u64 stats_tx_drops(const struct stats *stats)
{
	return sum(stats->tx_drop, TX_DROPS);
}

u64 stats_rx_drops(const struct stats *stats)
{
	return sum(stats->rx_drop, RX_DROPS);
}

u64 stats_tx_drops_shown(const struct stats *stats)
{
	return stats_tx_drops(stats) - stats->tx_drop[TX_DROP_ALLOWANCE];
}

u64 stats_rx_drops_shown(const struct stats *stats)
{
	return stats_rx_drops(stats) - stats->rx_drop[RX_DROP_ALLOWANCE];
}

static void print_direction(FILE *out, const char *name, u64 frames, u64 bytes,
			    const char *const *drop_names, const u64 *drops,
			    size_t count)
{
	fprintf(out, "\"%s\":{\"frames\":%" PRIu64 ",\"bytes\":%" PRIu64
		",\"drops\":{", name, frames, bytes);
	for (size_t i = 1; i < count; i++)
		fprintf(out, "%s\"%s\":%" PRIu64, i > 1 ? "," : "",
			drop_names[i], drops[i]);
	fprintf(out, "}},\n ");
}

static void print_faults(FILE *out, const struct faults *faults)
{
	fprintf(out, "\"faults\":{");
	for (size_t i = 1; i < FAULTS; i++)
		fprintf(out, "%s\"%s\":%" PRIu64, i > 1 ? "," : "",
			fault_name((enum fault)i), faults->done[i]);
	fprintf(out, "},\n ");
}

static void print_exceptions(FILE *out, const struct stats *stats)
{
	fprintf(out, "\"exceptions\":{");
	for (size_t i = 0; i < EXCEPTIONS; i++)
		fprintf(out, "%s\"%s\":%" PRIu64, i ? "," : "",
			exception_name((enum exception)i),
			stats->exceptions[i]);
	fprintf(out, "},\n ");
}

static void print_host(FILE *out, const struct ena_dev *dev)
{
	const char *comma = "";

	fprintf(out, "\"host\":{\"os\":%u,\"features\":%u},",
		dev->host.os, dev->host.features);
	fprintf(out, "\"pps_allowance_exceeded\":%" PRIu64 ",",
		dev->metrics.pps_exceeded);
	fprintf(out, "\"reset_reasons\":{");
	for (u32 i = 0; i < RESET_REASONS; i++) {
		if (!dev->stats.reset_reason[i])
			continue;
		fprintf(out, "%s\"%s\":%" PRIu64, comma, reset_reason_name(i),
			dev->stats.reset_reason[i]);
		comma = ",";
	}
	fprintf(out, "},\n ");
}

static void print_queues(FILE *out, const struct ena_dev *dev)
{
	const char *comma = "";

	fprintf(out, "\"queues\":[");
	for (u32 i = 0; i < ENA_MAX_SQS; i++) {
		const struct ena_sq *sq = &dev->sq[i];
		const struct ena_cq *cq = &dev->cq[sq->cq];

		if (!sq->live)
			continue;
		fprintf(out,
			"%s\n  {\"sq\":%u,\"direction\":\"%s\",\"llq\":%s,\"depth\":%u,\"head\":%u,\"tail\":%u,\"cq\":%u,\"cq_tail\":%u,\"vector\":%d}",
			comma, i,
			sq->direction == ENA_ADMIN_SQ_DIRECTION_TX ? "tx" :
								     "rx",
			sq->llq ? "true" : "false", sq->depth, sq->head,
			sq->tail, sq->cq, cq->tail,
			cq->interrupts ? (int)cq->vector : -1);
		comma = ",";
	}
	fprintf(out, "],\n ");
}

static void print_device(FILE *out, const struct ena_dev *dev)
{
	const struct stats *s = &dev->stats;
	const u8 *mac = dev->config.mac;

	fprintf(out,
		"{\"index\":%u,\"mac\":\"%02x:%02x:%02x:%02x:%02x:%02x\",\"profile\":\"%s\",\"connected\":%s,\"mtu\":%u,\n ",
		dev->index, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5],
		dev->config.profile.name, dev->connected ? "true" : "false",
		dev->mtu);
	print_direction(out, "tx", s->tx_frames, s->tx_bytes, tx_drop_names,
			s->tx_drop, TX_DROPS);
	print_direction(out, "rx", s->rx_frames, s->rx_bytes, rx_drop_names,
			s->rx_drop, RX_DROPS);
	print_faults(out, &dev->faults);
	print_exceptions(out, s);
	print_host(out, dev);
	print_queues(out, dev);
	fprintf(out, "\"guest_errors\":%" PRIu64 ",\"resets\":%" PRIu64
		",\"connections\":%" PRIu64 ",\"admin_commands\":%" PRIu64
		",\"admin_failures\":%" PRIu64 ",\"aenq_events\":%" PRIu64
		",\"interrupts\":%" PRIu64 ",\"llq_frames\":%" PRIu64
		",\"llq_trapped\":%" PRIu64 ",\"violations\":%" PRIu64 "}",
		s->guest_errors, s->resets, s->connections, s->admin_commands,
		s->admin_failures, s->aenq_events, s->interrupts,
		s->llq_frames, s->llq_trapped, s->violations);
}

void stats_print(FILE *out, const struct ena_dev *const *devs, size_t count)
{
	fprintf(out, "{\"functions\":[\n");
	for (size_t i = 0; i < count; i++) {
		if (i)
			fprintf(out, ",\n");
		print_device(out, devs[i]);
	}
	fprintf(out, "\n]}\n");
}

/* A device, a socket or a link would be replaced by our file. */
static bool is_replaceable(const char *path)
{
	struct stat st;

	return lstat(path, &st) || S_ISREG(st.st_mode);
}

int stats_save(const char *path, const struct ena_dev *const *devs,
	       size_t count)
{
	char temp[PATH_MAX];
	FILE *out;
	int err = 0;

	if (snprintf(temp, sizeof(temp), "%s" STATS_TEMP, path) >=
	    (int)sizeof(temp))
		return -ENAMETOOLONG;
	if (!is_replaceable(path) || !is_replaceable(temp))
		return -EEXIST;
	unlink(temp);	/* a killed one's */
	out = fopen(temp, "wxe");
	if (!out)
		return -errno;
	stats_print(out, devs, count);
	if (ferror(out))
		err = -EIO;
	if (fclose(out) && !err)
		err = -errno;
	if (!err && rename(temp, path))
		err = -errno;
	if (err)
		unlink(temp);
	return err;
}

void guest_error(struct ena_dev *dev, const char *fmt, ...)
{
	char whose[24];
	va_list args;

	dev->stats.guest_errors++;
	snprintf(whose, sizeof(whose), "function %u", dev->index);
	if (!dev->config.strict && !log_allowed(&dev->log_limit, whose))
		return;
	fprintf(stderr, "function %u: guest error: ", dev->index);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

void guest_address_error(struct ena_dev *dev, const char *what, u64 addr)
{
	guest_error(dev, "%s at 0x%" PRIx64 " is not in RAM", what, addr);
}

void dev_trace(struct ena_dev *dev, const char *fmt, ...)
{
	va_list args;

	if (!dev->config.verbose)
		return;
	fprintf(stderr, "function %u: ", dev->index);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}
