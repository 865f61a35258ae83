#include "chat_users.h"

#include "chat_names.h"

static mjl_bytes user_id_of(const chat_device *device)
{
    return mjl_bytes_of(device->user_id, device->user_id_size);
}

size_t chat_users_find(const chat_users *users, mjl_bytes user_id)
{
    size_t i = 0;
    while (i < users->count && !mjl_bytes_equal(user_id_of(&users->devices[i]), user_id))
        i++;
    return i;
}

static void add(chat_users *users, const mjl_member_info *member)
{
    chat_device *device = &users->devices[users->count];
    *device = (chat_device){.member = *member, .user_id_size = member->user_id.size};
    if (device->user_id_size > sizeof device->user_id)
        device->user_id_size = sizeof device->user_id;
    if (device->user_id_size > 0)
        memcpy(device->user_id, member->user_id.data, device->user_id_size);
    device->member.display_name = device->member.user_id = mjl_bytes_of(NULL, 0);
    device->user = chat_users_find(users, user_id_of(device));
    users->has_several |= device->user != users->count;
    users->count++;
}

bool chat_users_read(const mjl_session *session, chat_users *out)
{
    mjl_session_info info;
    mjl_session_get_info(session, &info);
    *out = (chat_users){0};
    out->devices = calloc(info.members_count + 1, sizeof *out->devices);
    if (out->devices == NULL) return false;
    mjl_member_info member;
    while (out->count < info.members_count &&
           mjl_session_member(session, out->count, &member) == MJL_OK)
        add(out, &member);
    return true;
}

void chat_users_clear(chat_users *users)
{
    free(users->devices);
    *users = (chat_users){0};
}

chat_device *chat_users_device(const chat_users *users, const mjl_member_id *id)
{
    for (size_t i = 0; i < users->count; i++) {
        if (memcmp(&users->devices[i].member.id, id, sizeof *id) == 0) return &users->devices[i];
    }
    return NULL;
}

chat_users_tally chat_users_count(const chat_users *users, size_t user)
{
    chat_users_tally tally = {0, 0};
    for (size_t i = user; i < users->count; i++) {
        const chat_device *device = &users->devices[i];
        if (device->user != user || !device->counts) continue;
        tally.counted++;
        tally.so += device->is_so;
    }
    return tally;
}

char *chat_users_ids(const chat_users *users, size_t user, bool is_so)
{
    mjl_buffer text = {NULL, 0, 0};
    mjl_result result = MJL_OK;
    for (size_t i = user; i < users->count && result == MJL_OK; i++) {
        const chat_device *device = &users->devices[i];
        if (device->user != user || !device->counts || device->is_so != is_so) continue;
        char digits[CHAT_HEX_SIZE];
        chat_hex(&device->member.id, digits);
        if (text.size > 0) result = mjl_buffer_append(&text, mjl_bytes_text(", "));
        if (result == MJL_OK)
            result = mjl_buffer_append(&text, mjl_bytes_of(digits, CHAT_ID_DIGITS));
    }
    if (result == MJL_OK) result = mjl_buffer_append(&text, mjl_bytes_of("", 1));
    if (result == MJL_OK) return (char *)text.data;
    mjl_buffer_clear(&text);
    return NULL;
}
