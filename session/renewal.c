#include "renewal.h"

#include "profile_state.h"

#include <sodium.h>

static void name(const mjl_profile *profile, mjl_renewal *renewal)
{
    mjl_mls_identity *const identity = &renewal->identity;
    identity->identity = mjl_buffer_bytes(&profile->credential);
    renewal->member =
        mjl_id_member(mjl_bytes_of(identity->signature_key, MJL_MLS_SIGNATURE_KEY_SIZE));
}

mjl_result mjl_renewal_new(const mjl_profile *profile, mjl_renewal **renewal)
{
    mjl_renewal *const made = calloc(1, sizeof *made);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    mjl_drawing drawing;
    const mjl_random random = mjl_draw_for(&drawing, profile->random, "renewed identity");
    const mjl_result result =
        mjl_mls_identity_generate(profile->identity.suite, random, &made->identity);
    if (result != MJL_OK) {
        mjl_renewal_free(made);
        return result;
    }
    name(profile, made);
    *renewal = made;
    return MJL_OK;
}

void mjl_renewal_free(mjl_renewal *renewal)
{
    if (renewal == NULL) return;
    sodium_memzero(renewal, sizeof *renewal);
    free(renewal);
}

void mjl_renewal_pack(mjl_pack *pack, const mjl_renewal *renewal)
{
    mjl_pack_bin(pack, renewal == NULL ? mjl_bytes_of(NULL, 0)
                                       : mjl_bytes_of(renewal->identity.signature_seed,
                                                      MJL_MLS_SIGNATURE_SEED_SIZE));
}

mjl_result mjl_renewal_restore(const mjl_profile *profile, mjl_bytes saved, mjl_renewal **renewal)
{
    *renewal = NULL;
    if (saved.size == 0) return MJL_OK;
    if (saved.size != MJL_MLS_SIGNATURE_SEED_SIZE) return MJL_STORE_DAMAGED;
    mjl_renewal *const made = calloc(1, sizeof *made);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    made->identity.suite = profile->identity.suite;
    memcpy(made->identity.signature_seed, saved.data, saved.size);
    /* libsodium's secret key ends in the public one. */
    crypto_sign_ed25519_sk_to_pk(made->identity.signature_key, made->identity.signature_seed);
    name(profile, made);
    *renewal = made;
    return MJL_OK;
}
