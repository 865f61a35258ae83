/* The transcript in Graphviz's language: one node per place, an arrow to whatever follows it. */
#include <inttypes.h>

#include "chat_dag.h"
#include "chat_text.h"
#include "majlis/graph.h"

/* Inside a quoted string of Graphviz: quotes and backslashes are its own. */
static void put_quoted(FILE *file, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') fputc('\\', file);
        fputc(*text, file);
    }
}

static void put_words(const struct chat *chat, const mjl_session *session,
                      const mjl_place_info *place, FILE *file)
{
    mjl_message_info message;
    put_quoted(file, chat_names_of(&chat->names, &place->author));
    if (place->kind == MJL_PLACE_IS_CHANGE) {
        fprintf(file, "\\nbegins epoch %" PRIu64, place->epoch + 1);
    } else if (place->kind == MJL_PLACE_IS_MESSAGE &&
               mjl_session_message_by_id(session, &place->message, &message) == MJL_OK) {
        char *words = chat_text_quote(message.body);
        fprintf(file, " %" PRIu32 "\\n", message.number);
        put_quoted(file, chat_text_safe(words));
        free(words);
    }
    if (place->held_count < place->readers_count)
        fprintf(file, "\\n%" PRIu32 " of %" PRIu32 " have it", place->held_count,
                place->readers_count);
}

static const char *style_of(const mjl_place_info *place)
{
    if (place->is_lost) return "color=gray, fontcolor=gray, style=dotted";
    if (place->held_count < place->readers_count)
        return "color=red, penwidth=2, style=\"filled,dashed\", fillcolor=mistyrose";
    if (place->kind == MJL_PLACE_IS_CHANGE) return "shape=ellipse, color=gray40";
    return place->kind == MJL_PLACE_IS_MESSAGE ? "style=filled, fillcolor=honeydew"
                                               : "shape=plaintext";
}

static void put_place(const struct chat *chat, const mjl_session *session, size_t i, size_t first,
                      FILE *file)
{
    mjl_place_info place;
    size_t parent;
    if (mjl_session_place(session, i, &place) != MJL_OK) return;
    fprintf(file, "  p%zu [label=\"", i);
    put_words(chat, session, &place, file);
    fprintf(file, "\", %s];\n", style_of(&place));
    bool is_after_earlier = place.opaque_parents_count != 0;
    for (size_t k = 0; mjl_session_place_parent(session, i, k, &parent) == MJL_OK; k++) {
        if (parent >= first) fprintf(file, "  p%zu -> p%zu;\n", parent, i);
        is_after_earlier |= parent < first;
    }
    if (is_after_earlier) fprintf(file, "  earlier -> p%zu [style=dashed];\n", i);
}

void chat_dag_write(const struct chat *chat, const mjl_session *session, FILE *file)
{
    mjl_place_info place;
    size_t count = 0;
    while (mjl_session_place(session, count, &place) == MJL_OK)
        count++;
    const size_t first = count > CHAT_DAG_PLACES_MAX ? count - CHAT_DAG_PLACES_MAX : 0;
    fputs("digraph transcript {\n  rankdir=TB;\n  node [shape=box, fontname=\"sans-serif\"];\n"
          "  earlier [label=\"...\", shape=plaintext];\n",
          file);
    for (size_t i = first; i < count; i++)
        put_place(chat, session, i, first, file);
    fputs("}\n", file);
}
