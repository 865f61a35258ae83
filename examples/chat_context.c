#include "chat_context.h"

#include "majlis/graph.h"

enum { WALK_MAX = 64 /* Places without a number that are walked through. */ };

typedef struct place_walk {
    size_t places[WALK_MAX];
    size_t count, done;
} place_walk;

static void add_parents(const mjl_session *session, size_t place, place_walk *walk)
{
    size_t parent;
    for (size_t k = 0; mjl_session_place_parent(session, place, k, &parent) == MJL_OK; k++) {
        bool is_known = false;
        for (size_t i = 0; i < walk->count; i++)
            is_known |= walk->places[i] == parent;
        if (!is_known && walk->count < WALK_MAX) walk->places[walk->count++] = parent;
    }
}

/* Messages end the walk: whatever they follow has a smaller number. */
bool chat_context_of(const mjl_session *session, const mjl_place_id *id, chat_context *context)
{
    mjl_place_info place;
    mjl_message_info message;
    size_t at;
    place_walk walk = {.count = 0};
    *context = (chat_context){0, 0, false};
    if (mjl_session_find_place(session, id, &at) != MJL_OK ||
        mjl_session_place(session, at, &place) != MJL_OK)
        return false;
    if (mjl_session_message_by_id(session, &place.message, &message) == MJL_OK)
        context->number = message.number;
    context->follows_unknown = place.opaque_parents_count != 0;
    add_parents(session, at, &walk);
    while (walk.done < walk.count) {
        at = walk.places[walk.done++];
        if (mjl_session_place(session, at, &place) != MJL_OK) continue;
        if (place.kind != MJL_PLACE_IS_MESSAGE) {
            add_parents(session, at, &walk);
        } else if (mjl_session_message_by_id(session, &place.message, &message) == MJL_OK &&
                   message.number > context->last_seen) {
            context->last_seen = message.number;
        }
    }
    return true;
}
