/* The bad sync tool is as bad as the demo says, and no worse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "demo_link.h"

enum { FILES_COUNT = 400, FOLDERS_COUNT = 3, PATH_SIZE = 256, LATER_MS = 10000 };

struct world {
    char root[PATH_SIZE / 2];
    struct demo_links *links;
};

static void path_of(const struct world *world, int folder, const char *name, char out[PATH_SIZE])
{
    snprintf(out, PATH_SIZE, "%s/%d/%s", world->root, folder, name);
}

static void name_file(int from, int counter, char out[64])
{
    snprintf(out, 64, "%016x%08x-%016x.mjl", (unsigned)from, 0x70000000U, (unsigned)counter);
}

static void write_file(const struct world *world, int from, int counter)
{
    char name[64], path[PATH_SIZE];
    name_file(from, counter, name);
    path_of(world, from, name, path);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fprintf(file, "%d", counter);
    fclose(file);
}

static int count_files(const struct world *world, int folder)
{
    char path[PATH_SIZE];
    int count = 0;
    path_of(world, folder, "", path);
    DIR *list = opendir(path);
    assert_non_null(list);
    for (const struct dirent *entry; (entry = readdir(list)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(list);
    return count;
}

static int make_world(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    char path[PATH_SIZE];
    const char *parent = getenv("TMPDIR");
    snprintf(world->root, sizeof world->root, "%.80s/majlis-links-XXXXXX",
             parent == NULL ? "/tmp" : parent);
    assert_non_null(mkdtemp(world->root));
    world->links = demo_links_new(7);
    for (int i = 0; i < FOLDERS_COUNT; i++) {
        path_of(world, i, "", path);
        assert_int_equal(mkdir(path, S_IRWXU), 0);
        assert_true(demo_links_add(world->links, path));
    }
    *state = world;
    return 0;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

static int remove_world(void **state)
{
    struct world *world = *state;
    nftw(world->root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    demo_links_free(world->links);
    free(world);
    return 0;
}

static void write_many(const struct world *world)
{
    for (int i = 0; i < FILES_COUNT; i++)
        write_file(world, 0, i);
    assert_true(demo_links_run(world->links, 0));
    assert_true(demo_links_run(world->links, LATER_MS));
    assert_true(demo_links_is_idle(world->links));
}

static void it_loses_no_more_than_its_bound(void **state)
{
    const struct world *world = *state;
    write_many(world);
    const demo_link_counts counts = demo_links_get_counts(world->links);
    assert_int_equal(counts.written, FILES_COUNT);
    assert_int_equal(counts.lost, (FOLDERS_COUNT - 1) * DEMO_LINK_LOSSES_MAX);
    assert_true(counts.twice > FILES_COUNT * 2 / 10 && counts.twice < FILES_COUNT * 2 * 3 / 10);
    assert_true(counts.late > FILES_COUNT * 2 / 5 && counts.late < FILES_COUNT * 2 * 2 / 5);
}

static void what_comes_twice_comes_under_two_names(void **state)
{
    const struct world *world = *state;
    write_many(world);
    const demo_link_counts counts = demo_links_get_counts(world->links);
    assert_int_equal(count_files(world, 1) + count_files(world, 2), counts.brought);
    assert_int_equal(counts.brought, 2 * FILES_COUNT - counts.lost + counts.twice);
}

static void what_it_brought_it_does_not_bring_on(void **state)
{
    const struct world *world = *state;
    write_many(world);
    const uint64_t brought = demo_links_get_counts(world->links).brought;
    assert_true(demo_links_run(world->links, 2 * LATER_MS));
    assert_true(demo_links_run(world->links, 3 * LATER_MS));
    assert_int_equal(demo_links_get_counts(world->links).brought, brought);
    assert_int_equal(demo_links_get_counts(world->links).written, FILES_COUNT);
    assert_int_equal(demo_links_brought_to(world->links, 0), 0);
}

static void who_is_fed_gets_everything_also_what_was_lost(void **state)
{
    const struct world *world = *state;
    write_many(world);
    demo_links_feed(world->links, 1);
    for (int i = 0; i < FILES_COUNT; i++)
        write_file(world, 2, i);
    assert_true(demo_links_run(world->links, 2 * LATER_MS));
    assert_true(demo_links_run(world->links, 3 * LATER_MS));
    for (int from = 0; from <= 2; from += 2) {
        for (int i = 0; i < FILES_COUNT; i++) {
            char name[64], path[PATH_SIZE];
            struct stat status;
            name_file(from, i, name);
            path_of(world, 1, name, path);
            assert_int_equal(stat(path, &status), 0);
        }
    }
}

static void a_folder_that_goes_is_told(void **state)
{
    const struct world *world = *state;
    char path[PATH_SIZE];
    path_of(world, 2, "", path);
    nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    assert_false(demo_links_run(world->links, 0));
}

#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, make_world, remove_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_WORLD(it_loses_no_more_than_its_bound),
        IN_A_WORLD(what_comes_twice_comes_under_two_names),
        IN_A_WORLD(what_it_brought_it_does_not_bring_on),
        IN_A_WORLD(who_is_fed_gets_everything_also_what_was_lost),
        IN_A_WORLD(a_folder_that_goes_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
