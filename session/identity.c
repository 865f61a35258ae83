#include "identity.h"

#include "ids.h"
#include "pack.h"
#include "room.h"

#include <sodium.h>

enum { PROFILE_FIELDS = 9, PROFILE_FORMAT = 2 };

static const mjl_mls_suite *suite_of(const mjl_profile *profile)
{
    return mjl_mls_suite_find(profile->suites, MJL_MLS_SUITE_DEFAULT);
}

static mjl_result set_names(mjl_profile *profile, mjl_bytes user_id, mjl_bytes display_name)
{
    mjl_result result = mjl_identity_encode(user_id, display_name, &profile->credential);
    if (result == MJL_OK) result = mjl_buffer_append(&profile->user_id, user_id);
    if (result == MJL_OK) result = mjl_buffer_append(&profile->display_name, display_name);
    profile->identity.identity = mjl_buffer_bytes(&profile->credential);
    profile->member =
        mjl_id_member(mjl_bytes_of(profile->identity.signature_key, MJL_MLS_SIGNATURE_KEY_SIZE));
    return result;
}

mjl_result mjl_identity_make(mjl_profile *profile, mjl_bytes user_id, mjl_bytes display_name)
{
    mjl_drawing drawing;
    const mjl_random random = mjl_draw_for(&drawing, profile->random, "identity");
    const mjl_result result =
        mjl_mls_identity_generate(suite_of(profile), random, &profile->identity);
    if (result != MJL_OK) return result;
    return set_names(profile, user_id.size == 0 ? display_name : user_id, display_name);
}

mjl_result mjl_identity_save(const mjl_profile *profile, mjl_buffer *out)
{
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, PROFILE_FIELDS);
    mjl_pack_uint(&pack, PROFILE_FORMAT);
    mjl_pack_bin(&pack,
                 mjl_bytes_of(profile->identity.signature_seed, MJL_MLS_SIGNATURE_SEED_SIZE));
    mjl_pack_text(&pack, mjl_buffer_bytes(&profile->user_id));
    mjl_pack_text(&pack, mjl_buffer_bytes(&profile->display_name));
    mjl_pack_int(&pack, profile->now);
    mjl_pack_uint(&pack, profile->next_session_number);
    mjl_pack_uint(&pack, profile->outbox.next_number);
    mjl_pack_uint(&pack, profile->events.next_number);
    mjl_pack_uint(&pack, profile->events.settled);
    return pack.result;
}

mjl_result mjl_identity_load(mjl_profile *profile, mjl_bytes saved)
{
    mjl_unpack unpack = mjl_unpack_from(saved);
    mjl_unpack *const u = &unpack;
    mjl_unpack_array_of(u, PROFILE_FIELDS);
    if (mjl_unpack_uint(u) != PROFILE_FORMAT) mjl_unpack_fail(u, MJL_UNKNOWN_VERSION);
    mjl_unpack_fixed(u, profile->identity.signature_seed, MJL_MLS_SIGNATURE_SEED_SIZE);
    const mjl_bytes user_id = mjl_unpack_text(u);
    const mjl_bytes display_name = mjl_unpack_text(u);
    profile->now = mjl_unpack_int(u);
    profile->next_session_number = (uint32_t)mjl_unpack_uint_to(u, UINT32_MAX);
    profile->outbox.next_number = profile->outbox.persisted_below = mjl_unpack_uint(u);
    profile->events.next_number = profile->events.persisted_below = mjl_unpack_uint(u);
    profile->events.settled = mjl_unpack_uint(u);
    const mjl_result result = mjl_unpack_end(u);
    if (result != MJL_OK) return result;
    profile->identity.suite = suite_of(profile);
    /* libsodium's secret key ends in the public one. */
    crypto_sign_ed25519_sk_to_pk(profile->identity.signature_key, profile->identity.signature_seed);
    return set_names(profile, user_id, display_name);
}

void mjl_identity_clear(mjl_profile *profile)
{
    sodium_memzero(&profile->identity, sizeof profile->identity);
    mjl_buffer_clear(&profile->credential);
    mjl_buffer_clear(&profile->user_id);
    mjl_buffer_clear(&profile->display_name);
}
