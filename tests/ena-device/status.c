// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "device.h"
#include "status.h"

/* All of it must fit into the socket: who reads too slowly gets a part. */
static void send_text(int client, const char *text, size_t len)
{
	int size = (int)len + 4096;

	setsockopt(client, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (send(client, text, len, MSG_DONTWAIT | MSG_NOSIGNAL) !=
	    (ssize_t)len)
		fputs("status: a client did not get all\n", stderr);
}

void status_serve(const struct listener *listener,
		  const struct ena_dev *const *devs, size_t count)
{
	int client = listener_accept(listener);
	char *text = NULL;
	size_t len = 0;
	FILE *out;

	if (client < 0)
		return;
	out = open_memstream(&text, &len);
	if (out) {
		stats_print(out, devs, count);
		if (!fclose(out))
			send_text(client, text, len);
		free(text);
	}
	close(client);
}
