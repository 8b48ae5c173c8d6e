/*
 * What metricsctl and the daemon say to each other over the control socket (a Unix stream socket;
 * who may speak is decided by peer credentials: root, the daemon's user, members of its group).
 *
 * One JSON object a line each way. The client sends one request:
 *
 *   {"command":"collect"}                                every account now
 *   {"command":"collect","account":"itagui/facebook"}
 *   {"command":"backfill","account":"itagui/facebook","from":"2025-01-01","to":"2025-03-31"}
 *   {"command":"check"} or with "account"                ask the providers whether tokens, ids and
 * zones are right
 *   {"command":"reload"}                                 read the configuration again
 *   {"command":"status"}                                 what only the running daemon knows
 *   {"command":"alerts"}                                 look for alerts and tell what is owed, now
 *   {"command":"alerts","test":true}                     tell a trial by each way
 *
 * The daemon answers any number of {"progress":"itagui/facebook: 3 answers, 21 new samples"} and
 * then one last line, after which it closes: {"done":true,"exit":0,"text":"…"} or
 * {"error":"…","exit":3}; `exit` is the status metricsctl ends with (0 fine, 1 needs a person, 2
 * usage, 3 failure). The last line of `status` has "pid", "since" (time), "version", "in_flight"
 * (requests), "running" (accounts being collected: "entity/account") and "held" (objects of
 * "scope", "key", "until" and "why"; until is null when a person must act); where they do not all
 * fit into a line, "running_more" and "held_more" say how many lack. A client that goes before its
 * last line stops nothing of what it asked for.
 */
#ifndef METRICSD_CONTROL_H
#define METRICSD_CONTROL_H

enum { CONTROL_LINE_MAX = 64 << 10 };

#endif
