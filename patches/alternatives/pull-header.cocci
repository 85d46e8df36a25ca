// SPDX-License-Identifier: GPL-2.0
//
// Instead of ena-tx-header.cocci: pull as many bytes into the linear part as
// header_length can speak of. Counted as linearize, which it is in part.

@include depends on file in "ena_netdev.h"@
@@
 #include "ena_eth_com.h"
+#include "ena_tx_header.h"

@call@
identifier fn = ena_check_and_linearize_skb;
identifier tx_ring, skb, frags;
@@
 fn(struct ena_ring *tx_ring, struct sk_buff *skb)
 {
 ... when any
+if (skb_is_nonlinear(skb) &&
+    tx_ring->tx_mem_queue_type == ENA_ADMIN_PLACEMENT_POLICY_HOST &&
+    ena_tx_header_split(skb, tx_ring->tx_max_header_size)) {
+	ena_increase_stat(&tx_ring->tx_stats.linearize, 1,
+			  &tx_ring->syncp);
+	if (!pskb_may_pull(skb, min_t(u32, skb->len,
+				      tx_ring->tx_max_header_size))) {
+		ena_increase_stat(&tx_ring->tx_stats.linearize_failed,
+				  1, &tx_ring->syncp);
+		return -ENOMEM;
+	}
+}
+
 frags = skb_shinfo(skb)->nr_frags;
 ...
 }
