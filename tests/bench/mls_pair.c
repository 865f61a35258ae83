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
};

static mjl_result fill(void *context, uint8_t *out, size_t size)
{
    (void)context;
    randombytes_buf(out, size);
    return MJL_OK;
}

static const mjl_random chance = {NULL, fill};

static void join(one *bob, mjl_bytes welcome, mjl_bytes secret)
{
    mjl_mls_joined joined;
    const mjl_mls_join_config config = {.identity = &bob->identity, .key_package_secret = secret};
    room_must(mjl_mls_join(welcome, &config, &joined), "MLS join");
    bob->group = joined.group;
    bob->ratchets = joined.ratchets;
    joined.group = NULL;
    joined.ratchets = NULL;
    mjl_mls_joined_clear(&joined);
}

static void add(one *alice, one *bob)
{
    mjl_buffer package = {0}, secret = {0};
    mjl_mls_candidate candidate;
    const mjl_mls_key_package_config offer = {.identity = &bob->identity, .not_after = NOT_AFTER};
    room_must(mjl_mls_key_package_new(&offer, chance, &package, &secret), "key package");
    const mjl_bytes added = mjl_buffer_bytes(&package);
    const mjl_mls_commit_config wanted = {
        .identity = &alice->identity, .add_key_packages = &added, .add_count = 1};
    room_must(mjl_mls_commit(alice->group, alice->ratchets, &wanted, chance, &candidate),
              "MLS commit");
    join(bob, mjl_buffer_bytes(&candidate.welcome), mjl_buffer_bytes(&secret));
    mjl_mls_group_release(alice->group);
    mjl_mls_ratchets_free(alice->ratchets);
    alice->group = candidate.group;
    alice->ratchets = candidate.ratchets;
    candidate.group = NULL;
    candidate.ratchets = NULL;
    mjl_mls_candidate_clear(&candidate);
    mjl_buffer_clear(&package);
    mjl_buffer_clear(&secret);
}

mls_pair *mls_pair_new(void)
{
    mls_pair *const pair = calloc(1, sizeof *pair);
    if (pair == NULL) room_must(MJL_OUT_OF_MEMORY, "calloc");
    one *const both[] = {&pair->alice, &pair->bob};
    for (size_t i = 0; i < 2; i++) {
        mjl_mls_identity *const identity = &both[i]->identity;
        room_must(mjl_mls_identity_generate(NULL, chance, identity), "identity");
        identity->identity = mjl_bytes_text(i == 0 ? "alice" : "bob");
    }
    const mjl_mls_create_config config = {.identity = &pair->alice.identity,
                                          .not_after = NOT_AFTER,
                                          .group_id = mjl_bytes_text("pair")};
    room_must(mjl_mls_group_create(&config, chance, &pair->alice.group, &pair->alice.ratchets),
              "MLS create");
    add(&pair->alice, &pair->bob);
    return pair;
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

static void send(mls_pair *pair, mjl_bytes body, mjl_buffer *message)
{
    mjl_mls_opened *opened;
    message->size = 0;
    room_must(mjl_mls_encrypt(pair->alice.group, pair->alice.ratchets, &pair->alice.identity,
                              mjl_bytes_of(NULL, 0), body, 0, chance, message),
              "MLS encrypt");
    room_must(mjl_mls_open(pair->bob.group, pair->bob.ratchets, mjl_buffer_bytes(message), &opened),
              "MLS open");
    room_must(mjl_mls_consume(pair->bob.ratchets, opened), "MLS consume");
    mjl_mls_opened_free(opened);
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
