/*
 * One profile in one SQLite file: a table of (session, kind, key) -> value, in WAL mode, locked for
 * as long as it is open.
 *
 * Durability: a transaction is in the log and synced when `apply` answers OK. Checkpoints are ours,
 * not SQLite's, because SQLite hides their errors: a failed one closes the store for writing, since
 * after a failed sync nobody knows what the disk holds. Opening checkpoints everything, so that no
 * page whose sync once failed is built upon.
 */
#include "sqlite_file.h"
#include "store_access.h"

#include <assert.h>
#include <sqlite3.h>

enum {
    LOG_PAGES_MAX = 1000 /* Checkpoint beyond: about 4 MB, the default of SQLite. */
};

static const char schema_sql[] = "CREATE TABLE record (session INTEGER NOT NULL, "
                                 "kind INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, "
                                 "PRIMARY KEY (session, kind, key)) WITHOUT ROWID, STRICT";

typedef enum statement {
    BEGIN,
    COMMIT,
    ROLLBACK,
    LOAD,
    GET,
    PUT,
    ERASE,
    STATEMENTS_COUNT
} statement;

static const char *const statement_sql[STATEMENTS_COUNT] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [LOAD] = "SELECT session, kind, key, value FROM record ORDER BY session, kind, key",
    [GET] = "SELECT value FROM record WHERE session = ?1 AND kind = ?2 AND key = ?3",
    [PUT] = "INSERT OR REPLACE INTO record (session, kind, key, value) VALUES (?1, ?2, ?3, ?4)",
    [ERASE] = "DELETE FROM record WHERE session = ?1 AND kind = ?2 AND key = ?3",
};

typedef struct sqlite_store {
    sqlite3 *database;
    sqlite3_stmt *statements[STATEMENTS_COUNT];
    int log_pages;
    mjl_result failure; /* Of a checkpoint; what was applied before it is safe. */
} sqlite_store;

/* sqlite3_system_errno is overwritten by the clean-up after an error; each file remembers its own.
 */
static int last_errno(sqlite3_file *file)
{
    int error = 0;
    if (file == NULL || file->pMethods == NULL) return 0;
    (void)file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &error);
    return error;
}

static mjl_result result_of_io(sqlite_store *store, int code)
{
    if (code == SQLITE_IOERR_NOMEM) return MJL_OUT_OF_MEMORY;
    if (code == SQLITE_IOERR_CORRUPTFS) return MJL_STORE_DAMAGED;
    sqlite3_file *file = NULL;
    sqlite3_file *log = NULL;
    sqlite3_file_control(store->database, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    sqlite3_file_control(store->database, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    const bool is_full = mjl_sqlite_file_error(last_errno(file)) == MJL_STORE_FULL ||
                         mjl_sqlite_file_error(last_errno(log)) == MJL_STORE_FULL;
    return is_full ? MJL_STORE_FULL : MJL_STORE_FAILED;
}

static mjl_result result_of(sqlite_store *store, int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return MJL_OK;
    case SQLITE_NOMEM:
        return MJL_OUT_OF_MEMORY;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return MJL_STORE_LOCKED;
    case SQLITE_FULL:
        return MJL_STORE_FULL;
    case SQLITE_CORRUPT:
    case SQLITE_TOOBIG: /* Only when reading: what we write is bounded. */
    case SQLITE_ERROR:  /* Our SQL is fixed: the schema must be another. */
        return MJL_STORE_DAMAGED;
    case SQLITE_NOTADB:
        return MJL_STORE_FOREIGN;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
        return MJL_STORE_UNREADABLE;
    case SQLITE_IOERR:
        return result_of_io(store, code);
    default:
        return MJL_STORE_FAILED;
    }
}

/* ---- Reading and writing ---- */

static void release(sqlite3_stmt *prepared)
{
    sqlite3_reset(prepared); /* Repeats the error of the step, which was already answered. */
    sqlite3_clear_bindings(prepared);
}

static mjl_result run(sqlite_store *store, statement which)
{
    sqlite3_stmt *prepared = store->statements[which];
    const mjl_result result = result_of(store, sqlite3_step(prepared));
    release(prepared);
    return result;
}

/* A blob that is empty, but not NULL. */
static int bind_bytes(sqlite3_stmt *prepared, int index, mjl_bytes bytes)
{
    if (bytes.size == 0) return sqlite3_bind_zeroblob(prepared, index, 0);
    return sqlite3_bind_blob64(prepared, index, bytes.data, bytes.size, SQLITE_STATIC);
}

static int bind_place(sqlite3_stmt *prepared, mjl_store_place place)
{
    int code = sqlite3_bind_int64(prepared, 1, place.session);
    if (code == SQLITE_OK) code = sqlite3_bind_int(prepared, 2, place.kind);
    if (code == SQLITE_OK) code = bind_bytes(prepared, 3, place.key);
    return code;
}

static bool column_is_blob(sqlite3_stmt *prepared, int column, size_t size_max)
{
    return sqlite3_column_type(prepared, column) == SQLITE_BLOB &&
           (size_t)sqlite3_column_bytes(prepared, column) <= size_max;
}

static mjl_bytes column_bytes(sqlite3_stmt *prepared, int column)
{
    const void *data = sqlite3_column_blob(prepared, column);
    return mjl_bytes_of(data, (size_t)sqlite3_column_bytes(prepared, column));
}

static bool read_row(sqlite3_stmt *row, mjl_store_place *place, mjl_bytes *value)
{
    const sqlite3_int64 session = sqlite3_column_int64(row, 0);
    const sqlite3_int64 kind = sqlite3_column_int64(row, 1);
    if (sqlite3_column_type(row, 0) != SQLITE_INTEGER) return false;
    if (sqlite3_column_type(row, 1) != SQLITE_INTEGER) return false;
    if (session < 0 || session > UINT32_MAX || kind < 0 || kind > UINT16_MAX) return false;
    if (!column_is_blob(row, 2, MJL_STORE_KEY_SIZE_MAX)) return false;
    if (!column_is_blob(row, 3, MJL_STORE_VALUE_SIZE_MAX)) return false;
    place->session = (uint32_t)session;
    place->kind = (uint16_t)kind;
    place->key = column_bytes(row, 2);
    *value = column_bytes(row, 3);
    return true;
}

static mjl_result load(void *context, mjl_store_visit *visit, void *visitor)
{
    sqlite_store *store = context;
    sqlite3_stmt *row = store->statements[LOAD];
    mjl_result result = MJL_OK;
    int code = sqlite3_step(row);
    for (; code == SQLITE_ROW && result == MJL_OK; code = sqlite3_step(row)) {
        mjl_store_place place;
        mjl_bytes value;
        result = read_row(row, &place, &value) ? visit(visitor, place, value) : MJL_STORE_DAMAGED;
        if (result != MJL_OK) break;
    }
    if (result == MJL_OK) result = result_of(store, code);
    release(row);
    return result;
}

static mjl_result get(void *context, mjl_store_place place, mjl_buffer *value)
{
    sqlite_store *store = context;
    sqlite3_stmt *row = store->statements[GET];
    int code = bind_place(row, place);
    if (code == SQLITE_OK) code = sqlite3_step(row);
    mjl_result result = code == SQLITE_DONE ? MJL_NOT_FOUND : result_of(store, code);
    if (code == SQLITE_ROW && !column_is_blob(row, 0, MJL_STORE_VALUE_SIZE_MAX)) {
        result = MJL_STORE_DAMAGED;
    }
    if (result == MJL_OK) {
        mjl_buffer_clear(value);
        result = mjl_buffer_append(value, column_bytes(row, 0));
    }
    release(row);
    return result;
}

static mjl_result write_change(sqlite_store *store, const mjl_store_change *change)
{
    sqlite3_stmt *prepared = store->statements[change->is_delete ? ERASE : PUT];
    int code = bind_place(prepared, change->place);
    if (code == SQLITE_OK && !change->is_delete) code = bind_bytes(prepared, 4, change->value);
    if (code == SQLITE_OK) code = sqlite3_step(prepared);
    const mjl_result result = result_of(store, code);
    release(prepared);
    return result;
}

static mjl_result checkpoint(sqlite_store *store, int mode)
{
    const int code = sqlite3_wal_checkpoint_v2(store->database, NULL, mode, NULL, NULL);
    return result_of(store, code);
}

static mjl_result apply(void *context, const mjl_store_change *changes, size_t count)
{
    sqlite_store *store = context;
    if (store->failure != MJL_OK) return store->failure;
    mjl_result result = run(store, BEGIN);
    for (size_t i = 0; i < count && result == MJL_OK; i++)
        result = write_change(store, &changes[i]);
    if (result == MJL_OK) result = run(store, COMMIT);
    if (result != MJL_OK) {
        if (!sqlite3_get_autocommit(store->database)) (void)!run(store, ROLLBACK);
        store->failure = result;
        return result;
    }
    if (store->log_pages > LOG_PAGES_MAX) {
        store->failure = checkpoint(store, SQLITE_CHECKPOINT_PASSIVE);
    }
    return MJL_OK;
}

static int note_log_pages(void *context, sqlite3 *database, const char *name, int pages)
{
    (void)database;
    (void)name;
    sqlite_store *store = context;
    store->log_pages = pages;
    return SQLITE_OK;
}

static void close_store(void *context)
{
    sqlite_store *store = context;
    for (int i = 0; i < STATEMENTS_COUNT; i++)
        sqlite3_finalize(store->statements[i]);
    const int code = sqlite3_close(store->database);
    assert(code == SQLITE_OK);
    (void)code;
    free(store);
}

/* ---- Opening ---- */

static mjl_result execute(sqlite_store *store, const char *sql)
{
    return result_of(store, sqlite3_exec(store->database, sql, NULL, NULL, NULL));
}

/* The answer of a statement that has one row and one column; as text, if `text` is not NULL then
 * compared with it (STORE_FAILED when it differs). */
static mjl_result query(sqlite_store *store, const char *sql, int64_t *number, const char *text)
{
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(store->database, sql, -1, &row, NULL);
    if (code == SQLITE_OK) code = sqlite3_step(row);
    mjl_result result = result_of(store, code);
    if (code == SQLITE_ROW && number != NULL) *number = sqlite3_column_int64(row, 0);
    if (code == SQLITE_ROW && text != NULL) {
        const char *answer = (const char *)sqlite3_column_text(row, 0);
        if (answer == NULL || strcmp(answer, text) != 0) result = MJL_STORE_FAILED;
    }
    if (code == SQLITE_DONE) result = MJL_STORE_DAMAGED;
    sqlite3_finalize(row);
    return result;
}

/* A file is attacker input also to SQLite: nothing in its schema may run. */
static mjl_result harden(sqlite_store *store)
{
    sqlite3 *database = store->database;
    sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_limit(database, SQLITE_LIMIT_LENGTH, MJL_STORE_VALUE_SIZE_MAX + 1024);
    sqlite3_wal_autocheckpoint(database, 0);
    sqlite3_wal_hook(database, note_log_pages, store);
    /* The lock mode before all that reads the file: so WAL never uses shared memory. */
    const mjl_result result = query(store, "PRAGMA locking_mode = EXCLUSIVE", NULL, "exclusive");
    if (result != MJL_OK) return result;
    return execute(store, "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; "
                          "PRAGMA temp_store = MEMORY; PRAGMA synchronous = FULL");
}

/* In a rollback journal, before WAL: so the header of the file itself always says what it is. */
static mjl_result make_schema(sqlite_store *store)
{
    mjl_result result = execute(store, "BEGIN EXCLUSIVE");
    if (result == MJL_OK) result = execute(store, schema_sql);
    if (result == MJL_OK) {
        char pragmas[96];
        sqlite3_snprintf(sizeof pragmas, pragmas,
                         "PRAGMA application_id = %d; PRAGMA user_version = %d",
                         MJL_SQLITE_APPLICATION_ID, MJL_SQLITE_FORMAT);
        result = execute(store, pragmas);
    }
    return result == MJL_OK ? execute(store, "COMMIT") : result;
}

static mjl_result check_schema(sqlite_store *store)
{
    int64_t number = 0;
    mjl_result result = query(store, "PRAGMA application_id", &number, NULL);
    if (result != MJL_OK) return result;
    if (number != MJL_SQLITE_APPLICATION_ID) return MJL_STORE_FOREIGN;
    result = query(store, "PRAGMA user_version", &number, NULL);
    if (result != MJL_OK) return result;
    if (number != MJL_SQLITE_FORMAT) return MJL_UNKNOWN_VERSION;
    result = query(store, "SELECT count(*) FROM sqlite_schema", &number, NULL);
    if (result != MJL_OK) return result;
    if (number != 1) return MJL_STORE_DAMAGED;
    result = query(store, "SELECT sql FROM sqlite_schema", NULL, schema_sql);
    return result == MJL_STORE_FAILED ? MJL_STORE_DAMAGED : result;
}

static mjl_result prepare_statements(sqlite_store *store)
{
    for (int i = 0; i < STATEMENTS_COUNT; i++) {
        const int code = sqlite3_prepare_v3(store->database, statement_sql[i], -1,
                                            SQLITE_PREPARE_PERSISTENT, &store->statements[i], NULL);
        if (code != SQLITE_OK) return result_of(store, code);
    }
    return MJL_OK;
}

static mjl_result open_database(sqlite_store *store, const char *full_path)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
                      SQLITE_OPEN_EXRESCODE;
    const int code = sqlite3_open_v2(full_path, &store->database, flags, NULL);
    if (code != SQLITE_OK) return result_of(store, code);
    if (sqlite3_db_readonly(store->database, "main") != 0) return MJL_STORE_UNREADABLE;
    return harden(store);
}

static mjl_result set_up(sqlite_store *store, const char *full_path, mjl_store_opening opening)
{
    mjl_result result = open_database(store, full_path);
    if (result != MJL_OK) return result;
    int64_t pages = 0;
    result = query(store, "PRAGMA page_count", &pages, NULL);
    if (result != MJL_OK) return result;
    if (pages == 0 && opening == MJL_STORE_OPEN_EXISTING) return MJL_STORE_MISSING;
    if (pages == 0) result = make_schema(store);
    if (result == MJL_OK) result = check_schema(store);
    if (result == MJL_OK) result = query(store, "PRAGMA journal_mode = WAL", NULL, "wal");
    if (result == MJL_OK) result = execute(store, "PRAGMA secure_delete = ON");
    if (result == MJL_OK) result = checkpoint(store, SQLITE_CHECKPOINT_TRUNCATE);
    /* WAL took the lock already; asked for, so that nothing depends on when it does. */
    if (result == MJL_OK) result = execute(store, "BEGIN EXCLUSIVE; COMMIT");
    if (result == MJL_OK) result = prepare_statements(store);
    return result;
}

mjl_result mjl_store_sqlite_open(const char *path, mjl_store_opening opening, mjl_store **store)
{
    char *full_path = NULL;
    mjl_result result = mjl_sqlite_file_prepare(path, opening, &full_path);
    if (result != MJL_OK) return result;
    sqlite_store *made = calloc(1, sizeof *made);
    result = made == NULL ? MJL_OUT_OF_MEMORY : set_up(made, full_path, opening);
    sqlite3_free(full_path);
    const mjl_store_backend backend = {made, load, get, apply, close_store};
    if (result == MJL_OK) result = mjl_store_new(&backend, store);
    if (result != MJL_OK && made != NULL) close_store(made);
    return result;
}
