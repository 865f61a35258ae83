/*
 * A simulated disk: the records of one store, each transaction whole or not at all, with faults
 * that are told to it beforehand and with hands that damage what it holds.
 *
 *     profile ── apply ──> [ fault? ] ──> records ──copy──> a snapshot, a shadow, a clone's disk
 *
 * The store's contract is one atomic durable transaction, so a torn write is a crash before or
 * after the whole of it. Copies share their values.
 */
#ifndef SIM_DISK_H
#define SIM_DISK_H

#include "chance.h"
#include "majlis/store.h"

typedef enum sim_disk_fault {
    SIM_DISK_SOUND = 0,
    SIM_DISK_CRASH_BEFORE, /* The machine stops before anything of it is written. */
    SIM_DISK_CRASH_AFTER,  /* All of it is durable, but nobody is told. */
    SIM_DISK_FULL,
    SIM_DISK_IO_ERROR
} sim_disk_fault;

typedef enum sim_disk_damage {
    SIM_DAMAGE_BIT = 1, /* One bit of one record. */
    SIM_DAMAGE_TRUNCATE,
    SIM_DAMAGE_DROP,
    SIM_DAMAGE_SWAP, /* Two records' values. */
    SIM_DAMAGE_OLD,  /* One record as it was in an earlier snapshot. */
    SIM_DAMAGE_KINDS
} sim_disk_damage;

typedef struct sim_disk sim_disk;

sim_disk *sim_disk_new(void);
sim_disk *sim_disk_copy(const sim_disk *disk);
void sim_disk_free(sim_disk *disk); /* NULL is fine. Stores on it must be closed. */
/* The disk outlives the stores opened on it. */
mjl_result sim_disk_open(sim_disk *disk, mjl_store **store);

/* The apply after `count` more ones meets the fault, once. */
void sim_disk_fail(sim_disk *disk, uint64_t count, sim_disk_fault fault);
/* The next loading stops with an error after so many records, once: a crash while recovering.
   UINT64_MAX: it does not. */
void sim_disk_fail_load(sim_disk *disk, uint64_t count);
/* Which fault the last apply met; SOUND if none. */
sim_disk_fault sim_disk_met(const sim_disk *disk);
uint64_t sim_disk_applies(const sim_disk *disk);
size_t sim_disk_records(const sim_disk *disk);

/* From now on it is known which secrets (secrets.h) stand in its records, in constant time. */
void sim_disk_watch(sim_disk *disk);
bool sim_disk_holds(const sim_disk *disk, uint32_t secret);
/* What was written since it was watched, or since `forget`; some twice, some gone again. */
const uint32_t *sim_disk_fresh(const sim_disk *disk, size_t *count);
void sim_disk_forget_fresh(sim_disk *disk);
/* All that stand in it, watched or not, with the kind of record. */
void sim_disk_secrets(const sim_disk *disk,
                      void (*visit)(void *context, uint32_t secret, uint16_t kind), void *context);

/* False if there was nothing to damage. `old` is for SIM_DAMAGE_OLD alone. */
bool sim_disk_damage_one(sim_disk *disk, sim_chance *chance, sim_disk_damage how,
                         const sim_disk *old);

#endif
