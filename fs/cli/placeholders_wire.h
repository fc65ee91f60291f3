/* SPDX-License-Identifier: MIT */
/*
 * placeholders_wire.h - what the server and the keeper say to each other.
 *
 * One struct a packet.  Server and keeper are one program, so there are no
 * versions and no byte orders.  Only placeholders.c and keeper.c see it.
 */
#ifndef CLI_PLACEHOLDERS_WIRE_H
#define CLI_PLACEHOLDERS_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#define PH_COMM_LEN 16 /* TASK_COMM_LEN */

enum ph_op {
	PH_PLACE,  /* ask: pid (0: any), comm, kthread; answer: pid, -errno */
	PH_END,	   /* news to the keeper: the task is gone */
	PH_DIED,   /* news from it: a signal has ended the placeholder */
	PH_REAPED, /* news from it: the pid is free */
};

struct ph_msg {
	enum ph_op op;
	int32_t pid;
	bool kthread;
	char comm[PH_COMM_LEN];
};

#endif
