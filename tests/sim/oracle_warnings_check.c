#include "oracle_warnings_check.h"

#include <stdlib.h>

static const char name[] = "I15 warnings";

static said_warning *find(const warnings_check *of, mjl_warning_kind kind, const mjl_id *subject)
{
    for (size_t i = 0; i < of->said.count; i++) {
        said_warning *const said = &of->said.entries[i];
        if (said->kind == kind && memcmp(&said->subject, subject, sizeof *subject) == 0)
            return said;
    }
    return NULL;
}

void warnings_read(warnings_check *of)
{
    mjl_warning_info info;
    said_warnings *const said = &of->said;
    for (size_t i = 0; mjl_session_warning(of->session, i, &info) == MJL_OK; i++) {
        if (find(of, info.kind, &info.subject) != NULL) {
            sim_broken(of->world, name, of->node, "two warnings \"%s\" of one subject",
                       mjl_warning_kind_name(info.kind));
            return;
        }
        said->entries = sim_grown(said->entries, said->count, &said->room, sizeof *said->entries);
        said->entries[said->count++] = (said_warning){.number = info.number,
                                                      .kind = info.kind,
                                                      .subject = info.subject,
                                                      .missing = info.missing,
                                                      .severity = info.severity};
    }
}

said_warning *warnings_expect(warnings_check *of, mjl_warning_kind kind, const mjl_id *subject,
                              int due, const char *what, uint32_t number)
{
    said_warning *const said = find(of, kind, subject);
    if (said != NULL) said->is_right = true;
    if (due > 0 && said == NULL) {
        sim_broken(of->world, name, of->node, "no warning \"%s\" of %s %u, which is due",
                   mjl_warning_kind_name(kind), what, number);
    }
    if (due < 0 && said != NULL) {
        sim_broken(of->world, name, of->node, "a warning \"%s\" of %s %u, which is not true",
                   mjl_warning_kind_name(kind), what, number);
    }
    return due < 0 ? NULL : said;
}

/* ---- Who is missing ---- */

void missed_clear(missed *missing)
{
    sim_set_clear(&missing->surely);
    sim_set_clear(&missing->perhaps);
}

static uint32_t named_at(const warnings_check *of, const said_warning *said, size_t i)
{
    mjl_member_id id;
    memcpy(&id, said->missing.data + i * MJL_ID_SIZE, sizeof id);
    return sim_truth_identity(&of->world->truth, &id);
}

void warnings_check_missing(const warnings_check *of, const said_warning *said,
                            const missed *missing, const char *what, uint32_t number)
{
    sim_set named = {0};
    for (size_t i = 0; i < said->missing.size / MJL_ID_SIZE; i++)
        sim_set_add(&named, named_at(of, said, i));
    const bool is_right = sim_set_first_missing(&missing->surely, &named, 0) == SIM_NONE &&
                          sim_set_first_missing(&named, &missing->perhaps, 0) == SIM_NONE &&
                          sim_set_count(&named) * MJL_ID_SIZE == said->missing.size;
    if (!is_right) {
        sim_broken(of->world, name, of->node, "the warning of %s %u names %u members, not the %u",
                   what, number, sim_set_count(&named), sim_set_count(&missing->surely));
    }
    sim_set_clear(&named);
}

void warnings_check_severity(const warnings_check *of, const said_warning *said, const char *what,
                             uint32_t number)
{
    const size_t count = said->kind == MJL_WARNING_NOT_FRESH ? 1 : said->missing.size / MJL_ID_SIZE;
    int all_away = count == 0 ? -1 : 1;
    for (size_t i = 0; i < count; i++) {
        const uint32_t member = said->kind == MJL_WARNING_NOT_FRESH
                                    ? sim_truth_identity(&of->world->truth, &said->subject)
                                    : named_at(of, said, i);
        const int is_away = member == SIM_NONE ? 0 : knowledge_away(of->known, member);
        if (is_away < all_away) all_away = is_away;
    }
    const mjl_severity wrong = all_away > 0 ? MJL_SEVERITY_WARNING : MJL_SEVERITY_NOTICE;
    if (all_away == 0 || said->severity != wrong) return;
    sim_broken(of->world, name, of->node, "the warning \"%s\" of %s %u is %s, though %s away",
               mjl_warning_kind_name(said->kind), what, number,
               wrong == MJL_SEVERITY_NOTICE ? "a notice" : "more than a notice",
               wrong == MJL_SEVERITY_NOTICE ? "not all are" : "all are");
}

void warnings_check_rest(const warnings_check *of)
{
    for (size_t i = 0; i < of->said.count; i++) {
        const said_warning *const said = &of->said.entries[i];
        if (said->is_right) continue;
        sim_broken(of->world, name, of->node,
                   "a warning \"%s\" of what is not so (message %d, branch %d, place %d)",
                   mjl_warning_kind_name(said->kind),
                   (int)sim_truth_message(&of->world->truth, &said->subject),
                   (int)sim_truth_branch(&of->world->truth, &said->subject),
                   (int)sim_truth_place(&of->world->truth, &said->subject));
        return;
    }
}
