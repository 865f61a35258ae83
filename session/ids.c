#include "ids.h"

#include <assert.h>

#include "suite_sha256.h"

enum { SIZE_SIZE = 4, FIELDS_MAX = 3 };

static mjl_bytes size_of(size_t size, uint8_t *out)
{
    assert(size <= UINT32_MAX);
    out[0] = (uint8_t)(size >> 24);
    out[1] = (uint8_t)(size >> 16);
    out[2] = (uint8_t)(size >> 8);
    out[3] = (uint8_t)size;
    return mjl_bytes_of(out, SIZE_SIZE);
}

mjl_id mjl_hash(const char *label, const mjl_bytes *fields, size_t fields_count)
{
    static const char prefix[] = "majlis 1 ";
    uint8_t sizes[1 + FIELDS_MAX][SIZE_SIZE];
    mjl_bytes parts[3 + 2 * FIELDS_MAX];
    assert(fields_count <= FIELDS_MAX);
    const mjl_bytes named = mjl_bytes_text(label);
    size_t count = 0;
    parts[count++] = size_of(sizeof prefix - 1 + named.size, sizes[0]);
    parts[count++] = mjl_bytes_of(prefix, sizeof prefix - 1);
    parts[count++] = named;
    for (size_t i = 0; i < fields_count; i++) {
        parts[count++] = size_of(fields[i].size, sizes[1 + i]);
        parts[count++] = fields[i];
    }
    mjl_id id;
    mjl_mls_sha256((mjl_mls_parts){parts, count}, id.bytes);
    return id;
}

mjl_member_id mjl_id_member(mjl_bytes signature_key)
{
    return mjl_hash("member", &signature_key, 1);
}

mjl_message_id mjl_id_message(mjl_bytes group_id, mjl_bytes content)
{
    const mjl_bytes fields[] = {group_id, content};
    return mjl_hash("message", fields, 2);
}

mjl_place_id mjl_id_place(const mjl_branch_id *branch, const mjl_member_id *author,
                          mjl_bytes payload)
{
    const mjl_bytes fields[] = {mjl_id_bytes(branch), mjl_id_bytes(author), payload};
    return mjl_hash("place", fields, 3);
}

mjl_branch_id mjl_id_commit(mjl_bytes interim_transcript_hash)
{
    return mjl_hash("commit", &interim_transcript_hash, 1);
}

mjl_id mjl_id_packet(mjl_bytes packet)
{
    return mjl_hash("packet", &packet, 1);
}

mjl_id mjl_id_control(mjl_bytes signed_bytes)
{
    return mjl_hash("control", &signed_bytes, 1);
}

bool mjl_id_equal(const mjl_id *a, const mjl_id *b)
{
    return mjl_id_compare(a, b) == 0;
}

int mjl_id_compare(const mjl_id *a, const mjl_id *b)
{
    return memcmp(a->bytes, b->bytes, MJL_ID_SIZE);
}

bool mjl_id_is_zero(const mjl_id *id)
{
    static const mjl_id zero = {{0}};
    return mjl_id_equal(id, &zero);
}

int mjl_place_ref_compare(const mjl_place_ref *a, const mjl_place_ref *b)
{
    if (a->epoch != b->epoch) return a->epoch < b->epoch ? -1 : 1;
    return mjl_id_compare(&a->id, &b->id);
}

bool mjl_place_refs_are_list(const mjl_place_ref *refs, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (mjl_place_ref_compare(&refs[i - 1], &refs[i]) >= 0) return false;
        for (size_t j = 0; refs[j].epoch < refs[i].epoch; j++) /* Within one they ascend. */
            if (mjl_id_equal(&refs[j].id, &refs[i].id)) return false;
    }
    return true;
}

static int compare_refs(const void *a, const void *b)
{
    return mjl_place_ref_compare((const mjl_place_ref *)a, (const mjl_place_ref *)b);
}

static int compare_ids(const void *a, const void *b)
{
    return mjl_id_compare((const mjl_id *)a, (const mjl_id *)b);
}

void mjl_place_refs_sort(mjl_place_ref *refs, size_t count)
{
    if (count > 1) qsort(refs, count, sizeof *refs, compare_refs);
}

void mjl_ids_sort(mjl_id *ids, size_t count)
{
    if (count > 1) qsort(ids, count, sizeof *ids, compare_ids);
}
