#define _GNU_SOURCE
/*
 * When memory runs out anywhere in the story: the call says so, nothing leaks, the profile goes on
 * or has closed itself and can be opened again, and the story ends as it does with memory enough.
 *
 * Of the allocations those are chosen that differ in the calls that lead to them; of these a few by
 * default. tests/allocation.sh takes more:
 *   MAJLIS_ALLOCATION_FIRST=N MAJLIS_ALLOCATION_STRIDE=K    the N-th (from 0), then every K-th
 *   MAJLIS_ALLOCATION_ALL=1                                 of all, not of those chosen
 */
#include "../toy/toy_suite.h"
#include "allocation.h"
#include "story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <unistd.h>

enum {
    LARGE_SIZE = 300 << 10, /* Five parts. */
    SAMPLES = 36            /* Of each kind, by default. */
};

static const uint8_t keys[STORY_MEMBERS][MJL_STORE_SEALING_KEY_SIZE] = {{1}, {2}, {3}};

typedef struct failing {
    bool is_once;                      /* Else memory is back when the call was refused. */
    const char *folder;                /* NULL: memory disks. */
    bool had_failed;                   /* Before the present call. */
    size_t refused, closed, unnoticed; /* Over all stories. */
} failing;

/* ---- Around the library's calls ---- */

static void enter(void *context, uint32_t member)
{
    failing *const how = context;
    (void)member;
    how->had_failed = allocation_has_failed();
    allocation_hold(false);
}

static void leave(void *context, uint32_t member)
{
    (void)context, (void)member;
    allocation_hold(true);
}

/* No call hides that memory failed it: the one in which it failed says so. As long as there is no
 * memory, nothing opens and nothing crashes. */
static void open_in_vain(story *told, uint32_t member)
{
    mjl_profile *const before = told->members[member].profile;
    if (before != NULL) return;
    allocation_hold(false);
    const mjl_result result = story_open_once(told, member);
    allocation_hold(true);
    assert_int_equal(result, MJL_OUT_OF_MEMORY);
}

static void refused(void *context, story *told, uint32_t member, bool is_closed)
{
    failing *const how = context;
    how->refused++;
    how->closed += is_closed;
    /* An earlier call may have done without: with all of them failing, and where SQLite cannot tidy
       up behind a transaction; then the next one finds the store closed for writing. */
    const bool may_be_late = !how->is_once || how->folder != NULL;
    assert_true(allocation_has_failed() && (may_be_late || !how->had_failed));
    if (!how->is_once) open_in_vain(told, member);
    assert_true(allocation_failed());
    allocation_hold(true);
}

/* ---- The stories ---- */

static char *tell(failing *how)
{
    const story_teller teller = {.context = how,
                                 .suites = &toy_suites,
                                 .fill = story_chance,
                                 .folder = how->folder,
                                 .large_size = LARGE_SIZE,
                                 .room_secret = mjl_bytes_text("the secret of the room"),
                                 .store_keys = keys,
                                 .enter = enter,
                                 .leave = leave,
                                 .refused = refused};
    allocation_hold(true);
    return story_tell(&teller);
}

static size_t number_of(const char *name, size_t otherwise)
{
    const char *const text = getenv(name);
    return text == NULL ? otherwise : strtoul(text, NULL, 10);
}

static void begin_failing(const failing *how, size_t n)
{
    if (how->is_once)
        allocation_fail_once_after(n);
    else
        allocation_fail_after(n);
}

static void survives(failing *how, size_t n, const char *expected)
{
    const size_t live = allocation_live();
    const size_t refused_before = how->refused;
    begin_failing(how, n);
    char *const end = tell(how);
    assert_true(allocation_failed());
    if (how->refused == refused_before) {
        how->unnoticed++;
        if (getenv("MAJLIS_VERBOSE") != NULL) print_message("allocation %zu is not needed\n", n);
    }
    if (strcmp(end, expected) != 0) fail_msg("without the allocation %zu it ends:\n%s", n, end);
    free(end);
    if (allocation_live() != live) {
        fail_msg("without the allocation %zu there are %zu blocks, not %zu", n, allocation_live(),
                 live);
    }
}

/* ---- Which allocations ---- */

typedef struct chosen {
    size_t *list; /* Ascending. */
    size_t count, all;
} chosen;

typedef struct reached {
    uint64_t path;
    size_t n;
} reached;

static int compare_reached(const void *a, const void *b)
{
    const reached *left = a;
    const reached *right = b;
    if (left->path != right->path) return left->path < right->path ? -1 : 1;
    return (left->n > right->n) - (left->n < right->n);
}

static int compare_sizes(const void *a, const void *b)
{
    const size_t left = *(const size_t *)a;
    const size_t right = *(const size_t *)b;
    return (left > right) - (left < right);
}

/* The first and the last that is reached by the same calls: the others are like them. */
static void choose_by_path(const uint64_t *paths, chosen *of)
{
    reached *const each = malloc(of->all * sizeof *each);
    assert_non_null(each);
    for (size_t n = 0; n < of->all; n++)
        each[n] = (reached){paths[n], n};
    qsort(each, of->all, sizeof *each, compare_reached);
    for (size_t i = 0; i < of->all; i++) {
        const bool is_first = i == 0 || each[i - 1].path != each[i].path;
        const bool is_last = i + 1 == of->all || each[i + 1].path != each[i].path;
        if (is_first || is_last) of->list[of->count++] = each[i].n;
    }
    free(each);
    qsort(of->list, of->count, sizeof *of->list, compare_sizes);
}

enum { ALLOCATIONS_MAX = 1 << 20 };

/* Tells the story once, with memory enough. */
static chosen choose(failing *how, char **end)
{
    chosen of = {0};
    uint64_t *const paths = calloc(ALLOCATIONS_MAX, sizeof *paths);
    assert_non_null(paths);
    free(tell(how)); /* SQLite keeps what it allocates when it is used first. */
    begin_failing(how, SIZE_MAX);
    allocation_note_paths(paths, ALLOCATIONS_MAX);
    *end = tell(how);
    allocation_note_paths(NULL, 0);
    of.all = allocation_count();
    allocation_failed();
    assert_true(of.all < ALLOCATIONS_MAX);
    of.list = calloc(of.all, sizeof *of.list);
    assert_non_null(of.list);
    if (getenv("MAJLIS_ALLOCATION_ALL") == NULL) {
        choose_by_path(paths, &of);
    } else {
        for (size_t n = 0; n < of.all; n++)
            of.list[of.count++] = n;
    }
    free(paths);
    return of;
}

static void any_allocation(failing *how)
{
    char *expected;
    chosen of = choose(how, &expected);
    const size_t stride = number_of("MAJLIS_ALLOCATION_STRIDE", of.count / SAMPLES + 1);
    size_t told = 0;
    for (size_t i = number_of("MAJLIS_ALLOCATION_FIRST", stride / 2); i < of.count; i += stride) {
        if (getenv("MAJLIS_VERBOSE") != NULL) print_message("allocation %zu\n", of.list[i]);
        survives(how, of.list[i], expected);
        told++;
    }
    print_message("%zu allocations, chosen %zu, failed %zu%s: %zu calls refused, %zu profiles "
                  "closed, %zu made no difference\n",
                  of.all, of.count, told, how->is_once ? " alone" : " and all behind", how->refused,
                  how->closed, how->unnoticed);
    assert_true(told > 0);
    free(of.list);
    free(expected);
}

static void an_allocation_that_fails_changes_no_end(void **state)
{
    (void)state;
    failing how = {.is_once = true};
    any_allocation(&how);
}

static void memory_that_is_gone_for_a_while_changes_no_end(void **state)
{
    (void)state;
    failing how = {.is_once = false};
    any_allocation(&how);
}

/* ---- SQLite, whose own allocations fail as well ---- */

static void *sqlite_malloc(int size)
{
    size_t *const block = allocation_grant((size_t)size) ? malloc((size_t)size + 16) : NULL;
    if (block == NULL) return NULL;
    *block = (size_t)size;
    return block + 2;
}

static void sqlite_free(void *block)
{
    if (block != NULL) free((size_t *)block - 2);
}

static void *sqlite_realloc(void *old, int size)
{
    if (!allocation_grant((size_t)size)) return NULL;
    size_t *const block = realloc((size_t *)old - 2, (size_t)size + 16);
    if (block == NULL) return NULL;
    *block = (size_t)size;
    return block + 2;
}

static int sqlite_size(void *block)
{
    return (int)((size_t *)block)[-2];
}

static int sqlite_roundup(int size)
{
    return (size + 7) & ~7;
}

static int sqlite_init(void *ignored)
{
    (void)ignored;
    return SQLITE_OK;
}

static void sqlite_shutdown(void *ignored)
{
    (void)ignored;
}

static int remove_folder(void **state)
{
    char command[STORY_PATH_SIZE + 16];
    const char *const folder = *state;
    for (uint32_t i = 0; i < STORY_MEMBERS; i++) {
        snprintf(command, sizeof command, "%s/%u.majlis", folder, i);
        unlink(command);
    }
    rmdir(folder);
    free(*state);
    return 0;
}

static int make_folder(void **state)
{
    static const sqlite3_mem_methods methods = {
        sqlite_malloc,  sqlite_free, sqlite_realloc,  sqlite_size,
        sqlite_roundup, sqlite_init, sqlite_shutdown, NULL};
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK) return -1;
    /* In memory where there is such a folder: each step waits for the disk several times. */
    const char *const temporary = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : getenv("TMPDIR");
    char *const folder = malloc(STORY_PATH_SIZE - 32);
    if (folder == NULL) return -1;
    snprintf(folder, STORY_PATH_SIZE - 32, "%s/majlis-memory-XXXXXX",
             temporary == NULL ? "/tmp" : temporary);
    *state = folder;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static void an_allocation_that_fails_with_sqlite_changes_no_end(void **state)
{
    failing how = {.is_once = true, .folder = *state};
    any_allocation(&how);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_allocation_that_fails_changes_no_end),
        cmocka_unit_test(memory_that_is_gone_for_a_while_changes_no_end),
        cmocka_unit_test_setup_teardown(an_allocation_that_fails_with_sqlite_changes_no_end,
                                        make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
