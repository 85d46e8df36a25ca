// SPDX-License-Identifier: GPL-2.0
/* Tells a DKMS build from the kernel's own driver. Without a MODULE_VERSION,
 * which only the vendor's driver has, dkms takes any two builds for the same.
 */
#include <linux/elfnote.h>
#include <linux/module.h>

#ifndef ENA_HAS_VERSION
MODULE_VERSION(ENA_TX_HEADER_VERSION);
#endif
MODULE_INFO(ena_tx_header, ENA_TX_HEADER_VERSION);

/* /sys/module/ena/notes/.note.ena-tx-header while the module is loaded */
ELFNOTE32("ena-tx-header", 1, ENA_TX_HEADER_VERSION);
