#include "oracles.h"

const sim_oracle *const sim_oracles[] = {
    &sim_oracle_results,  &sim_oracle_check,   &sim_oracle_once,    &sim_oracle_author_order,
    &sim_oracle_causal,   &sim_oracle_acks,    &sim_oracle_durable, &sim_oracle_one_ciphertext,
    &sim_oracle_refusal,  &sim_oracle_ledger,  &sim_oracle_accused, &sim_oracle_quiet,
    &sim_oracle_warnings, &sim_oracle_timers,  &sim_oracle_copies,  &sim_oracle_amplify,
    &sim_oracle_bounds,   &sim_oracle_removal, &sim_oracle_wake,    NULL,
};
