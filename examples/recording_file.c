#include "recording_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "complaint.h"

/* A state is hashed by reading all of the store: now and then is enough to find where two differ.
 */
enum { HASH_EVERY = 16 };

static mjl_result why_not(int error)
{
    const bool is_full = error == ENOSPC || error == EDQUOT || error == EFBIG;
    return is_full ? MJL_STORE_FULL : MJL_STORE_FAILED;
}

static mjl_result append(void *context, mjl_bytes bytes)
{
    const struct recording_file *recording = context;
    for (size_t at = 0; at < bytes.size;) {
        const ssize_t size = write(recording->file, bytes.data + at, bytes.size - at);
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return why_not(errno);
        at += (size_t)size;
    }
    return MJL_OK;
}

bool recording_file_begin(struct recording_file *recording, const char *path)
{
    recording->path = path;
    recording->file =
        open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (recording->file < 0) {
        complain("recording %s: %s", path,
                 errno == EEXIST ? "it is there already: name a new file" : strerror(errno));
        return false;
    }
    const mjl_recorder_config config = {
        .size = sizeof config, .context = recording, .write = append, .hash_every = HASH_EVERY};
    const mjl_result result = mjl_recorder_new(&config, &recording->recorder);
    if (result != MJL_OK) {
        complain("recording %s: %s", path, mjl_result_text(result));
        close(recording->file);
        return false;
    }
    complain("recording %s: IT HOLDS EVERY SECRET of this profile: keys, room secrets, all that is "
             "said; give it to nobody",
             path);
    return true;
}

void recording_file_look(struct recording_file *recording)
{
    if (recording->recorder == NULL || recording->was_told) return;
    const mjl_result why = mjl_recorder_failure(recording->recorder);
    if (why == MJL_OK) return;
    recording->was_told = true;
    complain("recording %s: it ends here, the chat goes on: %s", recording->path,
             mjl_result_text(why));
}

void recording_file_end(struct recording_file *recording)
{
    if (recording->recorder == NULL) return;
    recording_file_look(recording);
    mjl_recorder_free(recording->recorder);
    recording->recorder = NULL;
    close(recording->file);
}
