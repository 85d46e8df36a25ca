// SPDX-License-Identifier: GPL-2.0
#include "fixture.h"

/* What a driver sees depends on what it said that it can do. */

static int setup(void **state)
{
	struct ena_config config = nitro_config();

	*state = guest_up(&config);
	return 0;
}

#define HOST_TEST(name) TEST_F(struct guest *, g, setup, guest_teardown, name)

static void tell(struct guest *g, u32 features)
{
	union admin_command cmd = set_feature(ENA_ADMIN_HOST_ATTR_CONFIG);
	struct ena_admin_host_info *info = ram_at(g, BUFFERS_ADDR);

	memset(info, 0, sizeof(*info));
	info->os_type = htole32(ENA_ADMIN_OS_FREEBSD);
	info->driver_supported_features = htole32(features);
	set_addr(&cmd.set_feature.u.host_attr.os_info_ba, BUFFERS_ADDR);
	assert_admin(g, cmd, SUCCESS);
}

static bool offered(struct guest *g, u32 feature)
{
	union admin_command cmd = get_feature(ENA_ADMIN_DEVICE_ATTRIBUTES, 0);
	union admin_response resp;

	assert_int_equal(admin_run(g, &cmd, &resp), ENA_ADMIN_SUCCESS);
	return le32toh(resp.get_feature.u.dev_attr.supported_features) &
	       BIT(feature);
}

static void assert_needs(struct guest *g, u32 feature, u32 bit)
{
	tell(g, ~bit);
	assert_false(offered(g, feature));
	assert_admin(g, get_feature((u8)feature, 0), UNSUPPORTED_OPCODE);
	tell(g, bit);
	assert_true(offered(g, feature));
	assert_admin(g, get_feature((u8)feature, 0), SUCCESS);
}

HOST_TEST(a_driver_that_says_nothing)
{
	assert_false(offered(g, ENA_ADMIN_RSS_HASH_FUNCTION));
	assert_false(offered(g, ENA_ADMIN_INTERRUPT_MODERATION));
	assert_true(offered(g, ENA_ADMIN_RSS_INDIRECTION_TABLE_CONFIG));
	assert_true(offered(g, ENA_ADMIN_LLQ));
}

HOST_TEST(a_key_that_it_can_set)
{
	assert_needs(g, ENA_ADMIN_RSS_HASH_FUNCTION,
		     ENA_ADMIN_HOST_INFO_RSS_CONFIGURABLE_FUNCTION_KEY_MASK);
}

HOST_TEST(moderation)
{
	union admin_command cmd;
	union admin_response resp;

	assert_needs(g, ENA_ADMIN_INTERRUPT_MODERATION,
		     ENA_ADMIN_HOST_INFO_INTERRUPT_MODERATION_MASK);
	cmd = get_feature(ENA_ADMIN_INTERRUPT_MODERATION, 0);
	admin_run(g, &cmd, &resp);
	assert_true(resp.get_feature.u.intr_moderation.intr_delay_resolution);
	assert_admin(g, set_feature(ENA_ADMIN_INTERRUPT_MODERATION),
		     UNSUPPORTED_OPCODE);
}

HOST_TEST(a_reset_forgets_the_driver)
{
	tell(g, ~0u);
	assert_int_equal(g->dev.host.os, ENA_ADMIN_OS_FREEBSD);
	ena_dev_reset(&g->dev);
	assert_int_equal(g->dev.host.features, 0);
	assert_int_equal(g->dev.host.os, 0);
}
