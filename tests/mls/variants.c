#include "variants.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "world.h"

static const mjl_bytes nothing = {0};

/* ---- Commits ---- */

void commit_variants_expect(const commit_variant *variants, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        commit_draft draft;
        commit_begin(&draft, &us.alice);
        variants[i].fill(&draft);
        commit_path(&draft, NULL);
        commit_finish(&draft, NULL);
        const mjl_bytes commit = mjl_buffer_bytes(&draft.message);
        const mjl_result bob = world_member_takes(&us.bob, nothing, commit);
        const mjl_result erin = world_member_takes(&us.erin, nothing, commit);
        commit_clear(&draft);
        if (bob != variants[i].expected || erin != bob)
            fail_msg("%s: %s and %s, not %s", variants[i].name, result_name(bob), result_name(erin),
                     result_name(variants[i].expected));
    }
}

void commit_add_person(commit_draft *draft, const person *who, package_edit *edit)
{
    package_draft made;
    mjl_buffer package = {0}, leaf = {0};
    package_draft_begin(&made, who);
    package_draft_write(&made, edit, &package, &leaf);
    commit_add(draft, mjl_buffer_bytes(&package), mjl_buffer_bytes(&leaf));
    mjl_buffer_clear(&package);
    mjl_buffer_clear(&leaf);
}

mjl_result commit_told_to_add(package_edit *edit)
{
    commit_draft draft;
    commit_begin(&draft, &us.alice);
    commit_add_person(&draft, &us.yves, edit);
    commit_path(&draft, NULL);
    commit_finish(&draft, NULL);
    const mjl_bytes commit = mjl_buffer_bytes(&draft.message);
    const mjl_result result = world_member_takes(&us.bob, nothing, commit);
    assert_int_equal(world_member_takes(&us.erin, nothing, commit), result);
    commit_clear(&draft);
    return result;
}

/* ---- Welcomes ---- */

mjl_result welcome_told(void (*edit)(welcome_draft *draft))
{
    welcome_draft draft;
    welcome_begin(&draft);
    if (edit != NULL) edit(&draft);
    welcome_finish(&draft);
    const mjl_result result = world_joiner_takes(mjl_buffer_bytes(&draft.message));
    welcome_clear(&draft);
    return result;
}

void welcome_variants_expect(const welcome_variant *variants, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const mjl_result result = welcome_told(variants[i].edit);
        if (result != variants[i].expected)
            fail_msg("%s: %s, not %s", variants[i].name, result_name(result),
                     result_name(variants[i].expected));
    }
}

void buffer_put(mjl_buffer *to, const void *bytes, size_t size)
{
    assert_int_equal(mjl_buffer_append(to, mjl_bytes_of(bytes, size)), MJL_OK);
}
