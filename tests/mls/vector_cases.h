/*
 * Whether one case of each official file passes: what mls_vectors runs over all of them. Each file
 * vectors_*.c holds some; the order here is that of test-vectors.md.
 */
#ifndef MJL_TESTS_MLS_VECTOR_CASES_H
#define MJL_TESTS_MLS_VECTOR_CASES_H

#include "vectors.h"

vectors_case tree_math_passes;
vectors_case crypto_basics_passes;
vectors_case secret_tree_passes;
vectors_case message_protection_passes;
vectors_case key_schedule_passes;
vectors_case psk_secret_passes;
vectors_case transcript_hashes_passes;
vectors_case welcome_passes;
vectors_case tree_operations_passes;
vectors_case tree_validation_passes;
vectors_case treekem_passes;
vectors_case messages_passes;
vectors_case passive_client_passes; /* Three files. */
vectors_case deserialization_passes;

#endif
