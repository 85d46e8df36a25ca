// SPDX-License-Identifier: GPL-2.0
//
// Where the ENA driver asks ena_tx_header_split(): before DMA mapping, in the
// function that decides whether to linearize. Host placement only: with LLQ
// the driver copies the header itself.

@include depends on file in "ena_netdev.h"@
@@
 #include "ena_eth_com.h"
+#include "ena_tx_header.h"

@place@
identifier fn = ena_check_and_linearize_skb;
identifier tx_ring, skb, frags, too_many, count;
position first, counted;
@@
 fn(struct ena_ring *tx_ring, struct sk_buff *skb)
 {
 ...
(
 if@first (frags < tx_ring->sgl_size)
	return 0;
|
 if@first (likely(!too_many))
	return 0;
)
 ...
(
 count@counted(&tx_ring->tx_stats.linearize, 1, &tx_ring->syncp);
|
 u64_stats_update_begin@counted(&tx_ring->syncp);
 tx_ring->tx_stats.linearize++;
)
 ...
 }

@call@
identifier place.tx_ring, place.skb;
identifier count;
position place.first, place.counted;
expression few;
@@
+if (skb_is_nonlinear(skb) &&
+    tx_ring->tx_mem_queue_type == ENA_ADMIN_PLACEMENT_POLICY_HOST &&
+    ena_tx_header_split(skb, tx_ring->tx_max_header_size))
+	goto linearize;
+
 if@first (few)
	return 0;
 ...
+linearize:
 count@counted(...);
