// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
//
// Where the ENA driver calls ena_tx_header_split(): before DMA mapping, in the
// function that decides whether to linearize. Only in non-LLQ mode: with LLQ
// the driver copies the header itself. Where there is no memory to linearize, to
// pull the header saves frames that were sent there for it. The #include is out
// of order: the lines below <net/ip.h> differ between 6.1 and 7.3, and the patch
// would not apply to both.

@include depends on file in "ena_netdev.c"@
@@
+#include <net/ipv6.h>
 #include <net/ip.h>

@place@
identifier fn = ena_check_and_linearize_skb;
identifier tx_ring, skb, frags, too_many, what, ask, count;
position first, fits, counted;
@@
 fn(struct ena_ring *tx_ring, struct sk_buff *skb)
 {
 ...
(
 what@first = skb_shinfo(skb)->nr_frags;
|
 what@first = ask(..., tx_ring->sgl_size, ...);
)
 ...
(
 if@fits (frags < tx_ring->sgl_size)
	return 0;
|
 if@fits (likely(!too_many))
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
identifier place.tx_ring, place.skb, place.what;
identifier count, rc;
position place.first, place.fits, place.counted;
expression asked, few;
@@
+if (skb_is_nonlinear(skb) &&
+    tx_ring->tx_mem_queue_type == ENA_ADMIN_PLACEMENT_POLICY_HOST &&
+    !ena_tx_l4_in_head(skb) &&
+    ena_tx_header_split(skb, tx_ring->tx_max_header_size))
+	goto linearize;
+
 what@first = asked;
 ...
 if@fits (few)
	return 0;
 ...
+linearize:
 count@counted(...);
 ...
 rc = skb_linearize(skb);
 if (unlikely(rc)) {
	...
+	if (skb_shinfo(skb)->nr_frags < tx_ring->sgl_size &&
+	    pskb_may_pull(skb, ena_tx_l4_header_end(skb)))
+		rc = 0;
 }
