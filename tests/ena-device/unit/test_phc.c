// SPDX-License-Identifier: GPL-2.0
#include "fixture.h"

#ifdef ENA_HAS_PHC

#define OUTPUT	(BUFFERS_ADDR + 0x1000)

static int setup(void **state)
{
	struct ena_config config = nitro_config();
	struct guest *g = guest_up(&config);

	g->dev.host.features = ENA_ADMIN_HOST_INFO_PHC_MASK;
	*state = g;
	return 0;
}

#define PHC_TEST(name) TEST_F(struct guest *, g, setup, guest_teardown, name)

static u8 set_output(struct guest *g, u64 addr, u32 len)
{
	union admin_command cmd = set_feature(ENA_ADMIN_PHC_CONFIG);

	set_addr(&cmd.set_feature.u.phc.output_address, addr);
	cmd.set_feature.u.phc.output_length = htole32(len);
	return admin_run_once(g, cmd);
}

static u64 ask(struct guest *g, u32 id)
{
	struct ena_admin_phc_resp *resp = ram_at(g, OUTPUT);

	reg_write(g, ENA_REGS_PHC_DB_OFF, id);
	assert_int_equal(le16toh(resp->req_id), id & 0xffff);
	return le64toh(resp->timestamp);
}

PHC_TEST(the_time)
{
	struct ena_admin_phc_resp *resp = ram_at(g, OUTPUT);
	union admin_command cmd = get_feature(ENA_ADMIN_PHC_CONFIG, 0);
	union admin_response phc;
	u64 first;

	assert_int_equal(admin_run(g, &cmd, &phc), ENA_ADMIN_SUCCESS);
	assert_int_equal(phc.get_feature.u.phc.type,
			 ENA_ADMIN_PHC_TYPE_READLESS);
	assert_int_equal(le32toh(phc.get_feature.u.phc.doorbell_offset),
			 ENA_REGS_PHC_DB_OFF);
	assert_int_equal(set_output(g, OUTPUT, sizeof(*resp)),
			 ENA_ADMIN_SUCCESS);
	first = ask(g, 1);
	assert_true(first > 1000000000ull * 1000000000);	/* 2001 */
	assert_true(ask(g, 0x1fffe) >= first);
	assert_int_equal(resp->error_flags, 0);
	g->dev.faults.left[FAULT_PHC_ERROR] = 1;
	ask(g, 3);
	assert_int_equal(le32toh(resp->error_flags),
			 ENA_ADMIN_PHC_ERROR_FLAG_TIMESTAMP);
}

PHC_TEST(an_output_that_is_wrong)
{
	const u32 len = sizeof(struct ena_admin_phc_resp);

	g->dev.config.strict = true;
	assert_int_equal(set_output(g, OUTPUT, len - 1),
			 ENA_ADMIN_ILLEGAL_PARAMETER);
	assert_int_equal(set_output(g, RAM_END - len + 1, ~0u),
			 ENA_ADMIN_ILLEGAL_PARAMETER);
	assert_int_equal(set_output(g, 0, len), ENA_ADMIN_ILLEGAL_PARAMETER);
	reg_write(g, ENA_REGS_PHC_DB_OFF, 1);
	assert_int_equal(g->dev.stats.guest_errors, 4);
	assert_int_equal(g->dev.stats.violations, 4);
	/* Aligned to no word: it cannot be published. */
	assert_int_equal(set_output(g, OUTPUT + 1, len), ENA_ADMIN_SUCCESS);
	reg_write(g, ENA_REGS_PHC_DB_OFF, 1);
	assert_int_equal(g->dev.stats.guest_errors, 5);
}

PHC_TEST(ram_that_goes_away)
{
	set_output(g, OUTPUT, sizeof(struct ena_admin_phc_resp));
	dma_unmap_all(&g->dev.dma);
	reg_write(g, ENA_REGS_PHC_DB_OFF, 1);
	assert_int_equal(g->dev.stats.guest_errors, 1);
}

PHC_TEST(a_reset_forgets_the_output)
{
	set_output(g, OUTPUT, sizeof(struct ena_admin_phc_resp));
	ena_dev_reset(&g->dev);
	assert_int_equal(g->dev.phc.output, 0);
}

#endif

/* Interface headers without it offer no such feature. */
GUEST_TEST(not_offered)
{
	assert_admin(g, get_feature(29, 0), UNSUPPORTED_OPCODE);
}
