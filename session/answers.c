#include "answers.h"

#include "array.h"
#include "session_state.h"
#include "timers.h"

#include <assert.h>

void mjl_answers_clear(mjl_answers *answers)
{
    for (size_t i = 0; i < answers->count; i++)
        free(answers->entries[i].places);
    free(answers->entries);
    memset(answers, 0, sizeof *answers);
}

static mjl_answer *find(const mjl_answers *answers, uint32_t author)
{
    for (size_t i = 0; i < answers->count; i++) {
        if (answers->entries[i].author == author) return &answers->entries[i];
    }
    return NULL;
}

mjl_result mjl_answers_restore(mjl_answers *answers, mjl_answer *taken)
{
    const mjl_result result = mjl_array_reserve(&answers->entries, answers->count, &answers->room,
                                                1, sizeof *answers->entries);
    if (result != MJL_OK) return result;
    size_t at = answers->count++;
    while (at > 0 && answers->entries[at - 1].author > taken->author) {
        answers->entries[at] = answers->entries[at - 1];
        at--;
    }
    answers->entries[at] = *taken;
    return MJL_OK;
}

bool mjl_answers_is_served(const mjl_session *session, uint32_t author)
{
    const mjl_answer *answer = find(&session->answers, author);
    return answer != NULL &&
           session->profile->now - answer->asked_at < mjl_policy_heartbeat(&session->policy, 0);
}

static mjl_result note_on_wire(mjl_session *session, const mjl_id *packet_id, uint32_t place)
{
    const mjl_holding *holding = &session->holdings.entries[place];
    const mjl_result result = mjl_seen_add(&session->seen, packet_id, place, holding->is_own);
    return result == MJL_OK ? mjl_resend_seen_again(session, place) : result;
}

static bool is_of(const mjl_session *session, const mjl_id *packet_id, uint32_t place)
{
    const mjl_holding *holding = &session->holdings.entries[place];
    return holding->packet_size > 0 && mjl_id_equal(&holding->packet_id, packet_id);
}

mjl_result mjl_answers_saw(mjl_session *session, const mjl_id *packet_id)
{
    for (size_t i = 0; i < session->answers.count; i++) {
        const mjl_answer *answer = &session->answers.entries[i];
        for (uint32_t j = 0; answer->task != 0 && j < answer->count; j++) {
            if (is_of(session, packet_id, answer->places[j]))
                return note_on_wire(session, packet_id, answer->places[j]);
        }
    }
    for (uint32_t i = mjl_acks_unacked_first(session->acks); i != MJL_NO_INDEX;
         i = mjl_acks_unacked_next(session->acks, i)) {
        for (uint32_t place = i; place != MJL_NO_INDEX;
             place = mjl_transcript_place(session->transcript, place)->next_same) {
            if (is_of(session, packet_id, place)) return note_on_wire(session, packet_id, place);
        }
    }
    return MJL_OK;
}

/* ---- Choosing a page ---- */

typedef struct page {
    mjl_session *session;
    uint32_t author;
    const mjl_want *want; /* NULL: a knock. */
    uint64_t epoch_max;   /* Later epochs cannot be opened before the next page. */
    uint32_t places[MJL_ANSWER_PACKETS_MAX];
    uint32_t count;
    size_t size;
} page;

static bool is_full(const page *made)
{
    return made->count == MJL_ANSWER_PACKETS_MAX || made->size >= MJL_ANSWER_BYTES_MAX;
}

/* Sent, or seen, so lately that it may be on its way. */
static bool is_on_its_way(const page *made, const mjl_holding *holding)
{
    const mjl_session *session = made->session;
    return session->profile->now - holding->last_on_wire < mjl_wanting_pace(session) ||
           mjl_outbox_is_waiting(&session->profile->outbox, holding->outgoing);
}

static bool may_send(const page *made, uint32_t place)
{
    const mjl_session *session = made->session;
    const mjl_holding *holding = &session->holdings.entries[place];
    const mjl_place *where = mjl_transcript_place(session->transcript, place);
    if (holding->packet_size == 0 || is_on_its_way(made, holding)) return false;
    if (!mjl_acks_place_owes(session->acks, place, made->author) &&
        (made->want == NULL || !mjl_resend_was_dropped(session, place, made->author)))
        return false;
    if (session->branches.epochs[where->epoch].number > made->epoch_max) return false;
    return made->want == NULL || !mjl_want_holds(made->want, &where->id);
}

static void add(page *made, uint32_t place)
{
    made->places[made->count++] = place;
    made->size += made->session->holdings.entries[place].packet_size;
}

/* What is marked, or one of `seeds`, from the oldest on: commits alone, or all but commits. */
static void add_marked(page *made, const uint32_t *seeds, size_t seeds_count, bool commits)
{
    const mjl_session *session = made->session;
    uint32_t end = 0;
    for (size_t i = 0; i < seeds_count; i++)
        end = seeds[i] >= end ? seeds[i] + 1 : end;
    for (uint32_t place = 0; place < end && !is_full(made); place++) {
        const bool is_commit = session->holdings.entries[place].type == MJL_PLACE_COMMIT;
        if (is_commit != commits) continue;
        bool is_asked = mjl_transcript_is_marked(session->transcript, place);
        for (size_t i = 0; !is_asked && i < seeds_count; i++)
            is_asked = seeds[i] == place;
        if (is_asked && may_send(made, place)) add(made, place);
    }
}

static void choose_wanted(page *made)
{
    const mjl_session *session = made->session;
    uint32_t seeds[MJL_FRONTIER_PLACES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < made->want->missing_count; i++) {
        const uint32_t place =
            mjl_transcript_find_place(session->transcript, &made->want->missing[i].id);
        if (place != MJL_NO_INDEX) seeds[count++] = place;
    }
    if (count == 0) return;
    mjl_transcript_mark_past(session->transcript, seeds, count, 0);
    add_marked(made, seeds, count, true);
    add_marked(made, seeds, count, false);
}

/* The commits from where that member is to the tip, oldest first. */
static void choose_commits(page *made, uint32_t epoch)
{
    const mjl_session *session = made->session;
    const mjl_branches *branches = &session->branches;
    for (uint32_t i = epoch + 1; i <= branches->tip && !is_full(made); i++) {
        if (!mjl_branches_is_on_path(branches, i, branches->tip)) continue;
        const uint32_t place =
            mjl_transcript_find_place(session->transcript, &branches->epochs[i].branch);
        if (place != MJL_NO_INDEX && may_send(made, place)) add(made, place);
    }
}

/* What it lacks of the epoch it is in. The rest follows its wants: places of epochs that it has yet
   to enter would overtake the commits. */
static void choose_places(page *made, uint32_t epoch)
{
    const mjl_session *session = made->session;
    for (uint32_t place = 0; place < session->holdings.count && !is_full(made); place++) {
        const mjl_place *where = mjl_transcript_place(session->transcript, place);
        if (where->type == MJL_PLACE_COMMIT || where->epoch != epoch) continue;
        if (may_send(made, place)) add(made, place);
    }
}

/* ---- Whose turn it is ---- */

static mjl_time turn_of(const mjl_session *session, uint32_t author)
{
    const mjl_epoch *tip = mjl_session_tip(session);
    const uint32_t its = mjl_epoch_leaf_of(tip, author);
    const uint32_t own = mjl_epoch_leaf_of(tip, mjl_session_self(session));
    uint32_t turn = 0;
    for (uint32_t step = 1; step < tip->leaf_count && turn < MJL_ANSWER_TURNS_MAX; step++) {
        const uint32_t leaf = (its + step) % tip->leaf_count;
        if (leaf == own) break;
        const uint32_t before = tip->roster[leaf];
        if (before == MJL_NO_INDEX || mjl_presence_is_silent(session, before)) continue;
        turn++;
    }
    return turn;
}

static mjl_result open_answer(mjl_session *session, uint32_t author, mjl_answer **answer)
{
    *answer = find(&session->answers, author);
    if (*answer != NULL) return MJL_OK;
    mjl_answer made = {.author = author, .last_page_at = INT64_MIN / 2};
    const mjl_result result = mjl_answers_restore(&session->answers, &made);
    *answer = find(&session->answers, author);
    return result;
}

/* The newest page replaces one that still waits, and waits for its own turn: whoever is before us
   is asked for it at the same time. */
static mjl_result plan(page *made, bool is_knock)
{
    mjl_session *const session = made->session;
    if (made->count == 0 && !is_knock) return MJL_OK;
    mjl_answer *answer;
    mjl_result result = open_answer(session, made->author, &answer);
    if (result != MJL_OK) return result;
    uint32_t *places = malloc((made->count + 1) * sizeof *places);
    if (places == NULL) return MJL_OUT_OF_MEMORY;
    memcpy(places, made->places, made->count * sizeof *places);
    free(answer->places);
    answer->places = places;
    answer->count = made->count;
    answer->asked_at = session->profile->now;
    answer->is_knock = is_knock;
    answer->dirty = true;
    const mjl_time pace = mjl_wanting_pace(session);
    const mjl_time earliest = answer->last_page_at + pace / 4 - session->profile->now;
    /* The group's BC_LAT: in which the page of whoever is first reaches the others. */
    const mjl_time turn = turn_of(session, made->author) * (mjl_time)session->policy.bc_lat_ms;
    mjl_timers_cancel(session, &answer->task);
    return mjl_timers_set(session, earliest > turn ? earliest : turn, MJL_TIMER_ANSWER,
                          made->author, &answer->task);
}

mjl_result mjl_answers_wanted(mjl_session *session, uint32_t author, const mjl_want *want)
{
    page *made = calloc(1, sizeof *made);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    made->session = session;
    made->author = author;
    made->want = want;
    made->epoch_max = UINT64_MAX;
    choose_wanted(made);
    const mjl_result result = plan(made, false);
    free(made);
    return result;
}

mjl_result mjl_answers_knocked(mjl_session *session, uint32_t author, uint32_t epoch)
{
    page *made = calloc(1, sizeof *made);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    made->session = session;
    made->author = author;
    made->epoch_max = session->branches.epochs[epoch].number + MJL_ANSWER_EPOCHS_MAX;
    choose_commits(made, epoch);
    choose_places(made, epoch);
    const mjl_result result = plan(made, true);
    free(made);
    return result;
}

/* ---- Sending it ---- */

/* Part of the page was on the wire since it was asked for, be it in the same millisecond (what was
   so before is in no page): somebody before us answers, and what gets lost of that will be wanted
   again. */
static bool is_answered(const mjl_session *session, const mjl_answer *answer)
{
    for (uint32_t i = 0; i < answer->count; i++) {
        const mjl_holding *holding = &session->holdings.entries[answer->places[i]];
        if (holding->last_on_wire >= answer->asked_at) return true;
    }
    return false;
}

static mjl_result send_page(mjl_session *session, mjl_answer *answer, bool *is_ours)
{
    mjl_result result = MJL_OK;
    for (uint32_t i = 0; result == MJL_OK && i < answer->count; i++) {
        const uint32_t place = answer->places[i];
        const mjl_holding *holding = &session->holdings.entries[place];
        if (holding->packet_size == 0) continue;
        if (!mjl_acks_place_owes(session->acks, place, answer->author) &&
            !mjl_resend_was_dropped(session, place, answer->author))
            continue;
        if (!mjl_outbox_has_room(&session->profile->outbox, MJL_OUTBOX_SPARE)) break;
        answer->last_page_at = session->profile->now;
        *is_ours = true;
        result = mjl_resend_send(session, place);
    }
    return result;
}

/* Somebody before us answered a knock that misses nothing. */
static bool has_another_spoken(const mjl_session *session, const mjl_answer *answer)
{
    const mjl_presence *presence = &session->presence;
    for (uint32_t i = 0; i < presence->count; i++) {
        if (i != answer->author && presence->entries[i].last_heard > answer->asked_at) return true;
    }
    return false;
}

mjl_result mjl_answers_due(mjl_session *session, uint32_t author)
{
    mjl_answer *const answer = find(&session->answers, author);
    if (answer == NULL) return MJL_OK;
    answer->task = 0;
    answer->dirty = true;
    mjl_result result = MJL_OK;
    bool is_ours = answer->count == 0 && !has_another_spoken(session, answer);
    const bool is_member =
        mjl_session_may_send(session) && mjl_epoch_has_author(mjl_session_tip(session), author);
    if (is_member && !is_answered(session, answer)) {
        result = send_page(session, answer, &is_ours);
        if (result == MJL_OK && is_ours && answer->is_knock) {
            result = mjl_presence_say_statement(session);
        }
    }
    answer->is_knock = false;
    answer->count = 0;
    return result;
}
