/* What members send, taken apart: with the weak suite nothing of it is hidden. */
#include "letter.h"
#include "party.h"
#include "seeds.h"
#include "weak_suite.h"

#include "commit.h"
#include "commit_header.h"
#include "group_info.h"
#include "majlis/mls.h"
#include "message.h"
#include "policy.h"
#include "session_state.h"
#include "welcome.h"

static void seed_list(const char *target, mjl_bytes contents)
{
    mjl_buffer out = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&out);
    mjl_mls_write_vector(&writer, contents);
    const mjl_result result = mjl_mls_writer_end(&writer);
    assert(result == MJL_OK);
    seed_put(target, mjl_buffer_bytes(&out));
    mjl_buffer_clear(&out);
}

static void seeds_of_leaf(const mjl_mls_leaf_node *leaf)
{
    seed_put("mls_leaf_node", leaf->encoded);
    seed_list("mls_extensions", leaf->extensions);
}

/* ---- Key packages ---- */

static void seeds_of_key_package(mjl_bytes message)
{
    mjl_bytes body, join;
    mjl_mls_key_package package;
    mjl_result result = mjl_mls_message_body(message, MJL_MLS_KEY_PACKAGE, &body);
    if (result == MJL_OK) result = mjl_mls_key_package_parse(body, &package);
    assert(result == MJL_OK);
    seed_put("mls_key_package", body);
    seeds_of_leaf(&package.leaf);
    seed_list("mls_extensions", package.extensions);
    seed_put("identity", package.leaf.credential.identity);
    result = mjl_mls_extensions_find(package.extensions, MJL_EXTENSION_JOIN, &join);
    assert(result == MJL_OK);
    seed_put("join", join);
}

/* ---- Welcomes ---- */

static mjl_bytes without_tag(mjl_bytes sealed)
{
    return mjl_bytes_of(sealed.data, sealed.size - weak_suite()->aead_tag_size);
}

static void seeds_of_welcome(mjl_bytes message)
{
    mjl_mls_welcome welcome;
    mjl_mls_group_info info;
    mjl_mls_encrypted_group_secrets secrets;
    mjl_bytes found;
    mjl_result result = mjl_mls_welcome_parse(message, &welcome);
    assert(result == MJL_OK);
    mjl_mls_reader reader = mjl_mls_reader_of(welcome.secrets);
    mjl_mls_encrypted_group_secrets_read(&reader, &secrets);
    const mjl_bytes plain = without_tag(welcome.encrypted_group_info);
    result = mjl_mls_group_info_parse(plain, &info);
    assert(result == MJL_OK && reader.result == MJL_OK);
    seed_put("mls_welcome", message);
    seed_put("mls_group_secrets", without_tag(secrets.secrets.ciphertext));
    seed_put("mls_group_info", plain);
    seed_list("mls_extensions", info.extensions);
    seed_list("mls_extensions", info.context.extensions);
    result = mjl_mls_extensions_find(info.extensions, MJL_MLS_EXTENSION_RATCHET_TREE, &found);
    if (result == MJL_OK) seed_put("mls_ratchet_tree", found);
    result = mjl_mls_extensions_find(info.extensions, MJL_EXTENSION_ROOT, &found);
    if (result == MJL_OK) seed_put("root", found);
    result = mjl_mls_extensions_find(info.context.extensions, MJL_EXTENSION_POLICY, &found);
    if (result == MJL_OK) seed_put("policy", found);
}

/* ---- Commits ---- */

static void seeds_of_header(const mjl_session *session, const letter *of)
{
    static mjl_commit_header header;
    for (uint32_t i = 0; i < session->branches.count; i++) {
        const mjl_epoch *epoch = &session->branches.epochs[i];
        const mjl_bytes group = mjl_bytes_of(session->group_id, MJL_GROUP_ID_SIZE);
        const mjl_header_seal seal = {epoch->header_key, epoch->tag, group, epoch->number};
        mjl_buffer plain = {0}, array = {0}, whole = {0};
        if (mjl_commit_header_open(mjl_buffer_bytes(&of->authenticated_data), &seal, &plain,
                                   &header) == MJL_OK &&
            mjl_commit_header_encode(&header, group, &array) == MJL_OK) {
            seed_put("header", mjl_buffer_bytes(&array));
            seed_append(&whole, mjl_bytes_of(of->authenticated_data.data,
                                             MJL_BRANCH_TAG_SIZE + MJL_COMMIT_HEADER_NONCE_SIZE));
            seed_append(&whole, mjl_buffer_bytes(&plain));
            seed_put("header_sealed", mjl_buffer_bytes(&whole));
        }
        mjl_buffer_clear(&plain);
        mjl_buffer_clear(&array);
        mjl_buffer_clear(&whole);
    }
}

static void seeds_of_commit(mjl_bytes body)
{
    mjl_mls_commit_view commit;
    const mjl_result result = mjl_mls_commit_parse(body, &commit);
    assert(result == MJL_OK);
    seed_put("mls_commit", body);
    if (commit.has_path) seeds_of_leaf(&commit.path.leaf);
    mjl_mls_reader reader = mjl_mls_reader_of(commit.proposals);
    while (mjl_mls_reader_more(&reader)) {
        mjl_mls_proposal_or_ref item;
        mjl_mls_proposal_or_ref_read(&reader, &item);
        if (!item.is_reference) seed_put("mls_proposal", item.proposal.encoded);
    }
}

/* AuthenticatedContent (§6.1): wire format, FramedContent, signature and tag. */
static void seeds_of_content(const letter *of)
{
    mjl_buffer out = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&out);
    mjl_mls_write_u16(&writer, MJL_MLS_PRIVATE_MESSAGE);
    const mjl_mls_framed_content content = {.group_id = mjl_buffer_bytes(&of->group_id),
                                            .epoch = of->epoch,
                                            .sender = {1, of->leaf},
                                            .authenticated_data =
                                                mjl_buffer_bytes(&of->authenticated_data),
                                            .content_type = of->content_type,
                                            .body = mjl_buffer_bytes(&of->body)};
    mjl_mls_framed_content_write(&writer, &content);
    mjl_mls_write_vector(&writer, mjl_buffer_bytes(&of->signature));
    if (of->content_type == MJL_MLS_COMMIT)
        mjl_mls_write_vector(&writer, mjl_buffer_bytes(&of->tag));
    const mjl_result result = mjl_mls_writer_end(&writer);
    assert(result == MJL_OK);
    seed_put("mls_content", mjl_buffer_bytes(&out));
    mjl_buffer_clear(&out);
}

static void seeds_of_letter(const party *of, const party_packet *packet)
{
    letter read;
    const bool is_one = letter_read(mjl_buffer_bytes(&packet->bytes), &read);
    assert(is_one);
    seeds_of_content(&read);
    const mjl_bytes body = mjl_buffer_bytes(&read.body);
    if (read.content_type == MJL_MLS_COMMIT) {
        seeds_of_commit(body);
        seeds_of_header(party_session(of, packet->from), &read);
    } else {
        mjl_payload payload;
        const mjl_result result = mjl_payload_decode(body, &payload);
        assert(result == MJL_OK);
        seed_put("payload", body);
        seed_put("content", payload.content);
        if (payload.said.type == MJL_TYPE_CONTENT) seed_put("said", payload.said.body);
        if (payload.said.type == MJL_TYPE_FRONTIER) seed_put("frontier", payload.said.body);
        if (payload.said.type == MJL_TYPE_WANT) seed_put("want", payload.said.body);
    }
    letter_clear(&read);
}

static void seeds_of_packets(const party *of)
{
    for (size_t i = 0; i < of->packets_count; i++) {
        const party_packet *packet = &of->packets[i];
        const mjl_bytes bytes = mjl_buffer_bytes(&packet->bytes);
        seed_put("mls_message", bytes);
        switch (packet->kind) {
        case MJL_PACKET_JOIN_REQUEST:
            seeds_of_key_package(bytes);
            break;
        case MJL_PACKET_WELCOME:
            seeds_of_welcome(bytes);
            break;
        case MJL_PACKET_KNOCK:
            seed_put("knock", mjl_bytes_of(bytes.data + 4, bytes.size - 4));
            break;
        default:
            seeds_of_letter(of, packet);
        }
    }
}

static void did(mjl_result result)
{
    assert(result == MJL_OK);
}

/* One says something, one leaves, one is invited, one is sent away: nobody hears of it. */
void seeds_of_messages(void)
{
    party *const of = party_copy(party_gathered(weak_suites()));
    const mjl_say say = {.size = sizeof say, .body = mjl_bytes_text("seed")};
    const mjl_member_id last = mjl_profile_member(of->members[PARTY_MEMBERS - 1].profile);
    const mjl_member_id second = mjl_profile_member(of->members[1].profile);
    mjl_intent intent;
    of->now += 3000;
    party_step_all(of);
    for (size_t i = of->packets_count; i > 0; i--) {
        mjl_verdict verdict;
        party_receive(of, 0, mjl_buffer_bytes(&of->packets[i - 1].bytes), &verdict);
    }
    did(mjl_session_say(party_session(of, 0), of->now, &say, NULL, NULL));
    did(mjl_session_invite(party_session(of, 0), of->now, &last, &intent));
    did(mjl_session_refresh(party_session(of, 1), of->now, &intent));
    did(mjl_session_exclude(party_session(of, 2), of->now, &second, &intent));
    party_step_all(of);
    seeds_of_packets(of);
    for (size_t hour = 0; hour < 12; hour++) { /* Alone, members repeat, ask, and knock. */
        of->now += 60000;
        party_step_all(of);
        seeds_of_packets(of);
        while (of->packets_count > 0)
            party_drop_packet(of, 0);
    }
    party_free(of);
}
