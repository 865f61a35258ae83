#include "vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>
#include <sodium.h>

#include "majlis/mls.h"

/* Byte strings handed out, newest first. */
typedef struct blob {
    struct blob *next;
    uint8_t data[];
} blob;

struct vectors {
    char name[64]; /* Without ".json". */
    cJSON *root;
    blob *blobs;
    const mjl_mls_suite *suite;
    unsigned run, passed, skipped;
    uint32_t missing; /* Bit i: suite i is not built in, and was said to be missing. */
};

enum { FILE_SIZE_MAX = 64 << 20 };

static const char *folder(void)
{
    const char *named = getenv("MAJLIS_MLS_VECTORS");
    return named != NULL ? named : "../shared/vectors/mls";
}

/* NULL if there is no such file. */
static char *read_whole(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) return NULL;
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    const long size = ftell(file);
    assert_in_range(size, 0, FILE_SIZE_MAX);
    rewind(file);
    char *text = malloc((size_t)size + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)size, file), size);
    text[size] = '\0';
    fclose(file);
    return text;
}

static void open_file(const char *file_name, vectors *file)
{
    assert_true(sodium_init() >= 0);
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder(), file_name);
    char *text = read_whole(path);
    if (text == NULL) {
        printf("*** MISSING VECTORS: %s is not there; set MAJLIS_MLS_VECTORS. SKIPPED. ***\n",
               path);
        skip();
    }
    snprintf(file->name, sizeof file->name, "%.*s", (int)strcspn(file_name, "."), file_name);
    file->root = cJSON_Parse(text);
    free(text);
    if (!cJSON_IsArray(file->root)) fail_msg("%s is not a JSON array", path);
}

static void close_file(vectors *file)
{
    cJSON_Delete(file->root);
    while (file->blobs != NULL) {
        blob *next = file->blobs->next;
        free(file->blobs);
        file->blobs = next;
    }
}

/* False if it is not built in. */
static bool choose_suite(vectors *file, const cJSON *one)
{
    const uint64_t id = vectors_has(one, "cipher_suite") ? vectors_number(one, "cipher_suite")
                                                         : MJL_MLS_SUITE_DEFAULT;
    assert_in_range(id, 1, 31);
    file->suite = mjl_mls_suite_find(NULL, (uint16_t)id);
    if (file->suite != NULL) return true;
    if ((file->missing >> id & 1) == 0) {
        printf("%s: suite %u is not built in\n", file->name, (unsigned)id);
    }
    file->missing |= UINT32_C(1) << id;
    return false;
}

static bool is_good(const vectors *file)
{
    if (file->run == 0 && file->skipped == 0) return false;
#ifdef MJL_MLS_WITH_OPENSSL
    if (file->skipped != 0) return false;
#endif
    return file->run == file->passed;
}

void vectors_run(const char *file_name, vectors_case *passes)
{
    vectors file = {0};
    open_file(file_name, &file);
    const cJSON *one;
    cJSON_ArrayForEach(one, file.root)
    {
        if (!choose_suite(&file, one)) {
            file.skipped++;
            continue;
        }
        const bool passed = passes(&file, one);
        if (!passed) printf("%s: case %u failed\n", file.name, file.run);
        file.run++;
        file.passed += passed ? 1 : 0;
    }
    printf("%s: %u run, %u passed, %u skipped\n", file.name, file.run, file.passed, file.skipped);
    fflush(stdout);
    const bool good = is_good(&file);
    close_file(&file);
    assert_true(good);
}

const mjl_mls_suite *vectors_suite(const vectors *file)
{
    return file->suite;
}

bool vectors_has(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return item != NULL && !cJSON_IsNull(item);
}

static const cJSON *member(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (item == NULL) fail_msg("a case has no %s", name);
    return item;
}

mjl_bytes vectors_bytes(vectors *file, const cJSON *object, const char *name)
{
    return vectors_bytes_of(file, member(object, name));
}

/* Room that lives as long as the file. */
static blob *blob_new(vectors *file, size_t size)
{
    blob *bytes = calloc(1, sizeof *bytes + size);
    assert_non_null(bytes);
    bytes->next = file->blobs;
    file->blobs = bytes;
    return bytes;
}

mjl_bytes vectors_private_key(vectors *file, const cJSON *object, const char *name)
{
    const mjl_bytes given = vectors_bytes(file, object, name);
    const size_t size = file->suite->kem_private_size;
    assert_in_range(given.size, 1, size);
    blob *whole = blob_new(file, size);
    memcpy(whole->data + size - given.size, given.data, given.size);
    return mjl_bytes_of(whole->data, size);
}

mjl_bytes vectors_bytes_of(vectors *file, const cJSON *text)
{
    assert_true(cJSON_IsString(text));
    const size_t digits = strlen(text->valuestring);
    blob *bytes = blob_new(file, digits / 2 + 1);
    size_t size = 0;
    assert_int_equal(
        sodium_hex2bin(bytes->data, digits / 2 + 1, text->valuestring, digits, NULL, &size, NULL),
        0);
    assert_int_equal(size * 2, digits);
    return mjl_bytes_of(bytes->data, size);
}

uint64_t vectors_number(const cJSON *object, const char *name)
{
    const cJSON *item = member(object, name);
    assert_true(cJSON_IsNumber(item));
    /* cJSON keeps a double: exact up to 2^53, which no vector exceeds. */
    assert_true(item->valuedouble >= 0 && item->valuedouble < 9007199254740992.0);
    return (uint64_t)item->valuedouble;
}

const char *vectors_text(const cJSON *object, const char *name)
{
    const cJSON *item = member(object, name);
    assert_true(cJSON_IsString(item));
    return item->valuestring;
}

const cJSON *vectors_array(const cJSON *object, const char *name)
{
    const cJSON *item = member(object, name);
    assert_true(cJSON_IsArray(item));
    return item;
}

const cJSON *vectors_object(const cJSON *object, const char *name)
{
    const cJSON *item = member(object, name);
    assert_true(cJSON_IsObject(item));
    return item;
}

static void print_hex(const char *title, mjl_bytes bytes)
{
    printf("  %s (%zu): ", title, bytes.size);
    for (size_t i = 0; i < bytes.size && i < 64; i++)
        printf("%02x", bytes.data[i]);
    printf("%s\n", bytes.size > 64 ? "..." : "");
}

bool vectors_same(const char *what, mjl_bytes expected, mjl_bytes found)
{
    if (mjl_bytes_equal(expected, found)) return true;
    printf("%s differs\n", what);
    print_hex("expected", expected);
    print_hex("found", found);
    return false;
}

static mjl_result fill_random(void *context, uint8_t *out, size_t size)
{
    (void)context;
    randombytes_buf(out, size);
    return MJL_OK;
}

mjl_random vectors_random(void)
{
    const mjl_random random = {NULL, fill_random};
    return random;
}
