use std::fs::File;
use std::path::{Path, PathBuf};

use ureq::Body;
use ureq::http::Response;

use super::announcement::Announcement;
use super::answer::check;
use super::blob::Partial;
use super::client::{Client, Method};
use super::path::inside;
use super::patience::Failure;
use super::repository::Repository;
use super::snapshot::{CachedRepository, make_parent};
use super::{HubError, HubSettings, Progress};

/// Brings files of one commit into the cache.
pub(super) struct Download<'a> {
    pub(super) client: &'a Client,
    pub(super) settings: &'a HubSettings,
    pub(super) repository: &'a Repository,
    pub(super) cached: &'a CachedRepository,
    pub(super) commit: &'a str,
}

impl Download<'_> {
    /// Brings a file into the snapshot, unless it is there.
    ///
    /// # Errors
    /// Any [`HubError`] but `Offline`.
    pub(super) fn file(&self, name: &str) -> Result<PathBuf, HubError> {
        if let Some(path) = self.in_snapshot(name)? {
            return Ok(path);
        }
        let etag = self.content(name)?;
        self.cached.link(self.commit, name, &etag)
    }

    /// Brings files into the snapshot; the first name appears last, so that a snapshot that has it has them all.
    ///
    /// # Errors
    /// Any [`HubError`] but `Offline`.
    pub(super) fn files(&self, names: &[String]) -> Result<Vec<PathBuf>, HubError> {
        let here: Result<Option<Vec<PathBuf>>, HubError> =
            names.iter().map(|name| self.in_snapshot(name)).collect();
        if let Some(paths) = here? {
            return Ok(paths);
        }
        let contents: Result<Vec<String>, HubError> =
            names.iter().map(|name| self.content(name)).collect();
        let mut paths: Vec<PathBuf> = Vec::with_capacity(names.len());
        for (name, etag) in names.iter().zip(contents?).rev() {
            paths.push(self.cached.link(self.commit, name, &etag)?);
        }
        paths.reverse();
        Ok(paths)
    }

    fn in_snapshot(&self, name: &str) -> Result<Option<PathBuf>, HubError> {
        self.cached.file(self.commit, inside(name, &self.repository.id)?)
    }

    /// Brings a file's content among the blobs and tells its ETag.
    fn content(&self, name: &str) -> Result<String, HubError> {
        let announced = Announcement::fetch(self.client, self.repository, &self.url(name), name)?;
        let blob = self.cached.blob(&announced.etag);
        make_parent(&blob)?;
        let _lock = lock(&self.cached.lock(&announced.etag))?;
        if !blob.exists() {
            let incomplete = blob.with_file_name(format!("{}.incomplete", announced.etag));
            self.fetch(name, &announced, &incomplete, &blob)?;
        }
        Ok(announced.etag)
    }

    fn url(&self, name: &str) -> String {
        self.client.url(&self.repository.file_path(self.commit, name))
    }

    /// What arrives wrong is thrown away and fetched once more from the start.
    fn fetch(
        &self,
        name: &str,
        announced: &Announcement,
        incomplete: &Path,
        blob: &Path,
    ) -> Result<(), HubError> {
        let mut partial = Partial::open(incomplete, &announced.etag, announced.size)?;
        for last in [false, true] {
            self.transfer(name, announced, &mut partial)?;
            let Some((expected, got)) = partial.fault() else {
                return partial.keep(blob);
            };
            partial.restart()?;
            if last {
                let _ = std::fs::remove_file(incomplete);
                let file = format!("{}/{name}", self.repository.id);
                return Err(HubError::Integrity { file, expected, got });
            }
        }
        Ok(())
    }

    /// Appends until the file is complete, going on where a connection broke off. The hub is asked each time anew:
    /// the addresses that it redirects to expire.
    fn transfer(
        &self,
        name: &str,
        announced: &Announcement,
        partial: &mut Partial<'_>,
    ) -> Result<(), HubError> {
        let file = format!("{}/{name}", self.repository.id);
        let progress = |done| {
            if let Some(hook) = &self.settings.progress {
                let total = announced.size;
                hook(Progress { file: &file, done, total });
            }
        };
        let url = self.url(name);
        self.client.insist(&url, || {
            if partial.is_full() {
                return Ok(());
            }
            let response = self.rest(name, &url, partial)?;
            partial.append(response.into_body().into_reader(), &progress)
        })
    }

    /// The response with the bytes that are still missing; servers without ranges send all of them again.
    fn rest(
        &self,
        name: &str,
        url: &str,
        partial: &mut Partial<'_>,
    ) -> Result<Response<Body>, Failure> {
        let from = partial.length();
        let response = self.client.attempt(Method::Get { from }, url)?;
        let status = response.status().as_u16();
        if from > 0 && status != 206 {
            partial.restart()?;
        }
        if from > 0 && status == 416 {
            return Err(Failure::Temporary {
                reason: "it has fewer bytes than are here".to_owned(),
                retry_after: None,
                progress: false,
            });
        }
        check(&response, self.repository, Some(name))?;
        Ok(response)
    }
}

/// Waits until no other process downloads the same content; the lock ends with the returned file.
fn lock(path: &Path) -> Result<File, HubError> {
    make_parent(path)?;
    let file = File::create(path).map_err(HubError::io(path))?;
    match file.lock() {
        // Some network file systems have no locks; then two downloads of one file at once stay possible.
        Err(error) if error.kind() == std::io::ErrorKind::Unsupported => Ok(file),
        Err(source) => Err(HubError::Io { path: path.to_owned(), source }),
        Ok(()) => Ok(file),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::{Arc, Mutex};

    use super::super::testing::{COMMIT, Reply, Request, TestServer, etag, settings};
    use super::*;

    const NAME: &str = "model.safetensors";
    const CONTENT: &str = "0123456789";

    fn download(server: &TestServer, folder: &Path) -> Result<String, HubError> {
        download_with(&settings(folder, server))
    }

    fn download_with(settings: &HubSettings) -> Result<String, HubError> {
        let repository = Repository::model("o/n").unwrap();
        let download = Download {
            client: &Client::new(settings)?,
            cached: &CachedRepository::new(&settings.cache, &repository),
            repository: &repository,
            commit: COMMIT,
            settings,
        };
        let path = download.file(NAME)?;
        Ok(std::fs::read_to_string(path).unwrap())
    }

    fn reply(request: &Request) -> Reply {
        let from = request.from();
        let reply = Reply::ok(&CONTENT[from..]).header("ETag", &etag(NAME, CONTENT.as_bytes()));
        if from > 0 { reply.with_status(206) } else { reply }
    }

    /// A server whose n-th answer to a `GET` is up to a function.
    fn server(answer: impl Fn(u32, Reply) -> Reply + Send + 'static) -> TestServer {
        let calls = AtomicU32::new(0);
        TestServer::start(move |request| match request.method.as_str() {
            "HEAD" => reply(request),
            _ => answer(calls.fetch_add(1, Ordering::SeqCst), reply(request)),
        })
    }

    fn offsets(server: &TestServer) -> Vec<usize> {
        let gets = server.requests().into_iter().filter(|r| r.method == "GET");
        gets.map(|request| request.from()).collect()
    }

    #[test]
    fn a_cut_connection_is_resumed_where_it_broke() {
        let folder = tempfile::tempdir().unwrap();
        let server = server(|call, reply| if call < 6 { reply.cut_after(1) } else { reply });
        assert_eq!(download(&server, folder.path()).unwrap(), CONTENT);
        assert_eq!(offsets(&server), [0, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn an_earlier_process_s_bytes_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let server = server(|_, reply| reply);
        let name = format!("{}.incomplete", etag(NAME, CONTENT.as_bytes()));
        let path = folder.path().join("hub/models--o--n/blobs").join(name);
        make_parent(&path).unwrap();
        std::fs::write(&path, "0123").unwrap();
        assert_eq!(download(&server, folder.path()).unwrap(), CONTENT);
        assert_eq!(offsets(&server), [4]);
        assert!(!path.exists());
    }

    #[test]
    fn a_damaged_rest_is_fetched_once_more_from_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let server = server(|call, reply| if call == 0 { Reply::ok("012345678X") } else { reply });
        assert_eq!(download(&server, folder.path()).unwrap(), CONTENT);
        assert_eq!(offsets(&server), [0, 0]);
    }

    #[test]
    fn a_wrong_checksum_is_an_error_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let server = server(|_, _| Reply::ok("012345678X"));
        let error = download(&server, folder.path()).unwrap_err();
        assert!(matches!(error, HubError::Integrity { .. }), "{error}");
        let blobs = folder.path().join("hub/models--o--n/blobs");
        assert_eq!(std::fs::read_dir(blobs).unwrap().count(), 0);
        assert!(!folder.path().join("hub/models--o--n/snapshots").exists());
    }

    #[test]
    fn a_server_without_ranges_sends_all_of_it_again() {
        let folder = tempfile::tempdir().unwrap();
        let server = server(|call, reply| match call {
            0 => reply.cut_after(5),
            _ => Reply::ok(CONTENT),
        });
        assert_eq!(download(&server, folder.path()).unwrap(), CONTENT);
        assert_eq!(offsets(&server), [0, 5]);
    }

    #[test]
    fn a_server_without_ranges_that_always_cuts_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let server = server(|_, _| Reply::ok(CONTENT).cut_after(9));
        let error = download(&server, folder.path()).unwrap_err();
        assert!(error.is_temporary(), "{error}");
        assert_eq!(offsets(&server), [0, 9, 9, 9]);
    }

    #[test]
    fn progress_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let server = server(|_, reply| reply);
        let mut settings = settings(folder.path(), &server);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&seen);
        settings.progress = Some(Arc::new(move |progress: Progress<'_>| {
            let line = (progress.file.to_owned(), progress.done, progress.total);
            sink.lock().unwrap().push(line);
        }));
        download_with(&settings).unwrap();
        let last = seen.lock().unwrap().last().cloned();
        assert_eq!(last, Some(("o/n/model.safetensors".into(), 10, Some(10))));
    }
}
