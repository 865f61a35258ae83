#include "tap.h"
#include "sets.h"
#include "watch.h"

#include "../memory/allocation.h"

enum { TAG_SIZE = 16, WORTH_SIZE = 48 /* Less is sender data or a path secret. */ };

struct sim_tap {
    const mjl_mls_suite *base;
    mjl_mls_suite suite;
    const mjl_mls_suite *list[1];
    mjl_mls_suites suites;
    sim_listener listener;
    bool is_deaf;
    sim_table numbers; /* By tag. */
    struct sealing {
        mjl_buffer plaintext;
        mjl_id key; /* Hashed. */
    } * sealings;
    size_t count, room;
};

static sim_tap *listening;

static mjl_id id_of(const uint8_t *tag)
{
    mjl_id made = {{0}};
    memcpy(made.bytes, tag, TAG_SIZE);
    return made;
}

static void note(sim_tap *tap, const uint8_t *key, mjl_bytes plaintext, const uint8_t *tag)
{
    const mjl_id id = id_of(tag);
    sim_table_put(&tap->numbers, &id, (uint32_t)tap->count);
    tap->sealings = sim_grown(tap->sealings, tap->count, &tap->room, sizeof *tap->sealings);
    struct sealing *const made = &tap->sealings[tap->count++];
    made->key = sim_hash(mjl_bytes_of(key, tap->base->aead_key_size));
    if (mjl_buffer_append(&made->plaintext, plaintext) != MJL_OK) abort();
}

static mjl_result seal(const uint8_t *key, const uint8_t *nonce, mjl_bytes aad, mjl_bytes plaintext,
                       uint8_t *out)
{
    sim_tap *const tap = listening;
    const bool was_held = allocation_hold(true);
    mjl_buffer kept = {0}; /* `out` may be the plaintext's own place. */
    const bool notes = !tap->is_deaf && (plaintext.size >= WORTH_SIZE || tap->listener.sealed);
    if (notes && mjl_buffer_append(&kept, plaintext) != MJL_OK) abort();
    const mjl_result result = tap->base->aead_seal(key, nonce, aad, plaintext, out);
    if (result == MJL_OK && notes) {
        if (plaintext.size >= WORTH_SIZE) {
            note(tap, key, mjl_buffer_bytes(&kept), out + plaintext.size);
        }
        if (tap->listener.sealed != NULL) {
            tap->listener.sealed(tap->listener.context, key, nonce, aad, mjl_buffer_bytes(&kept),
                                 mjl_bytes_of(out, plaintext.size + TAG_SIZE));
        }
    }
    mjl_buffer_clear(&kept);
    allocation_hold(was_held);
    return result;
}

sim_tap *sim_tap_new(const mjl_mls_suite *base)
{
    sim_tap *const made = sim_zeroed(1, sizeof *made);
    made->base = sim_watch_suite(base);
    made->suite = *made->base;
    made->suite.aead_seal = seal;
    made->list[0] = &made->suite;
    made->suites = (mjl_mls_suites){made->list, 1};
    listening = made;
    return made;
}

void sim_tap_free(sim_tap *tap)
{
    for (size_t i = 0; i < tap->count; i++)
        mjl_buffer_clear(&tap->sealings[i].plaintext);
    free(tap->sealings);
    sim_table_clear(&tap->numbers);
    if (listening == tap) listening = NULL;
    free(tap);
}

const mjl_mls_suites *sim_tap_suites(const sim_tap *tap)
{
    return &tap->suites;
}

void sim_tap_listen(sim_tap *tap, const sim_listener *listener)
{
    tap->listener = listener == NULL ? (sim_listener){0} : *listener;
}

/* NULL: nothing was sealed into it, or the tap was deaf. */
static const struct sealing *find_sealing(const sim_tap *tap, mjl_bytes packet)
{
    if (packet.size < TAG_SIZE) return NULL;
    const mjl_id id = id_of(packet.data + packet.size - TAG_SIZE);
    const uint32_t number = sim_table_find(&tap->numbers, &id);
    return number == SIM_NONE ? NULL : &tap->sealings[number];
}

mjl_bytes sim_tap_plaintext(const sim_tap *tap, mjl_bytes packet)
{
    const struct sealing *const found = find_sealing(tap, packet);
    return found == NULL ? mjl_bytes_of(NULL, 0) : mjl_buffer_bytes(&found->plaintext);
}

bool sim_tap_key(const sim_tap *tap, mjl_bytes packet, mjl_id *key)
{
    const struct sealing *const found = find_sealing(tap, packet);
    if (found != NULL) *key = found->key;
    return found != NULL;
}

void sim_tap_deaf(sim_tap *tap, bool is_deaf)
{
    tap->is_deaf = is_deaf;
    sim_watch_deaf(is_deaf);
}
