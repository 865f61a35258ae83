#include "wanting.h"

#include "again.h"
#include "answers.h"
#include "choosing.h"
#include "send.h"
#include "session_state.h"
#include "timers.h"
#include "waiting_commits.h"

mjl_time mjl_wanting_pace(const mjl_session *session)
{
    return mjl_latency_bound(&session->wanting.latency, session->policy.bc_lat_ms);
}

/* ---- When ---- */

/* Where it is asked: in the tip. Who was removed since a commit that is better does not come asks
   those who have that: nobody else knows that it is there. MJL_NO_INDEX: nowhere. */
static uint32_t asks_in(const mjl_session *session)
{
    return mjl_session_may_send(session) ? session->branches.tip : mjl_choosing_way_back(session);
}

static bool misses_something(const mjl_session *session)
{
    return asks_in(session) != MJL_NO_INDEX &&
           (session->warnings.gaps_count > 0 || mjl_pending_count(session->pending) > 0);
}

static mjl_result plan_at(mjl_session *session, mjl_time due)
{
    mjl_wanting *const wanting = &session->wanting;
    mjl_timers_cancel(session, &wanting->task);
    const mjl_time now = session->profile->now;
    wanting->due = due > now ? due : now;
    return mjl_timers_set(session, wanting->due - now, MJL_TIMER_WANT, 0, &wanting->task);
}

static mjl_result begin(mjl_session *session)
{
    const mjl_time pace = mjl_wanting_pace(session);
    session->wanting.base = session->profile->now;
    session->wanting.step = 0;
    session->wanting.has_asked = false;
    session->wanting.began = session->holdings.count;
    const mjl_time jitter =
        (mjl_time)mjl_schedule_jitter(session->schedule, (uint64_t)(pace / 4 + 1));
    return plan_at(session, session->profile->now + pace + jitter);
}

/* A page is coming in: ask for the next one when it seems to be over. */
static mjl_result follow_progress(mjl_session *session)
{
    mjl_wanting *const wanting = &session->wanting;
    const mjl_time now = session->profile->now;
    const mjl_time pace = mjl_wanting_pace(session);
    const mjl_time latest = wanting->base + 4 * pace;
    const mjl_time quiet = now + pace;
    wanting->step = 0;
    return plan_at(session, quiet < latest ? quiet : latest);
}

mjl_result mjl_wanting_look(mjl_session *session)
{
    mjl_wanting *const wanting = &session->wanting;
    const uint32_t accepted = session->holdings.count;
    const uint32_t waiting = (uint32_t)mjl_pending_count(session->pending);
    const bool has_news = accepted != wanting->accepted || waiting != wanting->waiting;
    if (wanting->is_timed && accepted != wanting->accepted) {
        mjl_latency_note(&wanting->latency, session->profile->now - wanting->base);
        wanting->is_timed = false;
    }
    wanting->accepted = accepted;
    wanting->waiting = waiting;
    if (!misses_something(session)) {
        mjl_timers_cancel(session, &wanting->task);
        const bool has_caught_up =
            wanting->has_asked && accepted - wanting->began >= MJL_CATCH_UP_PLACES;
        wanting->has_asked = wanting->is_timed = false;
        return has_caught_up ? mjl_presence_ask_all(session) : MJL_OK;
    }
    if (wanting->task == 0) return begin(session);
    return has_news && wanting->has_asked ? follow_progress(session) : MJL_OK;
}

/* ---- Making one ---- */

/* Can a place of that epoch still be opened here? */
static bool can_open(const mjl_session *session, uint64_t number)
{
    const mjl_branches *branches = &session->branches;
    for (uint32_t i = asks_in(session); i != MJL_NO_INDEX; i = branches->epochs[i].parent) {
        if (branches->epochs[i].number == number) return branches->epochs[i].group != NULL;
    }
    return true; /* Not known: whoever has it knows. */
}

static bool has(const mjl_place_ref *list, size_t count, const mjl_place_id *place)
{
    for (size_t i = 0; i < count; i++) {
        if (mjl_id_equal(&list[i].id, place)) return true;
    }
    return false;
}

static void add_missing(const mjl_session *session, const mjl_place_ref *ref, mjl_want *want)
{
    const bool opens = can_open(session, ref->epoch);
    mjl_place_ref *const list = opens ? want->missing : want->again;
    size_t *const count = opens ? &want->missing_count : &want->again_count;
    if (*count == MJL_FRONTIER_PLACES_MAX || has(list, *count, &ref->id)) return;
    list[(*count)++] = *ref;
}

static void add_all_missing(const mjl_session *session, mjl_want *want)
{
    mjl_gap gap = {.oldest = NULL};
    while (want->missing_count < MJL_FRONTIER_PLACES_MAX &&
           mjl_pending_next_gap(session->pending, &gap) == MJL_OK) {
        if (!mjl_pending_has(session->pending, &gap.place.id)) {
            add_missing(session, &gap.place, want);
        }
    }
    for (size_t i = 0; i < session->warnings.gaps_count; i++) {
        const mjl_missing *missing = &session->warnings.gaps[i];
        const mjl_place_ref ref = {missing->epoch, missing->place};
        if (!mjl_pending_has(session->pending, &ref.id)) add_missing(session, &ref, want);
    }
}

static void add_held(const mjl_session *session, mjl_want *want)
{
    const mjl_pending_entry *entry = NULL;
    while (want->held_count < MJL_WANT_HELD_MAX &&
           (entry = mjl_pending_next(session->pending, entry)) != NULL) {
        memcpy(want->held[want->held_count++].start, entry->place.bytes, MJL_HELD_SIZE);
    }
}

static mjl_result say_want(mjl_session *session)
{
    mjl_want *want = calloc(1, sizeof *want);
    if (want == NULL) return MJL_OUT_OF_MEMORY;
    const uint32_t in = asks_in(session);
    want->accepted_count = mjl_transcript_frontier(session->transcript, in, 0, want->accepted,
                                                   MJL_FRONTIER_PLACES_MAX);
    add_all_missing(session, want);
    add_held(session, want);
    mjl_want_sort(want);
    mjl_buffer body = {0};
    mjl_result result = mjl_want_encode(want, &body);
    const bool is_empty = want->missing_count == 0 && want->again_count == 0;
    if (result == MJL_OK && !is_empty) {
        result = mjl_send_statement_in(session, in, MJL_TYPE_WANT, mjl_buffer_bytes(&body));
    }
    mjl_buffer_clear(&body);
    free(want);
    return result;
}

/* A dozen tries are at most 8 paces apart, as resends are: transports lose some. Who answers none
   of them is not there: the waits double, up to an hour. */
static mjl_time wait_after(const mjl_session *session, uint32_t step)
{
    const uint32_t most = MJL_BACKOFF_STEPS_MAX;
    uint32_t doublings = step < most ? step : most;
    if (step > 4 * most) doublings += step - 4 * most;
    const mjl_time wait = mjl_wanting_pace(session) << (doublings < 20 ? doublings : 20);
    return wait > MJL_BACKOFF_MS_MAX ? MJL_BACKOFF_MS_MAX : wait;
}

/* Its keys are gone here, and its author did not bring it back in as long again as secrets live,
   nor at a dozen wishes in a row: what follows it would wait for ever. */
static bool has_hopeless_gap(const mjl_session *session)
{
    const mjl_time most = 2 * (mjl_time)session->policy.secret_lifetime_ms;
    mjl_gap gap = {.oldest = NULL};
    if (session->wanting.step <= 4 * MJL_BACKOFF_STEPS_MAX) return false;
    while (mjl_pending_next_gap(session->pending, &gap) == MJL_OK) {
        if (session->profile->now - gap.since < most) return false; /* The longest come first. */
        if (mjl_pending_has(session->pending, &gap.place.id)) continue;
        if (!can_open(session, gap.place.epoch)) return true;
    }
    return false;
}

mjl_result mjl_wanting_due(mjl_session *session)
{
    mjl_wanting *const wanting = &session->wanting;
    wanting->task = 0;
    if (!misses_something(session)) return MJL_OK;
    if (mjl_session_may_send(session) && has_hopeless_gap(session)) {
        return mjl_session_set_state(session, MJL_SESSION_NEED_REJOIN, MJL_PARENT_UNKNOWN);
    }
    mjl_result result = say_want(session);
    if (result == MJL_OK && wanting->step > 0) result = mjl_waiting_commits_repeat(session);
    if (result != MJL_OK) return result;
    wanting->base = session->profile->now;
    wanting->has_asked = true;
    wanting->is_timed = wanting->step == 0;
    const mjl_time wait = wait_after(session, wanting->step++);
    return plan_at(session, session->profile->now + wait);
}

/* ---- Taking one ---- */

mjl_result mjl_wanting_take(mjl_session *session, uint32_t author, const mjl_want *want)
{
    /* Who is no member elicits nothing. */
    if (!mjl_epoch_has_author(mjl_session_tip(session), author)) return MJL_OK;
    mjl_result result =
        mjl_presence_take_places(session, author, want->accepted, want->accepted_count);
    /* It says that it misses something: keys of what it misses stay. */
    if (result == MJL_OK) result = mjl_presence_heard(session, author, MJL_NO_INDEX);
    if (result != MJL_OK || !mjl_session_may_send(session)) return result;
    result = mjl_again_wanted(session, author, want);
    return result == MJL_OK ? mjl_answers_wanted(session, author, want) : result;
}
