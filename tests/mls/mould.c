#include "mould.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "wire.h"

/* The copy so far. Places are counted as they come. */
typedef struct copying {
    mjl_mls_reader reader;
    mjl_mls_writer writer;
    mould_fault fault;
    size_t target, seen;
} copying;

static bool is_here(copying *copy, mould_fault fault)
{
    return copy->fault == fault && copy->seen++ == copy->target;
}

static uint64_t integer_copy(copying *copy, size_t size)
{
    const mjl_bytes bytes = mjl_mls_read_fixed(&copy->reader, size);
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.size; i++)
        value = value << 8 | bytes.data[i];
    mjl_mls_write_fixed(&copy->writer, bytes);
    return value;
}

static void length_write(copying *copy, size_t length)
{
    uint8_t header[4];
    size_t size = mjl_mls_length_encode(length, header);
    if (size < 4 && is_here(copy, LENGTH_NOT_MINIMAL)) {
        const bool to_two = size == 1;
        size *= 2;
        for (size_t i = 0; i < size; i++)
            header[i] = (uint8_t)(length >> (8 * (size - 1 - i)));
        header[0] = (uint8_t)(header[0] | (to_two ? 0x40 : 0x80));
    }
    if (is_here(copy, LENGTH_PREFIX_11)) header[0] |= 0xC0;
    if (is_here(copy, LENGTH_HUGE)) {
        memset(header, 0xff, sizeof header);
        header[0] = 0xBF;
        size = 4;
    }
    mjl_mls_write_fixed(&copy->writer, mjl_bytes_of(header, size));
}

static void vector_copy(copying *copy)
{
    const mjl_bytes contents = mjl_mls_read_vector(&copy->reader, 1 << 24);
    length_write(copy, contents.size);
    mjl_mls_write_fixed(&copy->writer, contents);
}

/* Behind the bracket that closes the one before `form`. */
static const char *behind(const char *form)
{
    size_t depth = 1;
    while (depth != 0) {
        if (*form == '[' || *form == '(') depth++;
        if (*form == ']' || *form == ')') depth--;
        form++;
    }
    return form;
}

static const char *form_copy(copying *copy, const char *form);

/* The contents are written apart: their length comes first. */
static const char *list_copy(copying *copy, const char *form)
{
    mjl_buffer contents = {0};
    copying inner = *copy;
    inner.reader = mjl_mls_read_list(&copy->reader, 1 << 24);
    inner.writer = mjl_mls_writer_to(&contents);
    while (mjl_mls_reader_more(&inner.reader))
        form_copy(&inner, form);
    assert_int_equal(inner.reader.result, MJL_OK);
    copy->seen = inner.seen;
    if (is_here(copy, ONE_BYTE_BEHIND)) mjl_mls_write_u8(&inner.writer, 0);
    assert_int_equal(mjl_mls_writer_end(&inner.writer), MJL_OK);
    length_write(copy, contents.size);
    mjl_mls_write_fixed(&copy->writer, mjl_buffer_bytes(&contents));
    mjl_buffer_clear(&contents);
    return behind(form);
}

static const char *optional_copy(copying *copy, const char *form)
{
    const uint8_t present = mjl_mls_read_u8(&copy->reader);
    mjl_mls_write_u8(&copy->writer, is_here(copy, PRESENCE_OCTET_2) ? 2 : present);
    if (present) form_copy(copy, form);
    return behind(form);
}

static void credential_copy(copying *copy)
{
    form_copy(copy, integer_copy(copy, 2) == 1 ? "v" : "[v]");
}

static void source_copy(copying *copy)
{
    static const char *const forms[] = {"", "88", "", "v"};
    const uint64_t source = integer_copy(copy, 1);
    assert_true(source < 4);
    form_copy(copy, forms[source]);
}

static void proposal_copy(copying *copy)
{
    static const char *const forms[] = {"", "K", "L", "4", "I", "v22E", "v", "E"};
    const uint64_t type = integer_copy(copy, 2);
    assert_true(type < 8);
    form_copy(copy, forms[type]);
}

static void named_copy(copying *copy, char name)
{
    switch (name) {
    case 'L':
        form_copy(copy, "vvC[2][2][2][2][2]SEv");
        return;
    case 'C':
        credential_copy(copy);
        return;
    case 'S':
        source_copy(copy);
        return;
    case 'E':
        form_copy(copy, "[2v]");
        return;
    case 'K':
        form_copy(copy, "22vLEv");
        return;
    case 'P':
        proposal_copy(copy);
        return;
    case 'R':
        form_copy(copy, integer_copy(copy, 1) == 1 ? "P" : "v");
        return;
    case 'I':
        form_copy(copy, integer_copy(copy, 1) == 1 ? "vv" : "1v8v");
        return;
    case 'N':
        form_copy(copy, integer_copy(copy, 1) == 1 ? "L" : "vv[4]");
        return;
    case 'U':
        form_copy(copy, "L[v[vv]]");
        return;
    default:
        fail_msg("no such form: %c", name);
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the form. */
static const char *form_copy(copying *copy, const char *form)
{
    while (*form != '\0' && *form != ']' && *form != ')') {
        const char name = *form++;
        if (name >= '1' && name <= '8') {
            integer_copy(copy, (size_t)(name - '0'));
        } else if (name == 'v') {
            vector_copy(copy);
        } else if (name == '[') {
            form = list_copy(copy, form);
        } else if (name == '?') {
            form = optional_copy(copy, form + 1);
        } else {
            named_copy(copy, name);
        }
    }
    return form;
}

bool mould_copy(const char *form, mjl_bytes structure, mould_fault fault, size_t target,
                mjl_buffer *out)
{
    copying copy = {.reader = mjl_mls_reader_of(structure),
                    .writer = mjl_mls_writer_to(out),
                    .fault = fault,
                    .target = target};
    form_copy(&copy, form);
    assert_int_equal(mjl_mls_reader_end(&copy.reader), MJL_OK);
    assert_int_equal(mjl_mls_writer_end(&copy.writer), MJL_OK);
    return target == SIZE_MAX || copy.seen > target;
}
