#include "epoch_start.h"

#include <sodium.h>

#include "group.h"
#include "transcript_hash.h"
#include "tree_hash.h"

void mjl_mls_epoch_start_clear(mjl_mls_epoch_start *start)
{
    mjl_buffer_clear(&start->context);
    sodium_memzero(start, sizeof *start);
}

static mjl_result context_encode(const mjl_mls_context *context, mjl_buffer *out)
{
    mjl_mls_writer writer = mjl_mls_writer_to(out);
    mjl_mls_context_write(&writer, context);
    return mjl_mls_writer_end(&writer);
}

/* Tag and interim hash: what the confirmation key says of the confirmed transcript (§8.2). */
static void confirm(const mjl_mls_suite *suite, mjl_bytes confirmed, mjl_mls_epoch_start *start)
{
    mjl_mls_confirmation_tag(suite, start->secrets.confirmation_key, confirmed,
                             start->confirmation_tag);
    mjl_mls_interim_hash(suite, confirmed, mjl_bytes_of(start->confirmation_tag, suite->hash_size),
                         start->interim_hash);
}

/* From the joiner secret on, committers, members and joiners do the same. */
static void derive(const mjl_mls_suite *suite, mjl_bytes confirmed, const uint8_t *psk_secret,
                   mjl_mls_epoch_start *start)
{
    mjl_mls_key_schedule_member(suite, start->joiner_secret, psk_secret, start->member_secret);
    mjl_mls_key_schedule_epoch(suite, start->member_secret, mjl_buffer_bytes(&start->context),
                               &start->secrets, start->encryption_secret);
    confirm(suite, confirmed, start);
}

mjl_result mjl_mls_epoch_start_of_commit(const mjl_mls_group *parent,
                                         const mjl_mls_epoch_input *input,
                                         mjl_mls_epoch_start *start)
{
    *start = (mjl_mls_epoch_start){0};
    if (parent->context.epoch == UINT64_MAX) return MJL_TOO_LARGE;
    const mjl_mls_suite *suite = parent->suite;
    uint8_t confirmed_hash[MJL_MLS_HASH_SIZE_MAX];
    mjl_mls_confirmed_hash(suite, mjl_bytes_of(parent->interim_hash, suite->hash_size),
                           input->commit, confirmed_hash);
    const mjl_bytes confirmed = mjl_bytes_of(confirmed_hash, suite->hash_size);
    mjl_mls_context context = parent->context;
    context.epoch++;
    uint8_t tree_hash[MJL_MLS_HASH_SIZE_MAX];
    context.tree_hash = mjl_mls_tree_hash_of_root(suite, input->tree, tree_hash);
    context.confirmed_transcript_hash = confirmed;
    context.extensions = input->extensions;
    const mjl_result result = context_encode(&context, &start->context);
    if (result != MJL_OK) return result;
    const uint8_t *init = input->init_secret != NULL ? input->init_secret : parent->secrets.init;
    mjl_mls_key_schedule_joiner(suite, init, input->commit_secret,
                                mjl_buffer_bytes(&start->context), start->joiner_secret);
    derive(suite, confirmed, input->psk_secret, start);
    return MJL_OK;
}

mjl_result mjl_mls_epoch_start_of_welcome(const mjl_mls_suite *suite, mjl_bytes context,
                                          const uint8_t *joiner_secret, const uint8_t *psk_secret,
                                          mjl_mls_epoch_start *start)
{
    *start = (mjl_mls_epoch_start){0};
    mjl_mls_context parsed;
    mjl_result result = mjl_mls_context_parse(context, &parsed);
    if (result == MJL_OK) result = mjl_buffer_append(&start->context, context);
    if (result != MJL_OK) return result;
    memcpy(start->joiner_secret, joiner_secret, suite->hash_size);
    derive(suite, parsed.confirmed_transcript_hash, psk_secret, start);
    return MJL_OK;
}

mjl_result mjl_mls_epoch_start_of_group(const mjl_mls_suite *suite, const mjl_mls_context *context,
                                        mjl_random random, mjl_mls_epoch_start *start)
{
    *start = (mjl_mls_epoch_start){0};
    uint8_t epoch_secret[MJL_MLS_HASH_SIZE_MAX];
    mjl_result result = random.fill(random.context, epoch_secret, suite->hash_size);
    if (result == MJL_OK) result = context_encode(context, &start->context);
    if (result == MJL_OK) {
        mjl_mls_key_schedule_from_epoch_secret(suite, epoch_secret, &start->secrets,
                                               start->encryption_secret);
        confirm(suite, mjl_bytes_of(NULL, 0), start);
    }
    sodium_memzero(epoch_secret, sizeof epoch_secret);
    return result;
}
