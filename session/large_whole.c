/* The whole of a large message out of its parts. */
#include "large.h"

#include "session_state.h"

struct mjl_large_body_room {
    uint32_t place;
    mjl_buffer media_type, bytes;
};

mjl_result mjl_large_init(mjl_large *large)
{
    large->last_place = MJL_NO_INDEX;
    large->body = calloc(1, sizeof *large->body);
    return large->body == NULL ? MJL_OUT_OF_MEMORY : MJL_OK;
}

static void clear_body(mjl_large_body_room *room)
{
    mjl_buffer_clear(&room->media_type);
    mjl_buffer_clear(&room->bytes);
}

void mjl_large_clear(mjl_large *large)
{
    for (size_t i = 0; i < large->says_count; i++)
        mjl_large_say_clear(&large->says[i]);
    for (size_t i = 0; i < large->incoming_count; i++)
        free(large->incoming[i].places);
    if (large->body != NULL) clear_body(large->body);
    free(large->says);
    free(large->gone);
    free(large->incoming);
    free(large->incomplete);
    free(large->body);
    memset(large, 0, sizeof *large);
}

uint32_t mjl_large_step(uint32_t done, uint32_t parts_count)
{
    if (parts_count <= MJL_PROGRESS_STEPS) return done;
    return (uint32_t)((uint64_t)done * MJL_PROGRESS_STEPS / parts_count);
}

/* ---- Parts ---- */

uint32_t mjl_large_find_part(const mjl_session *session, const mjl_message_id *part)
{
    uint32_t i = mjl_transcript_find_message(session->transcript, part);
    while (i != MJL_NO_INDEX && session->holdings.entries[i].content.size == 0)
        i = mjl_transcript_place(session->transcript, i)->next_same;
    return i;
}

static bool is_part_of(const mjl_part_body *part, const mjl_large_body *large, size_t index)
{
    return memcmp(part->of, large->of, sizeof part->of) == 0 && part->index == index &&
           part->count == large->parts_count;
}

/* One part's bytes; NOT_FOUND, or BAD_PAYLOAD if it is no such part. */
static mjl_result read_part(const mjl_session *session, uint32_t author,
                            const mjl_large_body *large, size_t index, mjl_bytes *bytes)
{
    const uint32_t place = mjl_large_find_part(session, &large->parts[index]);
    if (place == MJL_NO_INDEX) return MJL_NOT_FOUND;
    const mjl_holding *holding = &session->holdings.entries[place];
    const mjl_place *where = mjl_transcript_place(session->transcript, place);
    if (where->author != author || holding->type != MJL_TYPE_PART) return MJL_BAD_PAYLOAD;
    mjl_content content;
    mjl_part_body part;
    if (mjl_content_decode(mjl_buffer_bytes(&holding->content), &content) != MJL_OK) {
        return MJL_BAD_PAYLOAD;
    }
    if (mjl_part_decode(content.body, &part) != MJL_OK) return MJL_BAD_PAYLOAD;
    if (!is_part_of(&part, large, index)) return MJL_BAD_PAYLOAD;
    *bytes = part.bytes;
    return MJL_OK;
}

mjl_result mjl_large_check(const mjl_session *session, uint32_t author, const mjl_large_body *large)
{
    uint64_t size = 0;
    mjl_result result = MJL_OK;
    for (size_t i = 0; i < large->parts_count; i++) {
        mjl_bytes bytes = {0};
        const mjl_result one = read_part(session, author, large, i, &bytes);
        if (one == MJL_BAD_PAYLOAD) return one; /* Says more than that another one is missing. */
        if (one != MJL_OK) result = one;
        size += bytes.size;
    }
    if (result != MJL_OK) return result;
    return size == large->size ? MJL_OK : MJL_BAD_PAYLOAD;
}

/* ---- The whole ---- */

static mjl_result assemble(const mjl_session *session, uint32_t author, const mjl_large_body *large,
                           mjl_large_body_room *room)
{
    mjl_result result = mjl_buffer_append(&room->media_type, large->media_type);
    if (result == MJL_OK) result = mjl_buffer_reserve(&room->bytes, (size_t)large->size);
    for (size_t i = 0; result == MJL_OK && i < large->parts_count; i++) {
        mjl_bytes bytes;
        result = read_part(session, author, large, i, &bytes);
        if (result == MJL_OK) result = mjl_buffer_append(&room->bytes, bytes);
    }
    return result;
}

mjl_result mjl_large_read(const mjl_session *session, uint32_t place, mjl_bytes *media_type,
                          mjl_bytes *body)
{
    mjl_large_body_room *const room = session->large.body;
    if (room->bytes.size == 0 || room->place != place) {
        clear_body(room);
        mjl_content content;
        mjl_large_body *large = calloc(1, sizeof *large);
        if (large == NULL) return MJL_OUT_OF_MEMORY;
        const mjl_holding *holding = &session->holdings.entries[place];
        mjl_result result = mjl_content_decode(mjl_buffer_bytes(&holding->content), &content);
        if (result == MJL_OK) result = mjl_large_decode(content.body, large);
        if (result == MJL_OK) {
            result = assemble(session, mjl_transcript_place(session->transcript, place)->author,
                              large, room);
        }
        free(large);
        if (result != MJL_OK) {
            clear_body(room);
            return result;
        }
        room->place = place;
    }
    *media_type = mjl_buffer_bytes(&room->media_type);
    *body = mjl_buffer_bytes(&room->bytes);
    return MJL_OK;
}

void mjl_large_forget_body(const mjl_session *session)
{
    clear_body(session->large.body);
}
