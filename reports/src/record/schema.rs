//! The shape of `run.db`.

use rusqlite::Connection;

/// Version of the tables and of what their columns mean, kept in `PRAGMA user_version`.
///
/// Raise it when an older program would misread a record: a column removed or of new meaning, a
/// new routing blob format. A new table or a new nullable column needs no raise. A program reads
/// every version up to its own and refuses newer ones by number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct SchemaVersion(pub(super) i32);

impl SchemaVersion {
    /// The version written by this program.
    pub(super) const CURRENT: Self = Self(1);
}

/// Marks the file as ours (`PRAGMA application_id`): "hRUN".
pub(super) const APPLICATION_ID: i32 = i32::from_be_bytes(*b"hRUN");

const TABLES: &str = "
    CREATE TABLE run (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE models (alias TEXT PRIMARY KEY, position INTEGER NOT NULL, manifest TEXT NOT NULL);
    CREATE TABLE tasks (name TEXT PRIMARY KEY, position INTEGER NOT NULL, manifest TEXT NOT NULL);
    CREATE TABLE groups (name TEXT PRIMARY KEY, position INTEGER NOT NULL, manifest TEXT NOT NULL);
    CREATE TABLE windows (
        model TEXT NOT NULL, task TEXT NOT NULL, number INTEGER NOT NULL,
        first_doc INTEGER NOT NULL, end_doc INTEGER NOT NULL,
        routing BLOB NOT NULL, work TEXT NOT NULL, digest TEXT NOT NULL,
        PRIMARY KEY (model, task, number)
    );
    CREATE TABLE documents (
        model TEXT NOT NULL, task TEXT NOT NULL, doc_id INTEGER NOT NULL,
        doc_hash TEXT NOT NULL, prompt_hash TEXT NOT NULL, target_hash TEXT NOT NULL,
        cluster TEXT NOT NULL, row_id TEXT,
        target TEXT NOT NULL, responses TEXT NOT NULL, scores TEXT NOT NULL,
        unscored TEXT, sample TEXT, routing BLOB NOT NULL, digest TEXT NOT NULL,
        PRIMARY KEY (model, task, doc_id)
    );
    CREATE TABLE outcomes (
        model TEXT NOT NULL, task TEXT NOT NULL, outcome TEXT NOT NULL,
        PRIMARY KEY (model, task)
    );
";

/// Creates the tables and marks the file; to be called inside a transaction.
pub(super) fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(TABLES)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", SchemaVersion::CURRENT.0)
}

/// What a file says it is.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Nothing was written to it yet.
    Empty,
    /// A record that this program can read.
    Ours,
    /// A record of a newer program.
    Newer(SchemaVersion),
    /// Some other database.
    Foreign,
}

/// Reads the marks of a file.
pub(super) fn kind(connection: &Connection) -> rusqlite::Result<Kind> {
    let number =
        |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    let version = SchemaVersion(number("user_version")?);
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(match number("application_id")? {
        0 if tables == 0 && version.0 == 0 => Kind::Empty,
        APPLICATION_ID if version > SchemaVersion::CURRENT => Kind::Newer(version),
        APPLICATION_ID => Kind::Ours,
        _ => Kind::Foreign,
    })
}

/// Settings of a writing connection. WAL with synchronous=FULL keeps every committed window
/// through a power cut; where the file system has no shared memory SQLite stays with a rollback
/// journal, which is as safe.
pub(super) fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "cell_size_check", true)
}
