# What is refused, rule by rule: session/mls/RULES.md names these tests.
foreach(name leaf_refusals_test tree_refusals_test join_refusals_test path_refusals_test proposal_refusals_test
        key_package_refusals_test framing_refusals_test point_refusals_test
        encoding_refusals_test external_refusals_test
        continuation_refusals_test damage_refusals_test group_exhaustion_test
        tree_encoding_refusals_test context_refusals_test)
  mls_test(${name})
endforeach()
target_sources(mls_encoding_refusals_test PRIVATE mould.c)
target_sources(mls_leaf_refusals_test PRIVATE leaf_ways.c)
foreach(name group_refusals_test damage_refusals_test group_exhaustion_test)
  target_sources(mls_${name} PRIVATE trio.c)
endforeach()
foreach(name tree_refusals_test tree_encoding_refusals_test)
  target_sources(mls_${name} PRIVATE tree_ways.c)
endforeach()
