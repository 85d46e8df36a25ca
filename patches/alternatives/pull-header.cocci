// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
//
// Instead of ena-tx-header.cocci: pull the header into the linear part. Counted
// as linearize, since it does a part of that.

@include depends on file in "ena_netdev.c"@
@@
+#include <net/ipv6.h>
 #include <net/ip.h>

@call@
identifier fn = ena_check_and_linearize_skb;
identifier tx_ring, skb, frags;
@@
 fn(struct ena_ring *tx_ring, struct sk_buff *skb)
 {
 ... when any
+if (skb_is_nonlinear(skb) &&
+    tx_ring->tx_mem_queue_type == ENA_ADMIN_PLACEMENT_POLICY_HOST &&
+    !ena_tx_l4_in_head(skb) &&
+    ena_tx_header_split(skb, tx_ring->tx_max_header_size)) {
+	ena_increase_stat(&tx_ring->tx_stats.linearize, 1,
+			  &tx_ring->syncp);
+	if (!pskb_may_pull(skb, min(skb->len,
+				     ena_tx_l4_header_end(skb)))) {
+		ena_increase_stat(&tx_ring->tx_stats.linearize_failed,
+				  1, &tx_ring->syncp);
+		return -ENOMEM;
+	}
+}
+
 frags = skb_shinfo(skb)->nr_frags;
 ...
 }
