/*
 * Every official vector of MLS that is there, in every suite that is built in: one line for each
 * file. See vectors.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "vector_cases.h"

static void nodes_are_related_as_in_the_vectors(void **state)
{
    (void)state;
    vectors_run("tree-math.json", tree_math_passes);
}

static void labelled_functions_answer_as_in_the_vectors(void **state)
{
    (void)state;
    vectors_run("crypto-basics.json", crypto_basics_passes);
}

static void message_keys_are_those_of_the_vectors(void **state)
{
    (void)state;
    vectors_run("secret-tree.json", secret_tree_passes);
}

static void messages_open_as_in_the_vectors(void **state)
{
    (void)state;
    vectors_run("message-protection.json", message_protection_passes);
}

static void epochs_follow_each_other_as_in_the_vectors(void **state)
{
    (void)state;
    vectors_run("key-schedule.json", key_schedule_passes);
}

static void psks_are_chained_as_in_the_vectors(void **state)
{
    (void)state;
    vectors_run("psk_secret.json", psk_secret_passes);
}

static void a_commit_moves_the_transcript_as_in_the_vectors(void **state)
{
    (void)state;
    vectors_run("transcript-hashes.json", transcript_hashes_passes);
}

static void welcomes_open_as_in_the_vectors(void **state)
{
    (void)state;
    vectors_run("welcome.json", welcome_passes);
}

static void proposals_change_trees_as_in_the_vectors(void **state)
{
    (void)state;
    vectors_run("tree-operations.json", tree_operations_passes);
}

static void trees_of_the_vectors_are_valid(void **state)
{
    (void)state;
    vectors_run("tree-validation.json", tree_validation_passes);
}

static void paths_are_made_and_opened_as_in_the_vectors(void **state)
{
    (void)state;
    vectors_run("treekem.json", treekem_passes);
}

static void messages_of_the_vectors_encode_as_they_were(void **state)
{
    (void)state;
    vectors_run("messages.json", messages_passes);
}

static void passive_clients_join(void **state)
{
    (void)state;
    vectors_run("passive-client-welcome.json", passive_client_passes);
}

static void passive_clients_follow_commits(void **state)
{
    (void)state;
    vectors_run("passive-client-handling-commit.json", passive_client_passes);
}

static void passive_clients_follow_a_random_group(void **state)
{
    (void)state;
    vectors_run("passive-client-random.json", passive_client_passes);
}

static void length_headers_are_those_of_the_vectors(void **state)
{
    (void)state;
    vectors_run("deserialization.json", deserialization_passes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_are_related_as_in_the_vectors),
        cmocka_unit_test(labelled_functions_answer_as_in_the_vectors),
        cmocka_unit_test(message_keys_are_those_of_the_vectors),
        cmocka_unit_test(messages_open_as_in_the_vectors),
        cmocka_unit_test(epochs_follow_each_other_as_in_the_vectors),
        cmocka_unit_test(psks_are_chained_as_in_the_vectors),
        cmocka_unit_test(a_commit_moves_the_transcript_as_in_the_vectors),
        cmocka_unit_test(welcomes_open_as_in_the_vectors),
        cmocka_unit_test(proposals_change_trees_as_in_the_vectors),
        cmocka_unit_test(trees_of_the_vectors_are_valid),
        cmocka_unit_test(paths_are_made_and_opened_as_in_the_vectors),
        cmocka_unit_test(messages_of_the_vectors_encode_as_they_were),
        cmocka_unit_test(passive_clients_join),
        cmocka_unit_test(passive_clients_follow_commits),
        cmocka_unit_test(passive_clients_follow_a_random_group),
        cmocka_unit_test(length_headers_are_those_of_the_vectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
