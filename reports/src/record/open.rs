//! Opening a record.

use std::path::{Path, PathBuf};

use rusqlite::{
    Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::lock::RunLock;
use super::schema::{self, Kind, SchemaVersion};
use super::{RecordError, details, difference, statistics};
use crate::manifest::Manifest;

const FILE: &str = "run.db";

/// An open run record.
#[derive(Debug)]
pub struct Record {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    manifest: Manifest,
    created: u64,
    /// Whether SQLite's helper files are there because of this reader.
    leaves_files: bool,
    _lock: Option<RunLock>,
}

/// SQLite takes its helper files away with the last connection that may write, so that a reader
/// that was alone leaves them behind.
impl Drop for Record {
    fn drop(&mut self) {
        let Some(memory) = Connection::open_in_memory().ok().filter(|_| self.leaves_files) else {
            return;
        };
        drop(std::mem::replace(&mut self.connection, memory));
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let look = |connection: Connection| {
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
        };
        // Where it cannot be written there is nothing to take away, or nothing to be done.
        let _ = Connection::open_with_flags(&self.path, flags).and_then(look);
    }
}

impl Record {
    /// Creates the record of `manifest` in `dir`, or resumes the one that is there, and locks it
    /// until the value is dropped. The manifest is in the file when this returns.
    ///
    /// # Errors
    /// [`RecordError::Locked`] when another process writes to it, [`RecordError::Manifest`] when
    /// the record is of another run, and those of [`Record::read`].
    pub fn open(dir: &Path, manifest: &Manifest) -> Result<Self, RecordError> {
        let folder = |source| RecordError::Folder { path: dir.to_owned(), source };
        std::fs::create_dir_all(dir).map_err(folder)?;
        let lock = RunLock::take(dir)?;
        let path = dir.join(FILE);
        let mut connection = Connection::open(&path).map_err(database(&path, "open"))?;
        schema::prepare(&connection).map_err(database(&path, "open"))?;
        let joined = match check_kind(&connection, &path)? {
            Kind::Empty => manifest.clone(),
            _ => joined(&connection, &path, manifest)?,
        };
        let created = write_manifest(&mut connection, &joined).map_err(database(&path, "write"))?;
        let leaves_files = false;
        Ok(Self { connection, path, manifest: joined, created, leaves_files, _lock: Some(lock) })
    }

    /// Opens an existing record for reading, as it is now; a writer may go on beside.
    ///
    /// # Errors
    /// When there is no record, it is damaged, or a newer program wrote it.
    pub fn read(dir: &Path) -> Result<Self, RecordError> {
        let path = dir.join(FILE);
        if !path.is_file() {
            return Err(RecordError::Absent { path: dir.to_owned() });
        }
        let pending = path.with_extension("db-wal").metadata().map_or(0, |wal| wal.len());
        let leaves_files = pending == 0;
        let connection = open_snapshot(&path).map_err(database(&path, "read"))?;
        if check_kind(&connection, &path)? == Kind::Empty {
            return Err(RecordError::Absent { path: dir.to_owned() });
        }
        quick_check(&connection, &path)?;
        let manifest = read_manifest(&connection, &path)?;
        let created = created(&connection).map_err(database(&path, "read"))?;
        Ok(Self { connection, path, manifest, created, leaves_files, _lock: None })
    }

    /// The manifest, joined over all sessions of the run.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// When the record was created, in seconds since 1970.
    #[must_use]
    pub fn created(&self) -> u64 {
        self.created
    }

    /// The file, `run.db`.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn reading(&self) -> impl Fn(rusqlite::Error) -> RecordError + '_ {
        database(&self.path, "read")
    }
}

/// Wraps an error of SQLite; a file that SQLite cannot make sense of counts as damaged.
pub(super) fn database<'a>(
    path: &'a Path,
    action: &'static str,
) -> impl Fn(rusqlite::Error) -> RecordError + 'a {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    move |source| match source.sqlite_error_code() {
        Some(DatabaseCorrupt | NotADatabase) => {
            RecordError::Damaged { path: path.to_owned(), detail: source.to_string() }
        }
        _ => RecordError::Database { action, path: path.to_owned(), source },
    }
}

fn check_kind(connection: &Connection, path: &Path) -> Result<Kind, RecordError> {
    match schema::kind(connection).map_err(database(path, "read"))? {
        Kind::Foreign => Err(RecordError::Foreign { path: path.to_owned() }),
        Kind::Newer(found) => {
            let known = SchemaVersion::CURRENT.0;
            Err(RecordError::Newer { path: path.to_owned(), found: found.0, known })
        }
        kind => Ok(kind),
    }
}

fn joined(
    connection: &Connection,
    path: &Path,
    manifest: &Manifest,
) -> Result<Manifest, RecordError> {
    quick_check(connection, path)?;
    let old = read_manifest(connection, path)?;
    difference::join(&old, manifest)
        .map_err(|differences| RecordError::Manifest { path: path.to_owned(), differences })
}

fn quick_check(connection: &Connection, path: &Path) -> Result<(), RecordError> {
    let verdict = connection.pragma_query_value(None, "quick_check", |row| row.get::<_, String>(0));
    match verdict.map_err(database(path, "check"))? {
        fine if fine == "ok" => Ok(()),
        detail => Err(RecordError::Damaged { path: path.to_owned(), detail }),
    }
}

/// A read transaction that is held until the connection closes, so that all queries see the same
/// state. On a medium where SQLite cannot create its helper files, a record without pending
/// writes is opened as immutable.
fn open_snapshot(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let snapshot = Connection::open_with_flags(path, flags).and_then(begin);
    let pending = path.with_extension("db-wal").metadata().is_ok_and(|wal| wal.len() > 0);
    if snapshot.is_ok() || pending {
        return snapshot;
    }
    let name = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    Connection::open_with_flags(
        format!("file:{name}?immutable=1"),
        flags | OpenFlags::SQLITE_OPEN_URI,
    )
    .and_then(begin)
}

fn begin(connection: Connection) -> rusqlite::Result<Connection> {
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema;")?;
    Ok(connection)
}

/// Writes the manifest, in one transaction with the tables where the file is new; returns when
/// the record was created.
fn write_manifest(connection: &mut Connection, manifest: &Manifest) -> rusqlite::Result<u64> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if schema::kind(&transaction)? == Kind::Empty {
        schema::create(&transaction)?;
    }
    details::create(&transaction)?;
    statistics::create(&transaction)?;
    let run =
        "INSERT INTO run VALUES ('manifest', ?1) ON CONFLICT DO UPDATE SET value = excluded.value";
    transaction.execute(run, [json(&manifest.run)])?;
    transaction.execute("INSERT OR IGNORE INTO run VALUES ('created', ?1)", [now().to_string()])?;
    put_all(&transaction, "models", "alias", &mut manifest.models.iter())?;
    put_all(&transaction, "tasks", "name", &mut manifest.tasks.iter())?;
    put_all(
        &transaction,
        "groups",
        "name",
        &mut manifest.groups.iter().map(|group| (&group.name, group)),
    )?;
    let created = created(&transaction)?;
    transaction.commit()?;
    Ok(created)
}

fn put_all<'a, T: Serialize + 'a>(
    transaction: &Transaction<'_>,
    table: &str,
    key: &str,
    items: &mut dyn Iterator<Item = (&'a String, &'a T)>,
) -> rusqlite::Result<()> {
    let mut put = transaction.prepare(&format!(
        "INSERT INTO {table} VALUES (?1, ?2, ?3)
         ON CONFLICT ({key}) DO UPDATE SET position = excluded.position, manifest = excluded.manifest"
    ))?;
    for (position, (name, item)) in items.enumerate() {
        put.execute(params![name, position as i64, json(item)])?;
    }
    Ok(())
}

fn read_manifest(connection: &Connection, path: &Path) -> Result<Manifest, RecordError> {
    let run: String = connection
        .query_row("SELECT value FROM run WHERE key = 'manifest'", [], |row| row.get(0))
        .map_err(database(path, "read"))?;
    Ok(Manifest {
        run: parse(path, "the run's settings", &run)?,
        models: get_all(connection, path, "models", "alias")?.into_iter().collect(),
        tasks: get_all(connection, path, "tasks", "name")?.into_iter().collect(),
        groups: get_all(connection, path, "groups", "name")?
            .into_iter()
            .map(|(_, group)| group)
            .collect(),
    })
}

fn get_all<T: DeserializeOwned>(
    connection: &Connection,
    path: &Path,
    table: &str,
    key: &str,
) -> Result<Vec<(String, T)>, RecordError> {
    let query = format!("SELECT {key}, manifest FROM {table} ORDER BY position");
    let read = || -> rusqlite::Result<Vec<(String, String)>> {
        connection.prepare(&query)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    };
    let rows = read().map_err(database(path, "read"))?;
    let item = |(name, text): (String, String)| {
        Ok((name.clone(), parse(path, &format!("{table}: {name}"), &text)?))
    };
    rows.into_iter().map(item).collect()
}

/// Whether the record has a table that older ones lack.
pub(super) fn has_table(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    let exists = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1";
    Ok(connection.query_row(exists, [name], |_| Ok(())).optional()?.is_some())
}

pub(super) fn parse<T: DeserializeOwned>(
    path: &Path,
    row: &str,
    text: &str,
) -> Result<T, RecordError> {
    let damaged = |error: serde_json::Error| RecordError::DamagedRow {
        path: path.to_owned(),
        row: row.to_owned(),
        detail: error.to_string(),
    };
    serde_json::from_str(text).map_err(damaged)
}

pub(super) fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("manifests and rows have string keys and plain values")
}

fn created(connection: &Connection) -> rusqlite::Result<u64> {
    let text: String =
        connection
            .query_row("SELECT value FROM run WHERE key = 'created'", [], |row| row.get(0))?;
    Ok(text.parse().unwrap_or_default())
}

fn now() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}
