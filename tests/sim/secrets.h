/*
 * The book of secrets: every key that any member makes, each under one number, and what follows
 * from what. One book for the whole world, so that members who derive the same key share its entry.
 *
 *     cipher suite ── every call ──> entries and edges            drawn ──> derived ──> sealed with
 *     what an adversary got ───────> closure: all that follows    (an edge fires once all it needs
 *                                                                  is known: each one once)
 *
 * A secret is known by its 32 bytes. That these are unique is examined: the same bytes by another
 * recipe are a fault of the run. Where a secret was sealed into something, whoever knows the key
 * knows it: ciphertexts are taken for public. Labels and contexts are public as well.
 */
#ifndef SIM_SECRETS_H
#define SIM_SECRETS_H

#include "majlis/suite.h"
#include "sets.h"

enum { SIM_SECRET_SIZE = 32, SIM_LABEL_SIZE = 16 };

/* What a key is good for. One has one purpose. Bits. */
typedef enum sim_use {
    SIM_USE_DERIVE = 1,
    SIM_USE_MAC = 2,
    SIM_USE_SEAL = 4,
    SIM_USE_AGREE = 8,
    SIM_USE_SIGN = 16
} sim_use;

typedef struct sim_secret {
    mjl_id bytes;
    mjl_id recipe;              /* A hash of all that it was made from. */
    char label[SIM_LABEL_SIZE]; /* As in its derivation; "drawn", "private", "agreed", ... */
    uint32_t from;              /* What it was first derived from; SIM_NONE: it was drawn. */
    uint32_t epoch;             /* The epoch secret it follows from, or is; SIM_NONE. */
    uint32_t uses;
    uint32_t edges;  /* The first that it takes part in; SIM_NONE. */
    uint32_t sealed; /* Where it was sealed in; SIM_NONE. */
    bool is_known;   /* To the adversaries. */
} sim_secret;

typedef struct sim_secrets {
    sim_secret *list;
    size_t count, room;
    struct sim_edge *edges;
    size_t edges_count, edges_room;
    struct sim_wrapping *wrappings;
    size_t wrappings_count, wrappings_room;
    sim_table numbers;  /* By their bytes. */
    sim_table privates; /* By the public key. */
    sim_table sealers;  /* The key, by the tag of what it sealed. */
    sim_table nonces;   /* By key and nonce: what was sealed with them. */
    mjl_id *contents;
    size_t contents_count, contents_room;
    uint64_t *filter; /* Whether any secret may begin with these eight bytes. */
    uint32_t *known;  /* In the order in which they became known. */
    size_t known_count, known_room;
    bool is_deaf;    /* What is sealed now never leaves a member. */
    bool is_plain;   /* Ciphertexts are as their plaintexts: the toy suite's. */
    char fault[128]; /* Two things sealed alike, one key for two purposes, no unique bytes. */
} sim_secrets;

typedef struct sim_secret_recipe {
    const char *label;
    mjl_mls_parts parts; /* All that it is made from. */
    uint32_t inputs[2];  /* The secrets in there; SIM_NONE. */
} sim_secret_recipe;

sim_secrets *sim_secrets_new(void);
void sim_secrets_free(sim_secrets *book); /* NULL is fine. */

/* SIM_NONE: no secret, or nothing but zeros. */
uint32_t sim_secrets_find(const sim_secrets *book, const uint8_t *bytes);
/* Finds it, or enters it as one that was drawn. SIM_NONE: nothing but zeros. */
uint32_t sim_secrets_root(sim_secrets *book, const uint8_t *bytes, const char *label);
uint32_t sim_secrets_derived(sim_secrets *book, const uint8_t *bytes,
                             const sim_secret_recipe *recipe);
/* Another way to it: each of `inputs` alone leads there. */
void sim_secrets_also_from(sim_secrets *book, uint32_t number, uint32_t input);
void sim_secrets_pair(sim_secrets *book, uint32_t private_key, const uint8_t *public_key);
uint32_t sim_secrets_private_of(const sim_secrets *book, const uint8_t *public_key);
void sim_secrets_used(sim_secrets *book, uint32_t number, sim_use use);

typedef struct sim_sealing {
    const uint8_t *key;
    mjl_bytes nonce, aad, text, tag;
} sim_sealing;
/* One nonce of a key seals one thing: `sealed`. */
void sim_secrets_nonce(sim_secrets *book, uint32_t key, mjl_bytes nonce, mjl_mls_parts sealed);
void sim_secrets_sealed(sim_secrets *book, const sim_sealing *sealing);
/* The key that sealed what ends in this tag; SIM_NONE. */
uint32_t sim_secrets_sealer(const sim_secrets *book, mjl_bytes sealed);

/* Calls `found` for each secret that stands in the text without being sealed there. */
void sim_secrets_in(const sim_secrets *book, mjl_bytes text,
                    void (*found)(void *context, uint32_t number), void *context);
/* The adversaries got it, and all that follows. */
void sim_secrets_learn(sim_secrets *book, uint32_t number);

#endif
