#include "acks_load.h"

#include <stdlib.h>
#include <string.h>

#include "acks.h"
#include "acks_readers.h"
#include "cpu_time.h"
#include "room.h"

enum { SAMPLES = 501 };

typedef struct ack_load {
    mjl_transcript *transcript;
    mjl_acks *acks;
    mjl_acks_changes changes;
    mjl_place_ref last; /* What the next place follows. */
    uint64_t seq, ids;
    uint32_t author, epoch;
} ack_load;

static mjl_id next_id(ack_load *load)
{
    mjl_id id = {{0}};
    load->ids++;
    const uint64_t mixed = load->ids * 0x9e3779b97f4a7c15u;
    memcpy(id.bytes, &mixed, sizeof mixed);
    memcpy(id.bytes + sizeof mixed, &load->ids, sizeof load->ids);
    return id;
}

static uint32_t accept(ack_load *load, uint32_t author, uint64_t seq, uint32_t type,
                       const mjl_place_ref *parent)
{
    mjl_findings findings;
    uint32_t place;
    const mjl_id id = next_id(load);
    const mjl_place_candidate candidate = {.id = id,
                                           .message = id,
                                           .epoch = load->epoch,
                                           .author = author,
                                           .seq = seq,
                                           .type = type,
                                           .parents = parent,
                                           .parents_count = parent == NULL ? 0 : 1};
    room_must(mjl_transcript_check(load->transcript, &candidate, &findings), "check");
    room_must(mjl_transcript_accept(load->transcript, &candidate, &place), "accept");
    load->changes.count = 0;
    room_must(mjl_acks_add(load->acks, load->transcript, place, &load->changes), "add");
    return place;
}

static uint32_t say(ack_load *load)
{
    const mjl_place_ref parent = load->last;
    const uint32_t place = accept(load, load->author, load->seq++, 1, &parent);
    load->last = mjl_transcript_ref(load->transcript, place);
    return place;
}

/* Epoch 0 is ours alone; its commit starts epoch 1 with everybody. */
static void begin(ack_load *load, uint32_t members)
{
    uint32_t *const all = malloc(members * sizeof *all);
    uint32_t self;
    if (all == NULL) room_must(MJL_OUT_OF_MEMORY, "malloc");
    room_must(mjl_transcript_new(&load->transcript), "transcript");
    room_must(mjl_acks_new(0, &load->acks), "acks");
    for (uint32_t i = 0; i < members; i++) {
        const mjl_id id = next_id(load);
        room_must(mjl_transcript_author(load->transcript, &id, &all[i]), "author");
    }
    self = all[0];
    const mjl_epoch_start root = {.branch = next_id(load), .parent = MJL_NONE};
    room_must(mjl_transcript_add_epoch(load->transcript, &root, &load->epoch), "root");
    room_must(mjl_acks_add_roster(load->acks, &self, 1), "roster");
    const uint32_t commit = accept(load, self, 0, MJL_PLACE_COMMIT, NULL);
    load->last = mjl_transcript_ref(load->transcript, commit);
    const mjl_epoch_start full = {.branch = mjl_transcript_place(load->transcript, commit)->id,
                                  .number = 1,
                                  .parent = load->epoch,
                                  .joined = all + 1,
                                  .joined_count = members - 1};
    room_must(mjl_transcript_add_epoch(load->transcript, &full, &load->epoch), "epoch");
    room_must(mjl_acks_add_roster(load->acks, all, members), "roster");
    load->author = all[1];
    free(all);
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double accept_us(ack_load *load)
{
    double samples[SAMPLES];
    for (size_t i = 0; i < SAMPLES; i++) {
        const uint64_t start = cpu_time_ns();
        say(load);
        samples[i] = (double)(cpu_time_ns() - start) / 1000.0;
    }
    qsort(samples, SAMPLES, sizeof samples[0], compare);
    return samples[SAMPLES / 2];
}

acks_load_figures acks_load_measure(uint32_t members, uint32_t unacked)
{
    ack_load load = {0};
    acks_load_figures figures;
    begin(&load, members);
    uint32_t last = say(&load);
    for (uint32_t i = 1; i < unacked; i++) {
        last = say(&load);
        mjl_acks_dirty_clear(load.acks); /* As after each persist. */
    }
    figures.bytes_per_unacked =
        (double)mjl_acks_memory(load.acks) / (double)mjl_acks_unacked_count(load.acks);
    figures.accept_us = accept_us(&load);
    load.changes.count = 0;
    const uint64_t start = cpu_time_ns();
    room_must(mjl_acks_heard(load.acks, load.transcript, last, members - 1, &load.changes),
              "heard");
    figures.heard_us = (double)(cpu_time_ns() - start) / 1000.0;
    mjl_acks_changes_clear(&load.changes);
    mjl_acks_free(load.acks);
    mjl_transcript_free(load.transcript);
    return figures;
}
