#include "chat_names.h"

#include <ctype.h>
#include <stdio.h>

#include "escape.h"

void chat_hex(const mjl_id *id, char out[CHAT_HEX_SIZE])
{
    for (size_t i = 0; i < MJL_ID_SIZE; i++)
        snprintf(out + 2 * i, 3, "%02x", id->bytes[i]);
}

static chat_name *find_name(const chat_names *names, const mjl_member_id *id)
{
    for (size_t i = 0; i < names->count; i++) {
        if (memcmp(&names->names[i].id, id, sizeof *id) == 0) return &names->names[i];
    }
    return NULL;
}

static chat_name *add_name(chat_names *names, const mjl_member_id *id)
{
    if (names->count == CHAT_NAMES_MAX) return NULL;
    if (names->count == names->room) {
        const size_t room = names->room * 2 + 8;
        chat_name *grown = realloc(names->names, room * sizeof *grown);
        if (grown == NULL) return NULL;
        names->names = grown;
        names->room = room;
    }
    names->names[names->count] = (chat_name){*id, NULL};
    return &names->names[names->count++];
}

void chat_names_learn(chat_names *names, const mjl_member_id *id, mjl_bytes name)
{
    if (name.size == 0) return;
    char *text = escape_new(name);
    chat_name *known = find_name(names, id);
    if (known == NULL && text != NULL) known = add_name(names, id);
    if (known == NULL || text == NULL) {
        free(text);
        return;
    }
    free(known->text);
    known->text = text;
}

void chat_names_learn_roster(chat_names *names, const mjl_session *session)
{
    mjl_member_info member;
    for (size_t i = 0; mjl_session_member(session, i, &member) == MJL_OK; i++)
        chat_names_learn(names, &member.id, member.display_name);
}

const char *chat_names_of(const chat_names *names, const mjl_member_id *id)
{
    static char digits[CHAT_HEX_SIZE];
    const chat_name *known = find_name(names, id);
    if (known != NULL) return known->text;
    chat_hex(id, digits);
    digits[CHAT_ID_DIGITS] = '\0';
    return digits;
}

char *chat_names_list(const chat_names *names, mjl_bytes ids)
{
    mjl_buffer text = {NULL, 0, 0};
    mjl_result result = MJL_OK;
    for (size_t at = 0; at + MJL_ID_SIZE <= ids.size && result == MJL_OK; at += MJL_ID_SIZE) {
        mjl_member_id id;
        memcpy(&id, ids.data + at, sizeof id);
        if (at != 0) result = mjl_buffer_append(&text, mjl_bytes_text(", "));
        if (result != MJL_OK) break;
        result = mjl_buffer_append(&text, mjl_bytes_text(chat_names_of(names, &id)));
    }
    if (result == MJL_OK) result = mjl_buffer_append(&text, mjl_bytes_of("", 1));
    if (result == MJL_OK) return (char *)text.data;
    mjl_buffer_clear(&text);
    return NULL;
}

/* ---- By user ---- */

static bool find_member(const mjl_session *session, const mjl_member_id *id, mjl_member_info *found)
{
    for (size_t i = 0; mjl_session_member(session, i, found) == MJL_OK; i++) {
        if (memcmp(&found->id, id, sizeof *id) == 0) return true;
    }
    return false;
}

static bool is_of(const mjl_session *session, mjl_bytes ids, size_t at, mjl_bytes user)
{
    mjl_member_info member;
    mjl_member_id id;
    memcpy(&id, ids.data + at, sizeof id);
    return find_member(session, &id, &member) && mjl_bytes_equal(member.user_id, user);
}

static size_t devices_among(const mjl_session *session, mjl_bytes ids, size_t end, mjl_bytes user)
{
    size_t count = 0;
    for (size_t at = 0; at + MJL_ID_SIZE <= end; at += MJL_ID_SIZE)
        count += is_of(session, ids, at, user);
    return count;
}

static size_t devices_of(const mjl_session *session, mjl_bytes user)
{
    mjl_member_info member;
    size_t count = 0;
    for (size_t i = 0; mjl_session_member(session, i, &member) == MJL_OK; i++)
        count += mjl_bytes_equal(member.user_id, user);
    return count;
}

static mjl_result add_user(const chat_names *names, const mjl_session *session, mjl_bytes ids,
                           size_t at, mjl_buffer *text)
{
    char devices[64] = "";
    mjl_member_info member;
    mjl_member_id id;
    memcpy(&id, ids.data + at, sizeof id);
    if (session != NULL && find_member(session, &id, &member)) {
        const size_t all = devices_of(session, member.user_id);
        if (devices_among(session, ids, at, member.user_id) > 0) return MJL_OK; /* Named before. */
        if (all > 1) {
            snprintf(devices, sizeof devices, " (%zu of %zu devices)",
                     devices_among(session, ids, ids.size, member.user_id), all);
        }
    }
    mjl_result result = MJL_OK;
    if (text->size > 0) result = mjl_buffer_append(text, mjl_bytes_text(", "));
    if (result == MJL_OK)
        result = mjl_buffer_append(text, mjl_bytes_text(chat_names_of(names, &id)));
    return result == MJL_OK ? mjl_buffer_append(text, mjl_bytes_text(devices)) : result;
}

char *chat_names_users(const chat_names *names, const mjl_session *session, mjl_bytes ids)
{
    mjl_buffer text = {NULL, 0, 0};
    mjl_result result = MJL_OK;
    for (size_t at = 0; at + MJL_ID_SIZE <= ids.size && result == MJL_OK; at += MJL_ID_SIZE)
        result = add_user(names, session, ids, at, &text);
    if (result == MJL_OK) result = mjl_buffer_append(&text, mjl_bytes_of("", 1));
    if (result == MJL_OK) return (char *)text.data;
    mjl_buffer_clear(&text);
    return NULL;
}

void chat_names_clear(chat_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->names[i].text);
    free(names->names);
    *names = (chat_names){NULL, 0, 0};
}

static bool begins_id(mjl_bytes word, const mjl_member_id *id)
{
    char digits[CHAT_HEX_SIZE];
    if (word.size < CHAT_ID_DIGITS_MIN || word.size >= CHAT_HEX_SIZE) return false;
    chat_hex(id, digits);
    for (size_t i = 0; i < word.size; i++) {
        if (tolower(word.data[i]) != digits[i]) return false;
    }
    return true;
}

static void consider(chat_candidates *out, mjl_bytes word, const mjl_member_id *id, mjl_bytes name)
{
    if (!mjl_bytes_equal(word, name) && !begins_id(word, id)) return;
    if (out->count < CHAT_CANDIDATES_MAX) out->ids[out->count++] = *id;
}

void chat_find_requester(const mjl_session *session, mjl_bytes word, chat_requests which,
                         chat_candidates *out)
{
    mjl_join_request_info request;
    out->count = 0;
    for (size_t i = 0; mjl_session_join_request(session, i, &request) == MJL_OK; i++) {
        if (which != CHAT_ANY_REQUEST && request.is_restore != (which == CHAT_RESTORES)) continue;
        consider(out, word, &request.requester, request.display_name);
    }
}

void chat_find_member(const mjl_session *session, mjl_bytes word, chat_candidates *out)
{
    mjl_member_info member;
    out->count = 0;
    for (size_t i = 0; mjl_session_member(session, i, &member) == MJL_OK; i++)
        consider(out, word, &member.id, member.display_name);
}
