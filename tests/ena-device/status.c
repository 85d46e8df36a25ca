// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "device.h"
#include "status.h"

void status_send(struct listener *listener, int client, const char *text,
		 size_t len)
{
	int size = (int)len + 4096;

	setsockopt(client, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (send(client, text, len, MSG_NOSIGNAL) != (ssize_t)len)
		listener_log(listener, "a client did not get all");
}

void status_serve(struct listener *listener, const struct ena_dev *const *devs,
		  size_t count)
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
			status_send(listener, client, text, len);
		free(text);
	}
	close(client);
}
