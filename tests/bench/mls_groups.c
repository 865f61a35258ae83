/*
 * Groups of N: create, join, refresh (fresh and warm), add, remove, a second sibling epoch, and
 * the bytes of it all. A path's unavoidable work is counted on the very tree it is made on.
 */
#include <malloc.h>
#include <stdlib.h>

#include "key_package.h"
#include "mls_report.h"
#include "mls_samples.h"
#include "mls_scenarios.h"
#include "tree_encoding.h"
#include "update_path.h"

static const double TARGET_UP_TO = 1000; /* Members that the ratios are promised for. */

typedef struct mls_scene {
    const mls_primitives *primitives;
    const mls_member *members;
    uint32_t count;
    uint32_t rounds;
} mls_scene;

static void report(const mls_scene *scene, const char *op, const mls_samples *samples,
                   const mls_counts *counts, size_t bytes, double target)
{
    const mls_row row = {.op = op,
                         .n = scene->count,
                         .us = samples_median(samples),
                         .floor_us = mls_floor_us(scene->primitives, counts),
                         .bytes = (double)bytes,
                         .target = scene->count <= TARGET_UP_TO ? target : 0};
    mls_report(&row);
}

static void report_bytes(const mls_scene *scene, const char *op, double us, size_t bytes,
                         size_t bytes_floor, double target)
{
    const mls_row row = {.op = op,
                         .n = scene->count,
                         .us = us,
                         .bytes = (double)bytes,
                         .bytes_floor = (double)bytes_floor,
                         .target = scene->count == TARGET_UP_TO ? target : 0};
    mls_report(&row);
}

static size_t memory_in_use(void)
{
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static size_t encoded_tree_size(const mjl_mls_group *group)
{
    mjl_buffer encoded = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&encoded);
    mjl_mls_ratchet_tree_write(&writer, &group->tree);
    must(mjl_mls_writer_end(&writer), "tree");
    const size_t size = encoded.size;
    mjl_buffer_clear(&encoded);
    return size;
}

static size_t saved_size(const mls_side *side)
{
    mjl_buffer group = {0}, ratchets = {0};
    must(mjl_mls_group_save(side->group, &group), "save");
    must(mjl_mls_ratchets_save(side->ratchets, &ratchets), "save");
    const size_t size = group.size + ratchets.size;
    mjl_buffer_clear(&group);
    mjl_buffer_clear(&ratchets);
    return size;
}

/* ---- What a path costs at least ---- */

/* Key pairs of the path and one seal for each node of each copath resolution. */
static mls_counts path_counts(const mjl_mls_ratchet_tree *tree, uint32_t committer)
{
    const mjl_mls_filtered_path path = mjl_mls_filtered_path_of(tree, committer);
    const mjl_mls_leaf_list nobody = {NULL, 0};
    mls_counts counts = {.keygen = path.count + 1U}; /* The leaf's too. */
    for (uint8_t i = 0; i < path.count; i++) {
        mjl_mls_resolution recipients;
        must(mjl_mls_update_path_recipients(tree, committer, path.level[i], nobody, &recipients),
             "recipients");
        counts.dh += recipients.count;
        mjl_mls_resolution_clear(&recipients);
    }
    counts.keygen += counts.dh; /* An ephemeral key for each. */
    counts.short_aeads = counts.dh;
    return counts;
}

/* One opened secret, and the key pairs from the common ancestor up (§7.5: to be compared). */
static mls_counts path_open_counts(const mjl_mls_ratchet_tree *tree, uint32_t committer,
                                   uint32_t receiver)
{
    const mjl_mls_filtered_path path = mjl_mls_filtered_path_of(tree, committer);
    const uint8_t level = mjl_mls_common_ancestor_level(committer, receiver);
    mls_counts counts = {.dh = 1, .short_aeads = 1};
    for (uint8_t i = 0; i < path.count; i++)
        if (path.level[i] >= level) counts.keygen++;
    return counts;
}

/* Framing: signed, sealed, sender data sealed. */
static void count_message_sent(mls_counts *counts, size_t bytes)
{
    counts->signs++;
    counts->signed_bytes += bytes;
    counts->short_aeads++;
    counts->aead_bytes += bytes;
}

static void count_message_opened(mls_counts *counts, size_t bytes)
{
    counts->verifies++;
    counts->verified_bytes += bytes;
    counts->short_aeads++;
    counts->aead_bytes += bytes;
}

/* For each newcomer: key package and leaf verified, secrets sealed; the GroupInfo signed and
   sealed once. */
static void count_welcome(mls_counts *counts, uint32_t newcomers, size_t bytes)
{
    counts->verifies += 2 * (uint64_t)newcomers;
    counts->dh += newcomers;
    counts->keygen += newcomers;
    counts->short_aeads += newcomers;
    counts->signs++;
    counts->signed_bytes += bytes;
    counts->aead_bytes += bytes;
}

/* ---- Steps ---- */

static mjl_mls_candidate commit(const mls_side *side, const mjl_mls_commit_config *wanted,
                                mls_samples *samples)
{
    mjl_mls_candidate candidate;
    mjl_mls_commit_config config = *wanted;
    config.identity = &side->member->identity;
    samples_begin(samples);
    must(mjl_mls_commit(side->group, side->ratchets, &config, chance, &candidate), "commit");
    samples_end(samples, 1);
    return candidate;
}

/* From the packet to the new epoch. */
static mjl_mls_candidate stage(const mls_side *side, const mjl_buffer *message,
                               mls_samples *samples)
{
    mjl_mls_candidate candidate;
    mjl_mls_opened *opened;
    samples_begin(samples);
    must(mjl_mls_open(side->group, side->ratchets, mjl_buffer_bytes(message), &opened), "open");
    must(mjl_mls_stage(side->group, opened, &side->member->identity, NULL, &candidate), "stage");
    must(mjl_mls_consume(side->ratchets, opened), "consume");
    mjl_mls_opened_free(opened);
    samples_end(samples, 1);
    return candidate;
}

/* ---- Create and join ---- */

static mjl_bytes *key_packages_of(const mls_scene *scene)
{
    mjl_bytes *packages = calloc(scene->count, sizeof *packages);
    if (packages == NULL) must(MJL_OUT_OF_MEMORY, "calloc");
    for (uint32_t i = 1; i < scene->count; i++)
        packages[i - 1] = mjl_buffer_bytes(&scene->members[i].key_package);
    return packages;
}

/* The bytes of a Welcome that are the GroupInfo's: about those of the tree. */
static mjl_mls_candidate measure_create(const mls_scene *scene)
{
    mls_samples samples = {.count = 0};
    mjl_bytes *packages = key_packages_of(scene);
    const mjl_mls_commit_config config = {.identity = &scene->members[0].identity,
                                          .add_key_packages = packages,
                                          .add_count = scene->count - 1};
    mjl_mls_candidate candidate = {0};
    for (uint32_t i = 0; i < scene->rounds; i++) {
        mjl_mls_candidate_clear(&candidate);
        samples_begin(&samples);
        mls_side first = side_create(&scene->members[0]);
        must(mjl_mls_commit(first.group, first.ratchets, &config, chance, &candidate), "create");
        samples_end(&samples, 1);
        side_clear(&first);
    }
    free(packages);
    mls_counts counts = {.keygen = 1, .signs = 1}; /* The first leaf. */
    count_welcome(&counts, scene->count - 1, encoded_tree_size(candidate.group));
    count_message_sent(&counts, candidate.commit.size);
    report(scene, "create", &samples, &counts, candidate.commit.size + candidate.welcome.size, 1.4);
    return candidate;
}

static mls_side measure_join(const mls_scene *scene, const char *op, const mls_member *member,
                             const mjl_mls_candidate *invitation)
{
    mls_samples samples = {.count = 0};
    mls_side joined = {0};
    for (uint32_t i = 0; i < scene->rounds; i++) {
        side_clear(&joined);
        samples_begin(&samples);
        joined = side_join(member, mjl_buffer_bytes(&invitation->welcome));
        samples_end(&samples, 1);
    }
    const size_t tree_size = encoded_tree_size(joined.group);
    const uint32_t leaves = mjl_mls_group_member_count(joined.group);
    const mls_counts counts = {.dh = 1,
                               .short_aeads = 1,
                               .aead_bytes = tree_size,
                               .verifies = leaves + 1U, /* All leaves, and the GroupInfo. */
                               .verified_bytes = 2 * tree_size};
    report(scene, op, &samples, &counts, invitation->welcome.size, 1.4);
    return joined;
}

/* ---- Refresh ---- */

typedef struct refresh_names {
    const char *committer, *near, *far;
    double committer_target, receiver_target;
} refresh_names;

/* Everybody's counterpart gets the same commits: `near` shares all parents with the committer,
   `far` the root alone. */
static void measure_refresh(const mls_scene *scene, const mls_side *committer, const mls_side *near,
                            const mls_side *far, const refresh_names *names)
{
    mls_samples commits = {.count = 0}, nears = {.count = 0}, fars = {.count = 0};
    const mjl_mls_commit_config config = {.force_path = true};
    size_t bytes = 0;
    for (uint32_t i = 0; i < scene->rounds; i++) {
        mjl_mls_candidate made = commit(committer, &config, &commits);
        bytes = made.commit.size;
        mjl_mls_candidate seen = stage(near, &made.commit, &nears);
        mjl_mls_candidate_clear(&seen);
        seen = stage(far, &made.commit, &fars);
        mjl_mls_candidate_clear(&seen);
        mjl_mls_candidate_clear(&made);
    }
    const mjl_mls_ratchet_tree *tree = &committer->group->tree;
    mls_counts counts = path_counts(tree, 0);
    counts.signs++; /* The leaf. */
    count_message_sent(&counts, bytes);
    report(scene, names->committer, &commits, &counts, bytes, names->committer_target);
    counts = path_open_counts(tree, 0, near->group->own_leaf);
    counts.verifies++;
    count_message_opened(&counts, bytes);
    report(scene, names->near, &nears, &counts, bytes, names->receiver_target);
    counts = path_open_counts(tree, 0, far->group->own_leaf);
    counts.verifies++;
    count_message_opened(&counts, bytes);
    report(scene, names->far, &fars, &counts, bytes, names->receiver_target);
}

/* ---- Add and remove ---- */

static void measure_add(const mls_scene *scene, const mls_side *committer, const mls_side *receiver)
{
    mls_samples commits = {.count = 0}, stages = {.count = 0};
    const mjl_bytes added = mjl_buffer_bytes(&scene->members[scene->count].key_package);
    const mjl_mls_commit_config config = {.add_key_packages = &added, .add_count = 1};
    mjl_mls_candidate made = {0};
    for (uint32_t i = 0; i < scene->rounds; i++) {
        mjl_mls_candidate_clear(&made);
        made = commit(committer, &config, &commits);
        mjl_mls_candidate seen = stage(receiver, &made.commit, &stages);
        mjl_mls_candidate_clear(&seen);
    }
    mls_counts counts = {0};
    count_welcome(&counts, 1, encoded_tree_size(made.group));
    count_message_sent(&counts, made.commit.size);
    report(scene, "add_committer", &commits, &counts, made.commit.size + made.welcome.size, 2);
    counts = (mls_counts){.verifies = 2};
    count_message_opened(&counts, made.commit.size);
    report(scene, "add_receiver", &stages, &counts, made.commit.size, 2);
    mls_side joined = measure_join(scene, "join_warm", &scene->members[scene->count], &made);
    side_clear(&joined);
    mjl_mls_candidate_clear(&made);
}

static void measure_remove(const mls_scene *scene, const mls_side *committer,
                           const mls_side *receiver)
{
    mls_samples commits = {.count = 0}, stages = {.count = 0};
    const uint32_t leaf = scene->count - 1;
    const mjl_mls_commit_config config = {.remove_leaves = &leaf, .remove_count = 1};
    size_t bytes = 0;
    for (uint32_t i = 0; i < scene->rounds; i++) {
        mjl_mls_candidate made = commit(committer, &config, &commits);
        bytes = made.commit.size;
        if (receiver->group->own_leaf != leaf) {
            mjl_mls_candidate seen = stage(receiver, &made.commit, &stages);
            mjl_mls_candidate_clear(&seen);
        }
        mjl_mls_candidate_clear(&made);
    }
    mjl_mls_ratchet_tree tree = mjl_mls_ratchet_tree_share(&committer->group->tree);
    must(mjl_mls_ratchet_tree_blank_path(&tree, leaf, MJL_MLS_TREE_BLANK_LEAF), "remove");
    mjl_mls_ratchet_tree_truncate(&tree);
    mls_counts counts = path_counts(&tree, 0);
    counts.signs++;
    count_message_sent(&counts, bytes);
    report(scene, "remove_committer", &commits, &counts, bytes, 1.6);
    if (stages.count != 0) {
        counts = path_open_counts(&tree, 0, receiver->group->own_leaf);
        counts.verifies++;
        count_message_opened(&counts, bytes);
        report(scene, "remove_receiver", &stages, &counts, bytes, 1.6);
    }
    mjl_mls_ratchet_tree_clear(&tree);
}

/* ---- Bytes ---- */

/* A state made from its saved form shares with nobody. */
static size_t measure_state(const mls_scene *scene, const char *memory_op, const char *saved_op,
                            const mls_side *side)
{
    mjl_buffer group_saved = {0}, ratchets_saved = {0};
    must(mjl_mls_group_save(side->group, &group_saved), "save");
    must(mjl_mls_ratchets_save(side->ratchets, &ratchets_saved), "save");
    const mjl_mls_group *group;
    mjl_mls_ratchets *ratchets;
    mls_samples loads = {.count = 0};
    const size_t before = memory_in_use();
    samples_begin(&loads);
    must(mjl_mls_group_load(mjl_buffer_bytes(&group_saved), NULL, &group), "load");
    must(mjl_mls_ratchets_load(mjl_buffer_bytes(&ratchets_saved), NULL, &ratchets), "load");
    samples_end(&loads, 1);
    const size_t used = memory_in_use() - before;
    const size_t tree_size = encoded_tree_size(group);
    report_bytes(scene, memory_op, 0, used, tree_size, 1.5);
    report_bytes(scene, saved_op, samples_median(&loads), saved_size(side), tree_size, 1.5);
    mjl_mls_group_release(group);
    mjl_mls_ratchets_free(ratchets);
    mjl_buffer_clear(&group_saved);
    mjl_buffer_clear(&ratchets_saved);
    return used;
}

/* Two commits on one epoch, both followed: what the second costs beyond the first. */
static void measure_sibling(const mls_scene *scene, const mls_side *committer,
                            const mls_side *receiver, size_t state_size)
{
    mls_samples ignored = {.count = 0}, stages = {.count = 0};
    const mjl_mls_commit_config config = {.force_path = true};
    mjl_mls_candidate first = commit(committer, &config, &ignored);
    mjl_mls_candidate second = commit(committer, &config, &ignored);
    mjl_mls_candidate one = stage(receiver, &first.commit, &ignored);
    const size_t before = memory_in_use();
    mjl_mls_candidate other = stage(receiver, &second.commit, &stages);
    report_bytes(scene, "second_sibling_epoch", samples_median(&stages), memory_in_use() - before,
                 state_size, 0.08);
    mjl_mls_candidate_clear(&one);
    mjl_mls_candidate_clear(&other);
    mjl_mls_candidate_clear(&first);
    mjl_mls_candidate_clear(&second);
}

/* ---- All of them ---- */

static void measure_warm(const mls_scene *scene, const mjl_mls_group *fresh)
{
    static const refresh_names names = {"refresh_warm_committer", "refresh_warm_near",
                                        "refresh_warm_far", 1.5, 2};
    warm_group warm;
    warm_group_make(scene->members, scene->count, fresh, &warm);
    mls_side committer = warm_group_side(&warm, 0), near = warm_group_side(&warm, 1),
             far = warm_group_side(&warm, scene->count - 1);
    measure_refresh(scene, &committer, &near, &far, &names);
    measure_add(scene, &committer, &near);
    measure_remove(scene, &committer, &near);
    const size_t state_size = measure_state(scene, "memory_warm", "saved_warm", &near);
    measure_sibling(scene, &committer, &near, state_size);
    side_clear(&committer);
    side_clear(&near);
    side_clear(&far);
    warm_group_clear(&warm);
}

void mls_measure_groups(const mls_primitives *primitives, const mls_member *members, uint32_t count)
{
    static const refresh_names names = {"refresh_fresh_committer", "refresh_fresh_near",
                                        "refresh_fresh_far", 1.2, 2};
    const mls_scene scene = {primitives, members, count, count <= 100 ? 31 : count <= 1000 ? 7 : 3};
    const mls_scene fast = {primitives, members, count, count <= 1000 ? 31 : 7};
    mjl_mls_candidate created = measure_create(&scene);
    const mls_side first = {&members[0], created.group, created.ratchets};
    mls_side near = side_join(&members[1], mjl_buffer_bytes(&created.welcome));
    mls_side far = measure_join(&scene, "join", &members[count - 1], &created);
    measure_refresh(&scene, &first, &near, &far, &names);
    measure_state(&scene, "memory_fresh", "saved_fresh", &far);
    measure_warm(&fast, created.group);
    side_clear(&near);
    side_clear(&far);
    mjl_mls_candidate_clear(&created);
}
