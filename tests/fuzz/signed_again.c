/*
 * What a member would say that holds its keys and keeps no rule. Members of the weak suite talk and
 * change their group; their packets are kept back, altered where a script says so (the bytes, the
 * payload, a commit, its header, a knock, a statement), and handed to the others, to whom they are
 * signed, tagged and encrypted as they should be.
 *
 *      each two bytes: [ operation ][ who ], then what the operation wants
 *
 * Oracle: the party's own, and what was refused left the state as it was.
 */
#include "letter.h"
#include "members.h"
#include "party.h"
#include "weak_suite.h"

#include "accept.h"
#include "knock.h"
#include "send.h"

#include <sodium.h>
#include <stdio.h>

enum { OPERATIONS_MAX = 20, PLACES_MAX = 6 };

typedef struct play {
    party *party;
    fuzz_script script;
    uint32_t who;
} play;

/* ---- What the others make of it ---- */

/* What any packet brings about, be it refused: rooms look what has changed since the last one. */
static void look_around(party *of, uint32_t who)
{
    mjl_session *const session = party_session(of, who);
    if (session == NULL || session->branches.count == 0) return;
    mjl_result result = mjl_accept_ready(session);
    if (result == MJL_OK) result = mjl_session_settle(session);
    if (result == MJL_OK) result = mjl_wanting_look(session);
    assert(result == MJL_OK);
    session->profile->is_changed = session->is_touched = true;
}

static mjl_id state_of(party *of, uint32_t who)
{
    mjl_id hash;
    look_around(of, who);
    /* The second one keeps that packets were sent and events settled. */
    const bool stepped = party_step(of, who);
    const bool again = party_step(of, who);
    const mjl_result result = mjl_profile_state_hash(of->members[who].profile, &hash);
    assert(stepped && again && result == MJL_OK);
    return hash;
}

/* Two places at one point are refused and kept as evidence. */
static bool leaves_no_trace(const mjl_verdict *verdict)
{
    switch (verdict->kind) {
    case MJL_VERDICT_REJECTED:
        return verdict->why != MJL_EQUIVOCATION;
    case MJL_VERDICT_TOO_OLD:
    case MJL_VERDICT_NOT_FOR_US:
        return true;
    default:
        return false;
    }
}

static void hand_to(play *in, uint32_t who, mjl_bytes packet)
{
    mjl_verdict verdict;
    party *const of = in->party;
    if (of->members[who].profile == NULL) return;
    const mjl_id before = state_of(of, who);
    if (!party_receive(of, who, packet, &verdict)) return;
    const bool is_traceless = leaves_no_trace(&verdict);
    const mjl_id after = state_of(of, who);
    if (!is_traceless || memcmp(&before, &after, sizeof before) == 0) return;
    fprintf(stderr, "%s (%s), and the state is another\n", mjl_verdict_name(verdict.kind),
            mjl_result_name(verdict.why));
    abort();
}

static void hand_to_others(play *in, uint32_t from, mjl_bytes packet)
{
    for (uint32_t i = 0; i < PARTY_MEMBERS; i++) {
        if (i != from) hand_to(in, i, packet);
    }
}

/* ---- Honest doings, kept back ---- */

/* Who cannot say anything now. */
static mjl_session *speaker(play *in)
{
    mjl_session *const session = party_session(in->party, in->who);
    return session != NULL && mjl_session_may_send(session) ? session : NULL;
}

static void change_group(play *in)
{
    mjl_session *const session = speaker(in);
    const uint8_t how = fuzz_take(&in->script);
    const mjl_member_id whom = mjl_profile_member(in->party->members[how >> 2 & 3].profile);
    mjl_intent intent;
    if (session == NULL) return;
    switch (how & 3) {
    case 0:
        fuzz_defined(mjl_session_refresh(session, in->party->now, &intent));
        break;
    case 1:
        fuzz_defined(mjl_session_invite(session, in->party->now, &whom, &intent));
        break;
    case 2:
        fuzz_defined(mjl_session_exclude(session, in->party->now, &whom, &intent));
        break;
    default:
        fuzz_defined(mjl_session_leave(session, in->party->now));
    }
    party_step(in->party, in->who);
}

/* A content of any type, honestly placed. */
static void say_anything(play *in)
{
    mjl_session *const session = speaker(in);
    mjl_buffer content = {0};
    mjl_message_id id;
    uint32_t place;
    const uint8_t type = fuzz_take(&in->script);
    const mjl_bytes body = fuzz_take_bytes(&in->script, fuzz_take(&in->script));
    if (session == NULL || type == 0 || mjl_payload_type_is_statement(type)) return;
    mjl_result result = mjl_send_make_content(session, type, body, &content, &id);
    if (result == MJL_OK)
        result = mjl_send_place(session, mjl_buffer_bytes(&content), MJL_IF_GROWN_SEND, &place);
    fuzz_defined(result);
    mjl_buffer_clear(&content);
    in->party->members[in->who].profile->is_changed = session->is_touched = true;
    party_step(in->party, in->who);
}

/* ---- Places as a script names them: real ones, or none of this world ---- */

static mjl_place_ref some_place(play *in)
{
    const mjl_session *session = party_session(in->party, in->who);
    const uint32_t count = session == NULL ? 0 : mjl_transcript_places_count(session->transcript);
    const uint8_t which = fuzz_take(&in->script);
    mjl_place_ref ref = {which, {{which}}};
    if (which < 200 && count > 0) ref = mjl_transcript_ref(session->transcript, which % count);
    if (which >= 128 && which < 200) ref.epoch += fuzz_take(&in->script);
    return ref;
}

static size_t some_places(play *in, mjl_place_ref *places)
{
    const size_t count = fuzz_take(&in->script) % (PLACES_MAX + 1);
    for (size_t i = 0; i < count; i++)
        places[i] = some_place(in);
    mjl_place_refs_sort(places, count);
    return count;
}

/* ---- Statements and knocks ---- */

/* A payload of the speaker's, or of nobody, given again. */
static mjl_result quote_anything(play *in, mjl_buffer *body)
{
    static mjl_again again;
    const mjl_session *session = party_session(in->party, in->who);
    mjl_buffer payload = {0};
    const uint8_t which = fuzz_take(&in->script);
    mjl_result result = MJL_OK;
    for (size_t i = 0; i < in->party->packets_count && result == MJL_OK; i++) {
        letter read;
        const party_packet *packet = &in->party->packets[(i + which) % in->party->packets_count];
        if (packet->from != in->who || !letter_read(mjl_buffer_bytes(&packet->bytes), &read))
            continue;
        if (payload.size == 0) result = mjl_buffer_append(&payload, mjl_buffer_bytes(&read.body));
        letter_clear(&read);
    }
    if ((fuzz_take(&in->script) & 1) != 0) fuzz_alter(&payload, &in->script);
    again.count = 1;
    again.quotes[0] = (mjl_quote){.payload = mjl_buffer_bytes(&payload)};
    if (session != NULL && session->branches.count > 0)
        again.quotes[0].branch = session->branches.epochs[which % session->branches.count].branch;
    if (result == MJL_OK) result = mjl_again_encode(&again, body);
    mjl_buffer_clear(&payload);
    return result;
}

static void state_anything(play *in)
{
    mjl_session *const session = speaker(in);
    mjl_buffer body = {0};
    mjl_frontier *frontier = calloc(1, sizeof *frontier);
    mjl_want *want = calloc(1, sizeof *want);
    assert(frontier != NULL && want != NULL);
    const uint8_t how = fuzz_take(&in->script);
    const uint32_t type = (how & 6) == 6   ? MJL_TYPE_AGAIN
                          : (how & 1) != 0 ? MJL_TYPE_WANT
                                           : MJL_TYPE_FRONTIER;
    mjl_result result;
    if (type == MJL_TYPE_AGAIN) {
        result = quote_anything(in, &body);
    } else if (type == MJL_TYPE_WANT) {
        want->accepted_count = some_places(in, want->accepted);
        want->missing_count = some_places(in, want->missing);
        want->again_count = some_places(in, want->again);
        result = mjl_want_encode(want, &body);
    } else {
        frontier->counter = fuzz_take_number(&in->script, 4);
        frontier->nonce[0] = fuzz_take(&in->script);
        frontier->places_count = some_places(in, frontier->places);
        frontier->waited_count = fuzz_take(&in->script) & 1;
        frontier->waited[0] = mjl_profile_member(in->party->members[0].profile);
        result = mjl_frontier_encode(frontier, &body);
    }
    if (result == MJL_OK && (fuzz_take(&in->script) & 1) != 0) fuzz_alter(&body, &in->script);
    if (result == MJL_OK && session != NULL) {
        fuzz_defined(mjl_send_statement(session, type, mjl_buffer_bytes(&body)));
        in->party->members[in->who].profile->is_changed = session->is_touched = true;
        party_step(in->party, in->who);
    }
    mjl_buffer_clear(&body);
    free(frontier);
    free(want);
}

static mjl_result encode_knock(play *in, mjl_knock *knock, mjl_buffer *packet)
{
    const mjl_session *session = party_session(in->party, in->who);
    const uint8_t how = fuzz_take(&in->script);
    const mjl_branches *branches = &session->branches;
    const mjl_epoch *epoch = &branches->epochs[how % branches->count];
    uint8_t key[MJL_KNOCK_KEY_SIZE] = {0};
    if (epoch->group == NULL) return MJL_NOT_FOUND;
    mjl_result result = mjl_mls_group_export(epoch->group, MJL_EXPORT_KNOCK, mjl_bytes_of(NULL, 0),
                                             key, sizeof key);
    if (result != MJL_OK) return result;
    knock->group = mjl_bytes_of(session->group_id, MJL_GROUP_ID_SIZE);
    knock->epoch = epoch->number + ((how & 128) != 0 ? fuzz_take(&in->script) : 0);
    knock->branch = epoch->branch;
    knock->author = session->profile->member;
    if ((how & 64) != 0) knock->author.bytes[0] ^= fuzz_take(&in->script);
    knock->counter = fuzz_take_number(&in->script, 8);
    knock->accepted_count = some_places(in, knock->accepted);
    knock->key_package = fuzz_take_bytes(&in->script, fuzz_take(&in->script));
    return mjl_knock_encode(knock, weak_suite(), session->profile->identity.signature_seed, key,
                            packet);
}

static void knock(play *in)
{
    mjl_buffer packet = {0};
    mjl_knock *made = calloc(1, sizeof *made);
    assert(made != NULL);
    const mjl_session *session = party_session(in->party, in->who);
    if (session != NULL && session->branches.count > 0 && encode_knock(in, made, &packet) == MJL_OK)
        hand_to_others(in, in->who, mjl_buffer_bytes(&packet));
    mjl_buffer_clear(&packet);
    free(made);
}

/* ---- Packets that were kept back ---- */

static const party_packet *some_packet(play *in)
{
    const size_t back = fuzz_take(&in->script);
    const party *of = in->party;
    return of->packets_count == 0 ? NULL
                                  : &of->packets[of->packets_count - 1 - back % of->packets_count];
}

static void alter_bytes(play *in)
{
    const party_packet *packet = some_packet(in);
    mjl_buffer altered = {0};
    if (packet == NULL) return;
    const uint32_t from = packet->from;
    const mjl_result result = mjl_buffer_append(&altered, mjl_buffer_bytes(&packet->bytes));
    assert(result == MJL_OK);
    fuzz_alter(&altered, &in->script);
    hand_to_others(in, from, mjl_buffer_bytes(&altered));
    mjl_buffer_clear(&altered);
}

/* The payload with other fields; where it then breaks a rule of encoding it stays as it was. */
static void alter_payload(play *in, letter *of, bool has_new_key)
{
    static mjl_payload payload;
    mjl_buffer body = {0}, content = {0};
    if (mjl_payload_decode(mjl_buffer_bytes(&of->body), &payload) != MJL_OK) return;
    if (has_new_key) payload.generation = of->generation;
    const uint8_t how = fuzz_take(&in->script);
    if ((how & 1) != 0) payload.seq += fuzz_take(&in->script);
    if ((how & 2) != 0) payload.has_seq = !payload.has_seq;
    if ((how & 4) != 0) payload.parents_count = some_places(in, payload.parents);
    if ((how & 8) != 0) payload.said.type = fuzz_take(&in->script);
    if ((how & 16) != 0) payload.said.author.bytes[0] ^= fuzz_take(&in->script);
    if ((how & 32) != 0) payload.said.body = fuzz_take_bytes(&in->script, 40);
    if (mjl_content_encode(&payload.said, &content) == MJL_OK) {
        payload.content = mjl_buffer_bytes(&content);
        if (mjl_payload_encode(&payload, &body) == MJL_OK) {
            mjl_buffer_clear(&of->body);
            of->body = body;
            body = (mjl_buffer){0};
        }
    }
    mjl_buffer_clear(&body);
    mjl_buffer_clear(&content);
    if ((how & 64) != 0) fuzz_alter(&of->body, &in->script);
}

/* The commit's header: opened, changed, sealed. */
static void alter_header(play *in, const mjl_session *session, letter *of, bool has_new_key)
{
    static mjl_commit_header header;
    static const uint8_t nonce[MJL_COMMIT_HEADER_NONCE_SIZE] = {1};
    const mjl_epoch *epoch = NULL;
    for (uint32_t i = 0; i < session->branches.count; i++) {
        if (session->branches.epochs[i].number == of->epoch) epoch = &session->branches.epochs[i];
    }
    if (epoch == NULL) return;
    const mjl_header_seal seal = {epoch->header_key, epoch->tag,
                                  mjl_bytes_of(session->group_id, MJL_GROUP_ID_SIZE),
                                  epoch->number};
    mjl_buffer plain = {0}, sealed = {0};
    mjl_result result =
        mjl_commit_header_open(mjl_buffer_bytes(&of->authenticated_data), &seal, &plain, &header);
    const uint8_t how = fuzz_take(&in->script);
    if (has_new_key) header.generation = of->generation;
    if ((how & 1) != 0) header.seq += fuzz_take(&in->script);
    if ((how & 2) != 0) header.parents_count = some_places(in, header.parents);
    if ((how & 4) != 0 && header.basis_count > 0) header.basis_count--;
    if ((how & 8) != 0 && header.basis_count < MJL_BASIS_MAX)
        header.basis[header.basis_count++] = (mjl_basis){.id = some_place(in).id};
    if (result == MJL_OK) result = mjl_commit_header_seal(&header, &seal, nonce, &sealed);
    if (result == MJL_OK) {
        mjl_buffer_clear(&of->authenticated_data);
        of->authenticated_data = sealed;
        sealed = (mjl_buffer){0};
    }
    mjl_buffer_clear(&sealed);
    mjl_buffer_clear(&plain);
}

static void alter_letter(play *in, const mjl_session *session, letter *of)
{
    const uint8_t how = fuzz_take(&in->script);
    const bool has_new_key = (how & 1) != 0;
    if (has_new_key) of->generation += fuzz_take(&in->script);
    if ((how & 2) != 0) of->leaf = fuzz_take(&in->script) & 7;
    if ((how & 4) != 0) of->epoch += (uint64_t)(int64_t)(int8_t)fuzz_take(&in->script);
    if ((how & 8) != 0) fuzz_alter(&of->authenticated_data, &in->script);
    if ((how & 16) != 0) fuzz_alter(&of->tag, &in->script);
    if (of->content_type == MJL_MLS_APPLICATION) {
        alter_payload(in, of, has_new_key);
    } else {
        alter_header(in, session, of, has_new_key);
        if ((how & 32) != 0) fuzz_alter(&of->body, &in->script);
    }
}

static void alter_what_it_says(play *in)
{
    const party_packet *packet = some_packet(in);
    letter read;
    if (packet == NULL || !letter_read(mjl_buffer_bytes(&packet->bytes), &read)) return;
    const uint32_t from = packet->from;
    const mjl_session *session = party_session(in->party, from);
    if (session != NULL) {
        mjl_buffer written = {0};
        alter_letter(in, session, &read);
        letter_write(&read, &written);
        hand_to_others(in, from, mjl_buffer_bytes(&written));
        mjl_buffer_clear(&written);
    }
    letter_clear(&read);
}

static void deliver_some(play *in)
{
    party_packet *const packet = (party_packet *)some_packet(in);
    if (packet == NULL) return;
    mjl_buffer bytes = packet->bytes;
    const uint32_t from = packet->from;
    packet->bytes = (mjl_buffer){0};
    party_drop_packet(in->party, (size_t)(packet - in->party->packets));
    hand_to_others(in, from, mjl_buffer_bytes(&bytes));
    mjl_buffer_clear(&bytes);
}

static void play_one(play *in)
{
    const uint8_t operation = fuzz_take(&in->script) % 16;
    in->who = fuzz_take(&in->script) % PARTY_MEMBERS;
    if (operation <= 1)
        change_group(in);
    else if (operation <= 3)
        say_anything(in);
    else if (operation == 4)
        state_anything(in);
    else if (operation == 5)
        knock(in);
    else if (operation <= 7)
        alter_bytes(in);
    else if (operation <= 11)
        alter_what_it_says(in);
    else if (operation <= 13)
        deliver_some(in);
    else if (operation == 14)
        party_reopen(in->party, in->who);
    else {
        in->party->now += (mjl_time)fuzz_take_number(&in->script, 2);
        party_step_all(in->party);
    }
}

void fuzz_signed_again(mjl_bytes input)
{
    play in = {.party = party_copy(party_gathered(weak_suites())), .script = {input}};
    for (size_t i = 0; i < OPERATIONS_MAX && in.script.left.size > 0; i++)
        play_one(&in);
    party_run(in.party, 1500);
    for (uint32_t i = 0; i < PARTY_MEMBERS; i++)
        party_reopen(in.party, i);
    party_step_all(in.party);
    party_free(in.party);
}
