#include "verify_evidence.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

#include "chat_names.h"
#include "complaint.h"
#include "escape.h"
#include "majlis/evidence.h"

enum { FILE_SIZE_MAX = 8 << 20, FILE_STEP = 64 * 1024 };

static bool read_whole(FILE *file, mjl_buffer *out)
{
    for (;;) {
        if (out->size > FILE_SIZE_MAX) {
            errno = EFBIG;
            return false;
        }
        if (mjl_buffer_reserve(out, FILE_STEP) != MJL_OK) {
            errno = ENOMEM;
            return false;
        }
        const size_t size = fread(out->data + out->size, 1, FILE_STEP, file);
        out->size += size;
        if (size == 0) return ferror(file) == 0;
    }
}

static bool read_file(const char *path, mjl_buffer *out)
{
    FILE *file = fopen(path, "rb");
    const bool ok = file != NULL && read_whole(file, out);
    if (!ok) complain("%s: %s", path, strerror(errno));
    if (file != NULL) fclose(file);
    return ok;
}

bool safety_number_is(const char *said, const mjl_member_id *member)
{
    char number[MJL_SAFETY_NUMBER_SIZE];
    mjl_safety_number(member, number);
    const char *digit = number;
    for (; *said != '\0'; said++) {
        if (isspace((unsigned char)*said)) continue;
        while (*digit == ' ')
            digit++;
        if (*digit == '\0' || *digit != *said) return false;
        digit++;
    }
    return *digit == '\0';
}

static void print_text(const char *label, mjl_bytes text)
{
    printf("%s", label);
    escape_print(stdout, text);
    putchar('\n');
}

static void print_statement(const char *which, const mjl_evidence_statement *statement)
{
    char digits[CHAT_HEX_SIZE];
    if (statement->is_commit) {
        printf("%s  changed the group\n", which);
        return;
    }
    chat_hex(&statement->message, digits);
    printf("%s  message %s\n", which, digits);
    if (statement->media_type.size == 0)
        printf("        of type %" PRIu32 "\n", statement->content_type);
    else
        print_text("        ", statement->body);
}

static void print_view(const mjl_evidence_view *view)
{
    char number[MJL_SAFETY_NUMBER_SIZE], group[2 * MJL_ID_SIZE + 1] = "";
    mjl_safety_number(&view->author, number);
    for (size_t i = 0; i < view->group_id.size && i < MJL_ID_SIZE; i++)
        snprintf(group + 2 * i, 3, "%02x", view->group_id.data[i]);
    puts("This is proved, by signatures alone: the holder of one key signed two different things "
         "as");
    printf("its place %" PRIu64 " of epoch %" PRIu64 " of one group.\n\n", view->seq, view->epoch);
    printf("key     safety number %s\n", number);
    print_text("name    ", view->display_name);
    printf("group   %s\n", group);
    print_statement("first ", &view->statements[0]);
    print_statement("second", &view->statements[1]);
    puts("\nThe name proves nothing; compare the safety number with the one you know. Why both "
         "were\n"
         "signed is not proved: a profile that was copied, or restored from a backup, does the "
         "same.");
}

int verify_evidence_main(const struct options *options)
{
    mjl_buffer bytes = {NULL, 0, 0};
    mjl_evidence_view view;
    int code = COMPLAINT_EXIT_FAILED;
    if (sodium_init() < 0) {
        complain("the cryptography cannot start");
        return code;
    }
    if (read_file(options->file, &bytes)) {
        const mjl_result result = mjl_evidence_verify(mjl_buffer_bytes(&bytes), &view);
        if (result != MJL_OK)
            complain("%s: it proves nothing: %s", options->file, mjl_result_text(result));
        else if (options->author != NULL && !safety_number_is(options->author, &view.author))
            complain("%s: it is about another key than the one of that safety number",
                     options->file);
        else
            code = 0;
        if (code == 0) print_view(&view);
    }
    mjl_buffer_clear(&bytes);
    return fflush(stdout) == 0 ? code : COMPLAINT_EXIT_FAILED;
}
