/* The session's other values: headers of commits, what stands in MLS's extensions, knocks. */
#include "fuzz.h"
#include "weak_suite.h"

#include "commit_header.h"
#include "knock.h"
#include "padding.h"
#include "policy.h"
#include "room.h"

#include <sodium.h>

static const uint8_t group_id[32] = {0x67}, header_key[MJL_COMMIT_HEADER_KEY_SIZE] = {0x4b};

static mjl_bytes group(void)
{
    return mjl_bytes_of(group_id, sizeof group_id);
}

static void written_again(mjl_result result, mjl_bytes input, mjl_buffer *out)
{
    assert(result == MJL_OK);
    fuzz_same(input, out);
}

static void run_header(mjl_bytes input)
{
    static mjl_commit_header header;
    mjl_buffer out = {0};
    memset(&header, 0xa5, sizeof header);
    if (mjl_commit_header_decode(input, group(), &header) != MJL_OK) return;
    written_again(mjl_commit_header_encode(&header, group(), &out), input, &out);
}

enum { TAG_AND_NONCE = MJL_BRANCH_TAG_SIZE + MJL_COMMIT_HEADER_NONCE_SIZE };

/* The input is tag, nonce and what is sealed; it is sealed here. */
static void run_sealed_header(mjl_bytes input)
{
    static mjl_commit_header header;
    if (input.size < TAG_AND_NONCE) {
        const mjl_header_seal none = {header_key, input.data, group(), 2};
        mjl_buffer plain = {0};
        fuzz_defined(mjl_commit_header_open(input, &none, &plain, &header));
        mjl_buffer_clear(&plain);
        return;
    }
    const mjl_header_seal seal = {header_key, input.data, group(), 2};
    uint8_t bound[MJL_BRANCH_TAG_SIZE + 4 + sizeof group_id + 8] = {0};
    memcpy(bound, input.data, MJL_BRANCH_TAG_SIZE);
    bound[MJL_BRANCH_TAG_SIZE + 3] = sizeof group_id;
    memcpy(bound + MJL_BRANCH_TAG_SIZE + 4, group_id, sizeof group_id);
    bound[sizeof bound - 1] = 2;
    mjl_buffer sealed = {0}, plain = {0}, again = {0};
    mjl_result result = mjl_buffer_append(&sealed, mjl_bytes_of(input.data, TAG_AND_NONCE));
    if (result == MJL_OK) result = mjl_buffer_reserve(&sealed, input.size);
    assert(result == MJL_OK);
    unsigned long long size;
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        sealed.data + TAG_AND_NONCE, &size, input.data + TAG_AND_NONCE, input.size - TAG_AND_NONCE,
        bound, sizeof bound, NULL, input.data + MJL_BRANCH_TAG_SIZE, header_key);
    sealed.size = TAG_AND_NONCE + (size_t)size;
    result = mjl_commit_header_open(mjl_buffer_bytes(&sealed), &seal, &plain, &header);
    fuzz_defined(result);
    assert(result != MJL_CANNOT_OPEN);
    if (result == MJL_OK) {
        result = mjl_commit_header_seal(&header, &seal, input.data + MJL_BRANCH_TAG_SIZE, &again);
        assert(result == MJL_OK &&
               mjl_bytes_equal(mjl_buffer_bytes(&sealed), mjl_buffer_bytes(&again)));
    }
    mjl_buffer_clear(&sealed);
    mjl_buffer_clear(&plain);
    mjl_buffer_clear(&again);
}

static void run_policy(mjl_bytes input)
{
    static mjl_policy policy;
    mjl_buffer out = {0};
    memset(&policy, 0xa5, sizeof policy);
    if (mjl_policy_decode(input, &policy) != MJL_OK) return;
    written_again(mjl_policy_encode(&policy, &out), input, &out);
}

/* A MAC is made when it is written: whose MAC differs is compared without. */
static void same_but_mac(mjl_bytes input, mjl_bytes mac, mjl_buffer *out)
{
    assert(out->size == input.size && input.size >= mac.size);
    memcpy(out->data + out->size - mac.size, input.data + input.size - mac.size, mac.size);
    fuzz_same(input, out);
}

static mjl_room_key key_for(mjl_bytes mac)
{
    const mjl_room_key key = {.is_open = mac.size == 0};
    return key;
}

static void run_join(mjl_bytes input)
{
    mjl_room_join join;
    mjl_buffer out = {0};
    if (mjl_room_join_decode(input, &join) != MJL_OK) return;
    const mjl_room_key key = key_for(join.mac);
    const mjl_result result = mjl_room_join_encode(&key, join.room_name, group(), group(), &out);
    assert(result == MJL_OK);
    same_but_mac(input, join.mac, &out);
    fuzz_defined(mjl_room_join_verify(&key, &join, group(), group()));
}

static void run_root(mjl_bytes input)
{
    static mjl_room_root root;
    mjl_buffer out = {0};
    memset(&root, 0xa5, sizeof root);
    if (mjl_room_root_decode(input, &root) != MJL_OK) return;
    const mjl_room_key key = key_for(root.mac);
    const mjl_bytes room = mjl_bytes_text("tea");
    const mjl_result result = mjl_room_root_encode(&root, &key, room, group(), &out);
    assert(result == MJL_OK);
    same_but_mac(input, root.mac, &out);
    fuzz_defined(mjl_room_root_verify(&key, &root, room, group()));
}

static void run_identity(mjl_bytes input)
{
    mjl_names names;
    mjl_buffer out = {0};
    if (mjl_identity_decode(input, &names) != MJL_OK) return;
    written_again(mjl_identity_encode(names.user_id, names.display_name, &out), input, &out);
}

/* Signature and MAC are made when it is written: the fields before them are compared. */
static void run_knock(mjl_bytes input)
{
    static mjl_knock knock;
    static const uint8_t seed[MJL_MLS_SIGNATURE_SEED_SIZE_MAX], key[MJL_KNOCK_KEY_SIZE];
    mjl_buffer out = {0};
    memset(&knock, 0xa5, sizeof knock);
    if (mjl_knock_decode(input, &knock) != MJL_OK) return;
    fuzz_defined(mjl_knock_check_mac(&knock, key));
    fuzz_defined(mjl_knock_check_signature(&knock, weak_suite(), group()));
    const mjl_result result = mjl_knock_encode(&knock, weak_suite(), seed, key, &out);
    assert(result == MJL_OK && out.size == 4 + input.size);
    const size_t compared = 1 + knock.signed_fields.size;
    assert(memcmp(out.data + 4, input.data, compared) == 0);
    mjl_buffer_clear(&out);
}

enum { INPUT_MAX = 8192 };

static const fuzz_target targets[] = {
    {.name = "header", .run = run_header, .input_max = INPUT_MAX},
    {.name = "header_sealed", .run = run_sealed_header, .input_max = INPUT_MAX},
    {.name = "policy", .run = run_policy, .input_max = INPUT_MAX},
    {.name = "join", .run = run_join, .input_max = 512},
    {.name = "root", .run = run_root, .input_max = INPUT_MAX},
    {.name = "identity", .run = run_identity, .input_max = 512},
    {.name = "knock", .run = run_knock, .input_max = 2 * INPUT_MAX + 64}};

const fuzz_family fuzz_session = {"session_messages", targets, sizeof targets / sizeof targets[0]};
