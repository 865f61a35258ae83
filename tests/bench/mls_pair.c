#include "mls_pair.h"

#include <sodium.h>
#include <stdlib.h>

#include "cpu_time.h"
#include "room.h"

enum { NOT_AFTER = 2000000000 };

typedef struct one {
    mjl_mls_identity identity;
    const mjl_mls_group *group;
    mjl_mls_ratchets *ratchets;
} one;

struct mls_pair {
    one alice, bob;
    const mjl_mls_suites *suites;
};

static mjl_result fill(void *context, uint8_t *out, size_t size)
{
    (void)context;
    randombytes_buf(out, size);
    return MJL_OK;
}

static const mjl_random chance = {NULL, fill};

static void join(mls_pair *pair, mjl_bytes welcome, mjl_bytes secret)
{
    one *const bob = &pair->bob;
    mjl_mls_joined joined;
    const mjl_mls_join_config config = {.identity = &bob->identity, .key_package_secret = secret};
    room_must(mjl_mls_join(welcome, &config, &joined), "MLS join");
    bob->group = joined.group;
    bob->ratchets = joined.ratchets;
    joined.group = NULL;
    joined.ratchets = NULL;
    mjl_mls_joined_clear(&joined);
}

static void identify(const mls_pair *pair, const char *name, mjl_mls_identity *identity)
{
    const mjl_mls_suite *const suite = pair->suites == NULL ? NULL : pair->suites->list[0];
    room_must(mjl_mls_identity_generate(suite, chance, identity), "identity");
    identity->identity = mjl_bytes_text(name);
}

static void offer(const mjl_mls_identity *identity, mjl_buffer *package, mjl_buffer *secret)
{
    const mjl_mls_key_package_config offered = {.identity = identity, .not_after = NOT_AFTER};
    room_must(mjl_mls_key_package_new(&offered, chance, package, secret), "key package");
}

/* Everybody but Alice in one commit; Bob is the first of them. */
static void add(mls_pair *pair, const mjl_bytes *packages, size_t count, mjl_bytes secret)
{
    one *const alice = &pair->alice;
    mjl_mls_candidate candidate;
    const mjl_mls_commit_config wanted = {
        .identity = &alice->identity, .add_key_packages = packages, .add_count = count};
    room_must(mjl_mls_commit(alice->group, alice->ratchets, &wanted, chance, &candidate),
              "MLS commit");
    join(pair, mjl_buffer_bytes(&candidate.welcome), secret);
    mjl_mls_group_release(alice->group);
    mjl_mls_ratchets_free(alice->ratchets);
    alice->group = candidate.group;
    alice->ratchets = candidate.ratchets;
    candidate.group = NULL;
    candidate.ratchets = NULL;
    mjl_mls_candidate_clear(&candidate);
}

static void add_all(mls_pair *pair, uint32_t count)
{
    mjl_buffer *const packages = calloc(count, sizeof *packages);
    mjl_bytes *const added = calloc(count, sizeof *added);
    mjl_buffer secret = {0};
    if (packages == NULL || added == NULL) room_must(MJL_OUT_OF_MEMORY, "calloc");
    offer(&pair->bob.identity, &packages[0], &secret);
    for (uint32_t i = 1; i < count; i++) {
        mjl_mls_identity other = {0};
        mjl_buffer unused = {0};
        identify(pair, "other", &other);
        offer(&other, &packages[i], &unused);
        mjl_buffer_clear(&unused);
    }
    for (uint32_t i = 0; i < count; i++)
        added[i] = mjl_buffer_bytes(&packages[i]);
    add(pair, added, count, mjl_buffer_bytes(&secret));
    for (uint32_t i = 0; i < count; i++)
        mjl_buffer_clear(&packages[i]);
    mjl_buffer_clear(&secret);
    free(packages);
    free(added);
}

mls_pair *mls_pair_in_crowd(const mjl_mls_suites *suites, uint32_t members_count)
{
    mls_pair *const pair = calloc(1, sizeof *pair);
    if (pair == NULL) room_must(MJL_OUT_OF_MEMORY, "calloc");
    pair->suites = suites;
    identify(pair, "alice", &pair->alice.identity);
    identify(pair, "bob", &pair->bob.identity);
    const mjl_mls_create_config config = {.identity = &pair->alice.identity,
                                          .not_after = NOT_AFTER,
                                          .group_id = mjl_bytes_text("pair")};
    room_must(mjl_mls_group_create(&config, chance, &pair->alice.group, &pair->alice.ratchets),
              "MLS create");
    add_all(pair, members_count - 1);
    return pair;
}

mls_pair *mls_pair_new(void)
{
    return mls_pair_in_crowd(NULL, 2);
}

void mls_pair_free(mls_pair *pair)
{
    one *const both[] = {&pair->alice, &pair->bob};
    for (size_t i = 0; i < 2; i++) {
        mjl_mls_group_release(both[i]->group);
        mjl_mls_ratchets_free(both[i]->ratchets);
    }
    free(pair);
}

static void encrypt(mls_pair *pair, mjl_bytes body, mjl_buffer *message)
{
    message->size = 0;
    room_must(mjl_mls_encrypt(pair->alice.group, pair->alice.ratchets, &pair->alice.identity,
                              mjl_bytes_of(NULL, 0), body, 0, chance, message),
              "MLS encrypt");
}

static void open_one(mls_pair *pair, const mjl_buffer *message)
{
    mjl_mls_opened *opened;
    room_must(mjl_mls_open(pair->bob.group, pair->bob.ratchets, mjl_buffer_bytes(message), &opened),
              "MLS open");
    room_must(mjl_mls_consume(pair->bob.ratchets, opened), "MLS consume");
    mjl_mls_opened_free(opened);
}

static void send(mls_pair *pair, mjl_bytes body, mjl_buffer *message)
{
    encrypt(pair, body, message);
    open_one(pair, message);
}

enum { BODY_SIZE_MAX = 4096 };
static const uint8_t zeroes[BODY_SIZE_MAX];

size_t mls_pair_body_size(mls_pair *pair, size_t message_size)
{
    mjl_buffer message = {0};
    send(pair, mjl_bytes_of(zeroes, BODY_SIZE_MAX / 2), &message);
    const size_t around = message.size - BODY_SIZE_MAX / 2;
    mjl_buffer_clear(&message);
    return message_size > around ? message_size - around : 0;
}

double mls_pair_us(mls_pair *pair, size_t body_size, uint32_t count)
{
    mjl_buffer message = {0};
    const mjl_bytes body =
        mjl_bytes_of(zeroes, body_size < BODY_SIZE_MAX ? body_size : BODY_SIZE_MAX);
    const uint64_t begin = cpu_time_ns();
    for (uint32_t i = 0; i < count; i++)
        send(pair, body, &message);
    const uint64_t taken = cpu_time_ns() - begin;
    mjl_buffer_clear(&message);
    return (double)taken / 1000.0 / count;
}

double mls_pair_open_us(mls_pair *pair, size_t body_size, uint32_t count)
{
    mjl_buffer message = {0};
    uint64_t taken = 0;
    const mjl_bytes body =
        mjl_bytes_of(zeroes, body_size < BODY_SIZE_MAX ? body_size : BODY_SIZE_MAX);
    for (uint32_t i = 0; i < count; i++) {
        encrypt(pair, body, &message);
        const uint64_t begin = cpu_time_ns();
        open_one(pair, &message);
        taken += cpu_time_ns() - begin;
    }
    mjl_buffer_clear(&message);
    return (double)taken / 1000.0 / count;
}
