// SPDX-License-Identifier: GPL-2.0
//
// Finds drivers that use the length of an skb's linear part as the length of
// its headers without making sure that the headers are in it, as ENA did.
// header-length.triage has a verdict on each finding.

virtual report

@direct exists@
identifier fn;
expression skb;
position p;
@@
 fn@p(...)
 {
 ... when != pskb_may_pull(skb, ...)
     when != __pskb_pull_tail(skb, ...)
     when != skb_header_pointer(skb, ...)
     when != eth_get_headlen(...)
     when != skb_linearize(skb)
 \(min\|min_t\|umin\)(..., skb_headlen(skb), ...)
 ... when any
 }

@copied exists@
identifier fn, head;
expression skb;
type T;
position p;
@@
 fn@p(...)
 {
 ... when != pskb_may_pull(skb, ...)
     when != __pskb_pull_tail(skb, ...)
     when != eth_get_headlen(...)
     when != skb_linearize(skb)
(
 head = skb_headlen(skb);
|
 T head = skb_headlen(skb);
)
 ... when != head = ...
     when != skb_header_pointer(skb, ...)
 \(min\|min_t\|umin\)(..., head, ...)
 ... when any
 }

@named exists@
identifier fn;
expression skb, desc;
identifier member =~ "h.*d";
position p;
@@
 fn@p(...)
 {
 ... when != pskb_may_pull(skb, ...)
     when != __pskb_pull_tail(skb, ...)
     when != skb_header_pointer(skb, ...)
     when != skb_linearize(skb)
(
 desc.member = <+... skb_headlen(skb) ...+>
|
 desc->member = <+... skb_headlen(skb) ...+>
)
 ... when any
 }

@script:python@
fn << direct.fn;
p << direct.p;
@@
print("%s\t%s" % (p[0].file, fn))

@script:python@
fn << copied.fn;
p << copied.p;
@@
print("%s\t%s" % (p[0].file, fn))

@script:python@
fn << named.fn;
p << named.p;
@@
print("%s\t%s" % (p[0].file, fn))
