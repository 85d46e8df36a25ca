// SPDX-License-Identifier: GPL-2.0
/*
 * What igb's driver would call for an optical module, which QEMU's has not.
 */
#include <linux/i2c.h>
#include <linux/i2c-algo-bit.h>

int i2c_bit_add_bus(struct i2c_adapter *adap)
{
	return -EOPNOTSUPP;
}

void i2c_del_adapter(struct i2c_adapter *adap)
{
}

s32 i2c_smbus_read_byte_data(const struct i2c_client *client, u8 command)
{
	return -EOPNOTSUPP;
}

s32 i2c_smbus_write_byte_data(const struct i2c_client *client, u8 command,
			      u8 value)
{
	return -EOPNOTSUPP;
}
