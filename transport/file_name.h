/*
 * The name of a file in a transport folder says who wrote it, and that writer's how-manieth it is.
 *
 *      3f9a…16 hex digits…8 digits-16 digits.mjl
 *      | home          | start     | counter |
 *
 * The home is random per profile, and says which files a writer may delete. The start is random
 * each time the folder is opened: a profile restored from a copy, or one that forgot its counter,
 * never writes a name twice. Home and start together are the writer.
 *
 * A sync tool may put a copy beside the file, with something inserted before ".mjl": the name then
 * still says which file it is a copy of. What begins with a dot is being written.
 */
#ifndef MAJLIS_TRANSPORT_FILE_NAME_H
#define MAJLIS_TRANSPORT_FILE_NAME_H

#include "majlis/bytes.h"

enum {
    MJL_FILE_NAME_SIZE = 16 + 8 + 1 + 16 + 4,
    MJL_FILE_NAME_TEMPORARY_SIZE = 1 + MJL_FILE_NAME_SIZE,
    MJL_FILE_NAME_READ_MAX = 255
};

typedef struct mjl_writer {
    uint64_t home;
    uint32_t start;
} mjl_writer;

typedef struct mjl_file_name {
    mjl_writer writer;
    uint64_t counter;
} mjl_file_name;

/* Both end in NUL; the temporary one begins with a dot. */
void mjl_file_name_write(const mjl_file_name *name, char out[MJL_FILE_NAME_SIZE + 1]);
void mjl_file_name_write_temporary(const mjl_file_name *name,
                                   char out[MJL_FILE_NAME_TEMPORARY_SIZE + 1]);

/* False: a foreign file. */
bool mjl_file_name_read(const char *text, mjl_file_name *name);
/* Also of a temporary name. */
bool mjl_file_name_is_of_home(const char *text, uint64_t home);

#endif
