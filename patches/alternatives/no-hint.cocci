// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
//
// Instead of ena-tx-header.cocci: in host placement say nothing about the
// header's length, as ena_xdp.c does.

@@
identifier push_hdr, header_len;
expression hint;
@@
  *push_hdr = NULL;
- *header_len = hint;
+ *header_len = 0;
