#include "secrets.h"

#include "toy_mix.h"

#include <stdio.h>

enum { TAG_SIZE = 16, FILTER_BITS = 22, WORD_BITS = 64, WORD_SHIFT = 6 };

typedef struct sim_edge { /* Whoever has both inputs has the outcome. */
    uint32_t out;
    uint32_t inputs[2]; /* The second may be SIM_NONE. */
    uint32_t next[2];   /* Edge in the list of that input. */
} sim_edge;

typedef struct sim_wrapping { /* Where a secret stands in something sealed. */
    uint32_t next;
    size_t before_tag; /* So many bytes before the tag it begins. */
    uint8_t tag[TAG_SIZE];
} sim_wrapping;

sim_secrets *sim_secrets_new(void)
{
    sim_secrets *const made = sim_zeroed(1, sizeof *made);
    made->filter = sim_zeroed((size_t)1 << (FILTER_BITS - WORD_SHIFT), sizeof *made->filter);
    return made;
}

void sim_secrets_free(sim_secrets *book)
{
    if (book == NULL) return;
    sim_table_clear(&book->numbers);
    sim_table_clear(&book->privates);
    sim_table_clear(&book->sealers);
    sim_table_clear(&book->nonces);
    free(book->contents);
    free(book->filter);
    free(book->known);
    free(book->edges);
    free(book->wrappings);
    free(book->list);
    free(book);
}

/* ---- Entries ---- */

static mjl_id id_of(const uint8_t *bytes, size_t size)
{
    mjl_id made = {{0}};
    memcpy(made.bytes, bytes, size);
    return made;
}

static uint64_t *filter_word(const sim_secrets *book, const uint8_t *bytes, uint64_t *bit)
{
    uint64_t first;
    memcpy(&first, bytes, sizeof first);
    const uint64_t spread = first * UINT64_C(0x9e3779b97f4a7c15) >> (WORD_BITS - FILTER_BITS);
    *bit = UINT64_C(1) << (spread % WORD_BITS);
    return &book->filter[spread / WORD_BITS];
}

static bool is_zero(const uint8_t *bytes)
{
    static const uint8_t zeros[SIM_SECRET_SIZE];
    return memcmp(bytes, zeros, sizeof zeros) == 0;
}

uint32_t sim_secrets_find(const sim_secrets *book, const uint8_t *bytes)
{
    uint64_t bit;
    if ((*filter_word(book, bytes, &bit) & bit) == 0) return SIM_NONE;
    const mjl_id key = id_of(bytes, SIM_SECRET_SIZE);
    return sim_table_find(&book->numbers, &key);
}

static uint32_t enter(sim_secrets *book, const uint8_t *bytes, const char *label)
{
    uint64_t bit;
    uint64_t *const word = filter_word(book, bytes, &bit);
    *word |= bit;
    book->list = sim_grown(book->list, book->count, &book->room, sizeof *book->list);
    const uint32_t number = (uint32_t)book->count++;
    sim_secret *const made = &book->list[number];
    *made = (sim_secret){.bytes = id_of(bytes, SIM_SECRET_SIZE)};
    made->from = made->epoch = made->edges = made->sealed = SIM_NONE;
    snprintf(made->label, sizeof made->label, "%s", label);
    sim_table_put(&book->numbers, &made->bytes, number);
    return number;
}

uint32_t sim_secrets_root(sim_secrets *book, const uint8_t *bytes, const char *label)
{
    const uint32_t found = sim_secrets_find(book, bytes);
    if (found != SIM_NONE || is_zero(bytes)) return found;
    return enter(book, bytes, label);
}

/* ---- Edges, and what follows ---- */

static bool is_known(const sim_secrets *book, uint32_t number)
{
    return number == SIM_NONE || book->list[number].is_known;
}

static void become_known(sim_secrets *book, uint32_t number)
{
    if (book->list[number].is_known) return;
    book->list[number].is_known = true;
    book->known = sim_grown(book->known, book->known_count, &book->known_room, sizeof *book->known);
    book->known[book->known_count++] = number;
}

static void fire(sim_secrets *book, const sim_edge *edge)
{
    if (is_known(book, edge->inputs[0]) && is_known(book, edge->inputs[1])) {
        become_known(book, edge->out);
    }
}

/* From the one that is newly known at `from` on; what follows from it is appended meanwhile. */
static void close_from(sim_secrets *book, size_t from)
{
    for (size_t i = from; i < book->known_count; i++) {
        const uint32_t input = book->known[i];
        uint32_t at = book->list[input].edges;
        while (at != SIM_NONE) {
            const sim_edge *const edge = &book->edges[at];
            fire(book, edge);
            at = edge->next[edge->inputs[0] == input ? 0 : 1];
        }
    }
}

void sim_secrets_learn(sim_secrets *book, uint32_t number)
{
    const size_t before = book->known_count;
    become_known(book, number);
    close_from(book, before);
}

/* One that needs nothing else. */
static bool has_edge(const sim_secrets *book, uint32_t input, uint32_t out)
{
    for (uint32_t at = book->list[input].edges; at != SIM_NONE;) {
        const sim_edge *const edge = &book->edges[at];
        if (edge->out == out && edge->inputs[1] == SIM_NONE) return true;
        at = edge->next[edge->inputs[0] == input ? 0 : 1];
    }
    return false;
}

static void add_edge(sim_secrets *book, uint32_t a, uint32_t b, uint32_t out)
{
    const uint32_t inputs[2] = {a, b == a ? (uint32_t)SIM_NONE : b};
    book->edges = sim_grown(book->edges, book->edges_count, &book->edges_room, sizeof *book->edges);
    const uint32_t number = (uint32_t)book->edges_count++;
    sim_edge *const edge = &book->edges[number];
    *edge = (sim_edge){.out = out, .inputs = {inputs[0], inputs[1]}, .next = {SIM_NONE, SIM_NONE}};
    for (size_t i = 0; i < 2; i++) {
        if (inputs[i] == SIM_NONE) continue;
        edge->next[i] = book->list[inputs[i]].edges;
        book->list[inputs[i]].edges = number;
    }
    const size_t before = book->known_count;
    fire(book, edge);
    close_from(book, before);
}

/* The first epoch's secret is drawn (RFC 9420 section 11); the first that follows names it. */
static void become_epoch(sim_secret *drawn, uint32_t number)
{
    if (drawn->epoch == number) return;
    snprintf(drawn->label, sizeof drawn->label, "epoch");
    drawn->epoch = number;
}

static void inherit(sim_secrets *book, uint32_t number, uint32_t from)
{
    sim_secret *const made = &book->list[number];
    made->from = from;
    if (strcmp(made->label, "sender data") == 0 && from != SIM_NONE) {
        become_epoch(&book->list[from], from);
    }
    if (strcmp(made->label, "epoch") == 0) {
        made->epoch = number;
    } else if (from != SIM_NONE) {
        made->epoch = book->list[from].epoch;
    }
}

uint32_t sim_secrets_derived(sim_secrets *book, const uint8_t *bytes,
                             const sim_secret_recipe *recipe)
{
    static const uint8_t salt[SIM_SECRET_SIZE] = "recipe";
    mjl_id made_from;
    if (is_zero(bytes)) return SIM_NONE;
    toy_mix(mjl_bytes_of(salt, sizeof salt), recipe->parts, 2, made_from.bytes);
    uint32_t number = sim_secrets_find(book, bytes);
    if (number != SIM_NONE) {
        const sim_secret *const found = &book->list[number];
        if (memcmp(&found->recipe, &made_from, sizeof made_from) != 0) {
            snprintf(book->fault, sizeof book->fault, "\"%s\" and \"%s\" have the same bytes",
                     found->label, recipe->label);
        }
        return number;
    }
    number = enter(book, bytes, recipe->label);
    book->list[number].recipe = made_from;
    const uint32_t *const inputs = recipe->inputs;
    const uint32_t first = inputs[0] != SIM_NONE ? inputs[0] : inputs[1];
    inherit(book, number, first);
    if (first != SIM_NONE) {
        add_edge(book, first, inputs[0] != SIM_NONE ? inputs[1] : (uint32_t)SIM_NONE, number);
    }
    return number;
}

void sim_secrets_also_from(sim_secrets *book, uint32_t number, uint32_t input)
{
    if (number == SIM_NONE || input == SIM_NONE) return;
    if (!has_edge(book, input, number)) add_edge(book, input, SIM_NONE, number);
}

/* ---- Key pairs and purposes ---- */

void sim_secrets_pair(sim_secrets *book, uint32_t private_key, const uint8_t *public_key)
{
    if (private_key == SIM_NONE) return;
    const mjl_id key = id_of(public_key, SIM_SECRET_SIZE);
    sim_table_put(&book->privates, &key, private_key);
}

uint32_t sim_secrets_private_of(const sim_secrets *book, const uint8_t *public_key)
{
    const mjl_id key = id_of(public_key, SIM_SECRET_SIZE);
    return sim_table_find(&book->privates, &key);
}

void sim_secrets_used(sim_secrets *book, uint32_t number, sim_use use)
{
    if (number == SIM_NONE) return;
    sim_secret *const secret = &book->list[number];
    secret->uses |= use;
    if ((secret->uses & (secret->uses - 1)) == 0) return;
    snprintf(book->fault, sizeof book->fault, "the key \"%s\" serves two purposes (%x)",
             secret->label, (unsigned)secret->uses);
}

/* ---- Sealing ---- */

typedef struct wrapping_up {
    sim_secrets *book;
    const sim_sealing *sealing;
    uint32_t key;
    size_t at;
} wrapping_up;

static bool is_wrapped_here(const sim_secrets *book, uint32_t number, mjl_bytes text, size_t at)
{
    for (uint32_t i = book->list[number].sealed; i != SIM_NONE; i = book->wrappings[i].next) {
        const sim_wrapping *const wrapping = &book->wrappings[i];
        if (text.size - at < wrapping->before_tag + TAG_SIZE) continue;
        if (memcmp(text.data + at + wrapping->before_tag, wrapping->tag, TAG_SIZE) == 0)
            return true;
    }
    return false;
}

/* The next secret at or behind `*at`, which then is its place; SIM_NONE. */
static uint32_t next_in(const sim_secrets *book, mjl_bytes text, size_t *at)
{
    for (; *at + SIM_SECRET_SIZE <= text.size; ++*at) {
        uint64_t bit;
        if ((*filter_word(book, text.data + *at, &bit) & bit) == 0) continue;
        const mjl_id key = id_of(text.data + *at, SIM_SECRET_SIZE);
        const uint32_t number = sim_table_find(&book->numbers, &key);
        if (number != SIM_NONE && !is_wrapped_here(book, number, text, *at)) return number;
    }
    return SIM_NONE;
}

void sim_secrets_in(const sim_secrets *book, mjl_bytes text,
                    void (*found)(void *context, uint32_t number), void *context)
{
    size_t at = 0;
    for (uint32_t number; (number = next_in(book, text, &at)) != SIM_NONE; at += SIM_SECRET_SIZE)
        found(context, number);
}

static void wrap(sim_secrets *book, uint32_t number, const sim_sealing *sealing, size_t at)
{
    book->wrappings = sim_grown(book->wrappings, book->wrappings_count, &book->wrappings_room,
                                sizeof *book->wrappings);
    sim_wrapping *const made = &book->wrappings[book->wrappings_count];
    made->next = book->list[number].sealed;
    made->before_tag = sealing->text.size - at;
    memcpy(made->tag, sealing->tag.data, TAG_SIZE);
    book->list[number].sealed = (uint32_t)book->wrappings_count++;
}

/* Sender data has its key and nonce from a sample of the ciphertext (RFC 9420 section 6.3.2), and
   what is no cipher gives equal samples to texts that begin alike. */
static bool is_sampled(const sim_secrets *book, const sim_secret *key)
{
    return book->is_plain && key->from != SIM_NONE &&
           strcmp(book->list[key->from].label, "sender data") == 0;
}

void sim_secrets_nonce(sim_secrets *book, uint32_t key, mjl_bytes nonce, mjl_mls_parts sealed)
{
    const sim_secret *const secret = &book->list[key];
    if (book->is_deaf || is_sampled(book, secret)) return;
    const mjl_bytes used[] = {mjl_bytes_of(secret->bytes.bytes, SIM_SECRET_SIZE), nonce};
    mjl_id with, what;
    toy_mix(mjl_bytes_of(NULL, 0), (mjl_mls_parts){used, 2}, 3, with.bytes);
    toy_mix(mjl_bytes_of(NULL, 0), sealed, 3, what.bytes);
    const uint32_t before = sim_table_find(&book->nonces, &with);
    if (before == SIM_NONE) {
        sim_table_put(&book->nonces, &with, (uint32_t)book->contents_count);
        book->contents = sim_grown(book->contents, book->contents_count, &book->contents_room,
                                   sizeof *book->contents);
        book->contents[book->contents_count++] = what;
    } else if (memcmp(&book->contents[before], &what, sizeof what) != 0) {
        snprintf(book->fault, sizeof book->fault,
                 "one nonce of the key \"%s\" of \"%s\" seals two different things", secret->label,
                 secret->from == SIM_NONE ? "drawn" : book->list[secret->from].label);
    }
}

void sim_secrets_sealed(sim_secrets *book, const sim_sealing *sealing)
{
    const uint32_t key = sim_secrets_root(book, sealing->key, "key");
    if (key == SIM_NONE) return;
    sim_secrets_used(book, key, SIM_USE_SEAL);
    size_t at = 0;
    for (uint32_t number; (number = next_in(book, sealing->text, &at)) != SIM_NONE;
         at += SIM_SECRET_SIZE) {
        wrap(book, number, sealing, at);
        if (number != key && !has_edge(book, key, number)) add_edge(book, key, SIM_NONE, number);
    }
    if (book->is_deaf) return;
    const mjl_id tag = id_of(sealing->tag.data, TAG_SIZE);
    sim_table_put(&book->sealers, &tag, key);
    const mjl_bytes sealed[] = {sealing->aad, sealing->text};
    sim_secrets_nonce(book, key, sealing->nonce, (mjl_mls_parts){sealed, 2});
}

uint32_t sim_secrets_sealer(const sim_secrets *book, mjl_bytes sealed)
{
    if (sealed.size < TAG_SIZE) return SIM_NONE;
    const mjl_id tag = id_of(sealed.data + sealed.size - TAG_SIZE, TAG_SIZE);
    return sim_table_find(&book->sealers, &tag);
}
