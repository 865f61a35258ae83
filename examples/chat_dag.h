/*
 * /dag: the transcript as a picture, drawn by Graphviz.
 *
 *     transcript ──> FILE.dot ──dot -Tsvg──> FILE.svg       without dot, or asked for FILE.dot, the
 *                                                           first is what is left
 *
 * Drawing takes as long as it takes and the chat goes on meanwhile; one at a time.
 */
#ifndef MAJLIS_EXAMPLES_CHAT_DAG_H
#define MAJLIS_EXAMPLES_CHAT_DAG_H

#include <stdio.h>

#include "chat.h"

enum { CHAT_DAG_PLACES_MAX = 400 /* The latest ones are drawn; more is no picture. */ };

void chat_dag_draw(struct chat *chat, const chat_command *command);

/* The picture as text for Graphviz. */
void chat_dag_write(const struct chat *chat, const mjl_session *session, FILE *file);

#endif
