#include "tree_ways.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "group.h"
#include "world.h"

/* Yves tries to commit himself in, with a leaf that lists too little: to be told so, he must have
   believed the tree. */
static mjl_result published(void (*edit)(welcome_draft *draft))
{
    welcome_draft draft;
    mjl_buffer message = {0};
    welcome_begin(&draft);
    if (edit != NULL) edit(&draft);
    welcome_publish(&draft, &message);
    const uint16_t extensions[] = {REQUIRED_EXTENSION_TYPE, GROUP_EXTENSION_TYPE};
    const uint16_t proposals[] = {REQUIRED_PROPOSAL_TYPE};
    const mjl_mls_external_commit_config config = {.identity = &us.yves.identity,
                                                   .capabilities = {.extensions = extensions,
                                                                    .extensions_count = 2,
                                                                    .proposals = proposals,
                                                                    .proposals_count = 1}};
    mjl_mls_candidate candidate;
    const mjl_result result =
        mjl_mls_external_commit(mjl_buffer_bytes(&message), &config, dice_random(), &candidate);
    mjl_mls_candidate_clear(&candidate);
    welcome_clear(&draft);
    mjl_buffer_clear(&message);
    return result;
}

void tree_variants_expect(const welcome_variant *variants, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const mjl_result expected = variants[i].expected, zoe = welcome_told(variants[i].edit),
                         yves = published(variants[i].edit);
        const bool is_a_tree = expected == MJL_OK || expected == MJL_NOT_IN_THE_TREE;
        if (zoe != expected || yves != (is_a_tree ? MJL_REQUIRED_CREDENTIAL : expected))
            fail_msg("%s: %s and %s, not %s", variants[i].name, result_name(zoe), result_name(yves),
                     result_name(expected));
    }
}
