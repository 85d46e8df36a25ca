/* SPDX-License-Identifier: GPL-2.0 */
#include <endian.h>
#define bpf_htons(x)	((__be16)htobe16(x))
