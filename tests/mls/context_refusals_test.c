/*
 * What a group may ask of all its members (RFC 9420 §11.1, §12.1.7, §13.4): extensions of its
 * context that all support, required capabilities that all list. Members are asked by a proposal,
 * joiners by the GroupInfo of a Welcome.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "group.h"
#include "variants.h"
#include "world.h"

/* ---- To members: a proposal that replaces them (§12.1.7) ---- */

#define EXTENSIONS(name, text)                                                                     \
    static void name(commit_draft *draft)                                                          \
    {                                                                                              \
        commit_put_extensions(draft, mjl_bytes_of(text, sizeof(text) - 1));                        \
    }
EXTENSIONS(extensions_none, "")
EXTENSIONS(extensions_required, "\0\3\x9\2\xF0\1\2\xF0\2\2\xF0\3")
EXTENSIONS(extensions_unknown, "\xF0\7\0")
EXTENSIONS(extensions_grease, "\x1A\x1A\0")
EXTENSIONS(extensions_same_twice, "\xF0\4\0\xF0\4\0")
EXTENSIONS(extensions_cut, "\xF0\4\2x")
EXTENSIONS(requires_extension, "\0\3\5\2\xF0\7\0\0")
EXTENSIONS(requires_proposal, "\0\3\5\0\2\xF0\7\0")
EXTENSIONS(requires_credential, "\0\3\5\0\0\2\xF0\7")
EXTENSIONS(requirements_cut, "\0\3\2\0\0")
EXTENSIONS(requirements_odd, "\0\3\4\1\0\0\0")
EXTENSIONS(requirements_trailing, "\0\3\4\0\0\0\0")
static void extensions_replaced_twice(commit_draft *draft)
{
    extensions_none(draft);
    extensions_none(draft);
}
/* A newcomer is measured by the new list, those who leave are not. */
static void requires_more_of_a_newcomer(commit_draft *draft)
{
    requires_extension(draft);
    commit_add_person(draft, &us.yves, NULL);
}

static void extensions_are_replaced_once_by_what_all_know(void **state)
{
    (void)state;
    static const commit_variant variants[] = {
        {"none", extensions_none, MJL_OK},
        {"what all list", extensions_required, MJL_OK},
        {"twice", extensions_replaced_twice, MJL_CONTEXT_EXTENSIONS_TWICE},
        {"unknown", extensions_unknown, MJL_GROUP_EXTENSION},
        {"GREASE", extensions_grease, MJL_GROUP_EXTENSION},
        {"one type twice", extensions_same_twice, MJL_EXTENSION_TWICE},
        {"cut", extensions_cut, MJL_TRUNCATED},
        {"a required extension", requires_extension, MJL_REQUIRED_EXTENSION},
        {"a required proposal", requires_proposal, MJL_REQUIRED_PROPOSAL},
        {"a required credential", requires_credential, MJL_REQUIRED_CREDENTIAL},
        {"of a newcomer", requires_more_of_a_newcomer, MJL_REQUIRED_EXTENSION},
        {"requirements cut", requirements_cut, MJL_TRUNCATED},
        {"an odd list", requirements_odd, MJL_TRUNCATED},
        {"requirements with more behind", requirements_trailing, MJL_TRAILING},
    };
    commit_variants_expect(variants, sizeof variants / sizeof *variants);
}

/* ---- To joiners: the context as it is ---- */

static mjl_buffer changed_extensions;

static void extensions_change(welcome_draft *draft, const void *more, size_t size)
{
    mjl_buffer_clear(&changed_extensions);
    buffer_put(&changed_extensions, draft->context.extensions.data, draft->context.extensions.size);
    buffer_put(&changed_extensions, more, size);
    draft->context.extensions = mjl_buffer_bytes(&changed_extensions);
}
static void group_extension_unknown(welcome_draft *draft)
{
    extensions_change(draft, "\xF0\7\0", 3);
}
static void group_extension_grease(welcome_draft *draft)
{
    extensions_change(draft, "\x0A\x0A\0", 3);
}
static void group_extension_twice(welcome_draft *draft)
{
    extensions_change(draft, "\xF0\4\0", 3);
}
static void group_extension_cut(welcome_draft *draft)
{
    extensions_change(draft, "\0\5\1", 3);
}
static void group_requires(welcome_draft *draft, const void *capabilities, size_t size)
{
    mjl_buffer_clear(&changed_extensions);
    buffer_put(&changed_extensions, "\0\3", 2);
    const uint8_t length = (uint8_t)size;
    buffer_put(&changed_extensions, &length, 1);
    buffer_put(&changed_extensions, capabilities, size);
    draft->context.extensions = mjl_buffer_bytes(&changed_extensions);
}
static void group_requires_extension(welcome_draft *draft)
{
    group_requires(draft, "\2\xF0\7\0\0", 5);
}
static void group_requires_proposal(welcome_draft *draft)
{
    group_requires(draft, "\0\2\xF0\7\0", 5);
}
static void group_requires_credential(welcome_draft *draft)
{
    group_requires(draft, "\0\0\2\xF0\7", 5);
}
static void requires_defaults(welcome_draft *draft)
{
    group_requires(draft, "\4\0\1\0\5\4\0\1\0\7\2\0\1", 13);
}
static void group_requirements_cut(welcome_draft *draft)
{
    group_requires(draft, "\0\0", 2);
}
static void group_requirements_trailing(welcome_draft *draft)
{
    group_requires(draft, "\0\0\0\0", 4);
}

static void group_asks_for_no_more_than_all_leaves_list(void **state)
{
    (void)state;
    static const welcome_variant variants[] = {
        {"defaults", requires_defaults, MJL_OK},
        {"an extension", group_extension_unknown, MJL_GROUP_EXTENSION},
        {"GREASE", group_extension_grease, MJL_GROUP_EXTENSION},
        {"an extension twice", group_extension_twice, MJL_EXTENSION_TWICE},
        {"cut", group_extension_cut, MJL_TRUNCATED},
        {"a required extension", group_requires_extension, MJL_REQUIRED_EXTENSION},
        {"a required proposal", group_requires_proposal, MJL_REQUIRED_PROPOSAL},
        {"a required credential", group_requires_credential, MJL_REQUIRED_CREDENTIAL},
        {"requirements cut", group_requirements_cut, MJL_TRUNCATED},
        {"requirements with more behind", group_requirements_trailing, MJL_TRAILING},
    };
    welcome_variants_expect(variants, sizeof variants / sizeof *variants);
    mjl_buffer_clear(&changed_extensions);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_meet, world_part)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(extensions_are_replaced_once_by_what_all_know),
        TEST(group_asks_for_no_more_than_all_leaves_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
