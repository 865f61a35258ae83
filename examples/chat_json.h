/*
 * The lines of `majlis chat --json`: one object per line of standard output, each with "event".
 *
 * From the engine ("number", "at" and "room" in each; names as mjl_event_kind_name has them):
 *     session state, epoch, join request, member added, message, message state, warning, ...
 * From the program:
 *     hello      who this is, its rooms, the timers found on the disk
 *     received   a packet that was not applied: "verdict", "why"
 *     damaged    a file or datagram that is no packet: "what", "why"
 *     clock      the machine's clock did something odd: "what", "by_ms"
 *     said       a message is persisted: "message", "said"
 *     packet     a packet leaves: "kind", "resend" (0: first time), "subject", "place"
 *     status     after each turn in which it changed: "state", "epoch", "members", "unacked",
 *                "pending", "tasks" [{"id","kind","due"}], "verdicts" {...}, "packets_out",
 * "resends" wanted, refused, unclear, roster, warnings, messages, help, transport bye        the
 * last line: "why" Ids are hexadecimal. Text that is not printable as it stands is escaped in
 * "text" and exact in "hex".
 */
#ifndef MAJLIS_EXAMPLES_CHAT_JSON_H
#define MAJLIS_EXAMPLES_CHAT_JSON_H

#define CHAT_JSON_HELLO "hello"
#define CHAT_JSON_RECEIVED "received"
#define CHAT_JSON_DAMAGED "damaged"
#define CHAT_JSON_CLOCK "clock"
#define CHAT_JSON_SAID "said"
#define CHAT_JSON_PACKET "packet"
#define CHAT_JSON_STATUS "status"
#define CHAT_JSON_WANTED "wanted"
#define CHAT_JSON_REFUSED "refused"
#define CHAT_JSON_UNCLEAR "unclear"
#define CHAT_JSON_ROSTER "roster"
#define CHAT_JSON_WARNINGS "warnings"
#define CHAT_JSON_MESSAGES "messages"
#define CHAT_JSON_SEEN "seen"
#define CHAT_JSON_SAFETY "safety"
#define CHAT_JSON_VERIFIED "verified"
#define CHAT_JSON_EVIDENCE "evidence"
#define CHAT_JSON_WROTE "wrote"
#define CHAT_JSON_HELP "help"
#define CHAT_JSON_TRANSPORT "transport"
#define CHAT_JSON_BYE "bye"

#endif
