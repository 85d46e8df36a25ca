// SPDX-License-Identifier: GPL-2.0
#include <sys/socket.h>
#include <unistd.h>

#include "fixture.h"
#include "session.h"

/* What one function sends before others have their turn. */

#define PACKETS		10	/* rung for at once; two descriptors each */
#define PAYLOAD		60000u
#define MSS		32u
#define SEGMENTS	(PAYLOAD / MSS)

/* Rings without the turns that reg_write() adds. */
static void ring_once(struct guest *g)
{
	bar0_write(&g->dev, BAR0_SQ_DOORBELL + 4u * g->tx_sq, g->tx_tail, 4);
}

static int setup(void **state)
{
	struct ena_config config = nitro_config();
	struct guest *g = guest_up(&config);

	create_queues(g);
	g->dev.port.tap = -1;
	wire_join(&g->dev.port, &g->dev.port);
	make_frame(ram_at(g, BUFFERS_ADDR), "v4-tcp", TSO_HEADER + PAYLOAD);
	for (u16 i = 0; i < PACKETS; i++)
		tx_tso(g, PAYLOAD, MSS, i);
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	struct guest *g = *state;

	close(g->wire);
	g->wire = -1;
	return guest_teardown(state);
}

#define TURN_TEST(name) TEST_F(struct guest *, g, setup, teardown, name)

/* A packet is sent whole, so each is a turn here. */
TURN_TEST(a_doorbell_for_many_segments)
{
	ring_once(g);
	for (u16 i = 0; i < PACKETS; i++) {
		assert_int_equal(g->dev.frames_left, 0);
		assert_int_equal(g->dev.stats.tx_frames, (i + 1) * SEGMENTS);
		assert_tx_completions(g, i + 1);
		assert_int_equal(le16toh(tx_cdesc(g, i).req_id), i);
		tx_turn(&g->dev);
	}
	assert_false(ena_dev_has_work(&g->dev));
	assert_int_equal(g->dev.stats.tx_frames, PACKETS * SEGMENTS);
	assert_int_equal(g->dev.stats.guest_errors, 0);
}

/* Many doorbells are one turn, too. */
TURN_TEST(many_doorbells)
{
	u16 tail = g->tx_tail;

	for (g->tx_tail = 2; g->tx_tail <= tail; g->tx_tail += 2)
		ring_once(g);
	assert_tx_completions(g, 1);
	for (u16 i = 1; i < PACKETS; i++)
		tx_turn(&g->dev);
	assert_tx_completions(g, PACKETS);
	for (u16 i = 0; i < PACKETS; i++)
		assert_int_equal(le16toh(tx_cdesc(g, i).req_id), i);
}

/* Nor does it count what they are for. */
TURN_TEST(descriptors_of_no_packet)
{
	static const u8 empty[16];

	reg_write(g, BAR0_SQ_DOORBELL + 4u * g->tx_sq, g->tx_tail);
	assert_tx_completions(g, PACKETS);
	for (u32 i = 0; i < 2 * ENA_TURN; i += QUEUE_DEPTH) {
		for (u32 j = 0; j < QUEUE_DEPTH; j++)
			tx_raw(g, empty);
		ring_once(g);
	}
	assert_int_equal(g->dev.frames_left, 0);
}

TURN_TEST(doorbells)
{
	tx_turn(&g->dev);
	for (u32 i = 0; i < ENA_TURN; i++) {
		assert_int_not_equal(g->dev.commands_left, 0);
		bar0_write(&g->dev, BAR0_SQ_DOORBELL + 4u * g->rx_sq, 0, 4);
	}
	assert_int_equal(g->dev.commands_left, 0);
}

TURN_TEST(admin_commands)
{
	for (u32 i = 0; i < ENA_TURN / QUEUE_DEPTH; i++) {
		assert_int_not_equal(g->dev.commands_left, 0);
		g->aq_tail += QUEUE_DEPTH;
		bar0_write(&g->dev, ENA_REGS_AQ_DB_OFF, g->aq_tail, 4);
	}
	assert_int_equal(g->dev.commands_left, 0);
}

TURN_TEST(a_reset_between_turns)
{
	ring_once(g);
	bar0_write(&g->dev, ENA_REGS_DEV_CTL_OFF, 1, 4);
	bar0_write(&g->dev, ENA_REGS_DEV_CTL_OFF, 0, 4);
	for (u16 i = 1; i < PACKETS; i++)
		tx_turn(&g->dev);
	assert_int_equal(g->dev.stats.tx_frames, SEGMENTS);
	admin_up(g);
	create_queues(g);
	tx_buffer(g, BUFFERS_ADDR, 60, 1);
	assert_int_equal(g->dev.stats.tx_frames, SEGMENTS + 1);
}

TURN_TEST(a_queue_destroyed_between_turns)
{
	union admin_command cmd = {
		.destroy_sq = {
			.aq_common_descriptor.opcode = ENA_ADMIN_DESTROY_SQ,
			.sq.sq_idx = htole16(g->tx_sq),
			.sq.sq_identity = ENA_ADMIN_SQ_DIRECTION_TX << 5,
		},
	};

	ring_once(g);
	assert_admin(g, cmd, SUCCESS);
	assert_int_equal(g->dev.stats.tx_frames, SEGMENTS);
	tx_turn(&g->dev);
	assert_int_equal(g->dev.stats.tx_frames, SEGMENTS);
}

/* The queue that a turn ends with is the last one of the next. */
TURN_TEST(queues_take_turns)
{
	union admin_command cmd = sq_command(ENA_ADMIN_SQ_DIRECTION_TX,
					     TX_SQ_ADDR, QUEUE_DEPTH, g->tx_cq);
	const struct ena_sq *first = &g->dev.sq[g->tx_sq], *second;
	union admin_response resp;

	admin_run(g, &cmd, &resp);
	second = &g->dev.sq[le16toh(resp.create_sq.sq_idx)];
	ring_once(g);
	bar0_write(&g->dev, BAR0_SQ_DOORBELL + 4u * (u32)(second - g->dev.sq),
		   g->tx_tail, 4);
	for (u16 i = 1; i < PACKETS; i++) {
		assert_int_equal(first->head, 2 * i);
		tx_turn(&g->dev);
		assert_int_equal(second->head, 2 * i);
		tx_turn(&g->dev);
	}
}

/* The server, of this function: there is much to send. */

static void serve_guest(struct vfu_server *server, struct guest *g, int *client)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
				    ends), 0);
	vfu_init(server, &pci_vfu_ops, &g->dev);
	vfu_attach(server, ends[1]);
	server->negotiated = true;
	*client = ends[0];
	ring_once(g);
}

TURN_TEST(a_bus_reset_does_not_wait)
{
	const u32 reset[] = { (u32)RESET << 16, 16, 0, 0 };
	struct vfu_server server;
	int client;

	serve_guest(&server, g, &client);
	assert_int_equal(write(client, reset, sizeof(reset)), sizeof(reset));
	vfu_process(&server);
	assert_false(g->dev.sq[g->tx_sq].live);
	assert_int_equal(g->dev.stats.tx_frames, 2 * SEGMENTS);
	close(client);
	vfu_close(&server);
}

TURN_TEST(a_hang_up_behind_doorbells_does_not_wait)
{
	u32 ring[] = { (u32)REGION_WRITE << 16, 36, NO_REPLY, 0,
		       BAR0_SQ_DOORBELL + 4u * g->tx_sq, 0, 0, 4, 0 };
	u16 tail = g->tx_tail;
	struct vfu_server server;
	int client;

	g->tx_tail = 2;
	serve_guest(&server, g, &client);
	for (ring[8] = 4; ring[8] <= tail; ring[8] += 2)
		assert_int_equal(write(client, ring, sizeof(ring)),
				 sizeof(ring));
	close(client);
	for (int i = 0; i < 3 && server.client >= 0; i++)
		vfu_process(&server);
	assert_int_equal(server.client, -1);
	assert_false(vfu_has_work(&server));
}

/* Nor is it asleep while there is something to send. */
TURN_TEST(a_backlog_is_work)
{
	struct vfu_server server;
	int client;

	serve_guest(&server, g, &client);
	for (u16 i = 1; i < PACKETS; i++) {
		assert_true(vfu_has_work(&server));
		vfu_process(&server);
	}
	assert_tx_completions(g, PACKETS);
	vfu_process(&server);
	assert_false(vfu_has_work(&server));
	close(client);
	vfu_close(&server);
}

/* What a client asks for waits for the function's next turn. */

static bool is_over;

static int write_ends_turn(void *opaque, u32 region, u64 offset, const u8 *buf,
			   u32 count)
{
	is_over = true;
	return 0;
}

static void begin_turn(void *opaque)
{
	is_over = false;
}

static bool turn_is_over(void *opaque)
{
	return is_over;
}

static u32 replies(struct session *s)
{
	u32 count = 0;

	while (recv(s->client, &s->reply, sizeof(struct header) + 20, 0) > 0)
		count++;
	return count;
}

SESSION_TEST(commands_wait_for_the_next_turn)
{
	const u32 write[] = { 10u << 16, 36, 0, 0, 0, 0, 0, 4, 0 };
	struct vfu_ops ops = *s->server.ops;

	ops.region_write = write_ends_turn;
	ops.begin_turn = begin_turn;
	ops.turn_is_over = turn_is_over;
	ops.has_work = turn_is_over;
	s->server.ops = &ops;
	assert_false(vfu_has_work(&s->server));
	for (int i = 0; i < 3; i++)
		send_raw(s, write, sizeof(write), NULL, 0);
	for (int i = 0; i < 3; i++) {
		vfu_process(&s->server);
		assert_true(vfu_has_work(&s->server));
		assert_int_equal(replies(s), 1);
	}
	vfu_process(&s->server);
	assert_false(vfu_has_work(&s->server));
	assert_int_equal(replies(s), 0);
	s->server.ops = &pci_vfu_ops;
}
