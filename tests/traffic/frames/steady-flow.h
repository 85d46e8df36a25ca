/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FLOW_H
#define FLOW_H

/*
 * Sends numbered frames until stdin ends and prints what became of them:
 * "sent=N refused=N received=N duplicate=N corrupt=N". Those not received are
 * for the caller to find in somebody's counters.
 */
int flow(int tap, const char *netns, const char *ifname, unsigned int pace_us);

#endif
