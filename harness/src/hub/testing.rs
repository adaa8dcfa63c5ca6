//! A hub for tests: a loopback HTTP server that records what it is asked.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::{HubSettings, Patience};

/// The commit of every revision of a [`fake hub`](repository).
pub(super) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234560";

/// What the server was asked.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    headers: Vec<(String, String)>,
}

impl Request {
    pub(super) fn has_header(&self, name: &str) -> bool {
        self.header(name).is_some()
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The offset that a `Range` header asks for.
    pub(super) fn from(&self) -> usize {
        let range = self.header("range").and_then(|v| v.strip_prefix("bytes="));
        range.map_or(0, |v| v.trim_end_matches('-').parse().unwrap())
    }
}

/// What the server answers.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    cut_after: Option<usize>,
}

impl Reply {
    pub(super) fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), cut_after: None }
    }

    pub(super) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..Self::status(200) }
    }

    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The connection ends after so many bytes of the body.
    pub(super) fn cut_after(mut self, bytes: usize) -> Self {
        self.cut_after = Some(bytes);
        self
    }

    fn write(&self, stream: &mut TcpStream, head: bool) -> std::io::Result<()> {
        let mut text = format!("HTTP/1.1 {} -\r\nConnection: close\r\n", self.status);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("Content-Length: {}\r\n\r\n", self.body.len()));
        stream.write_all(text.as_bytes())?;
        let end = self.cut_after.unwrap_or(self.body.len());
        stream.write_all(if head { &[] } else { &self.body[..end] })
    }
}

/// A loopback HTTP server; it ends with the test.
pub(super) struct TestServer {
    url: String,
    requests: Arc<Mutex<Vec<Request>>>,
    pauses: Arc<Mutex<Vec<Duration>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl TestServer {
    pub(super) fn start(answer: impl Fn(&Request) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let thread = {
            let (requests, stop) = (Arc::clone(&requests), Arc::clone(&stop));
            std::thread::spawn(move || serve(&listener, &requests, &stop, &answer))
        };
        Self { url, requests, pauses: Arc::default(), stop, thread: Some(thread) }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Everything that was asked so far.
    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// `METHOD path` of everything that was asked so far.
    pub(super) fn asked(&self) -> Vec<String> {
        let line = |request: &Request| format!("{} {}", request.method, request.path);
        self.requests().iter().map(line).collect()
    }

    /// The pauses that a client with [`settings`] made.
    pub(super) fn pauses(&self) -> Vec<Duration> {
        self.pauses.lock().unwrap().clone()
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(
    listener: &TcpListener,
    requests: &Mutex<Vec<Request>>,
    stop: &AtomicBool,
    answer: &dyn Fn(&Request) -> Reply,
) {
    for stream in listener.incoming().take(1_000) {
        if stop.load(Ordering::SeqCst) {
            return;
        }
        let Ok(mut stream) = stream else { return };
        let Some(request) = read(&stream) else {
            continue;
        };
        let reply = answer(&request);
        let head = request.method == "HEAD";
        requests.lock().unwrap().push(request);
        let _ = reply.write(&mut stream, head);
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let mut lines = BufReader::new(stream.take(64 * 1024)).lines();
    let first = lines.next()?.ok()?;
    let mut words = first.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    for line in lines.map_while(Result::ok).take_while(|l| !l.is_empty()) {
        let (name, value) = line.split_once(": ")?;
        headers.push((name.to_owned(), value.to_owned()));
    }
    Some(Request { method, path, headers })
}

/// Settings with an empty cache below `folder`, the server as the hub, and pauses that are noted instead of made.
pub(super) fn settings(folder: &Path, server: &TestServer) -> HubSettings {
    let pauses = Arc::clone(&server.pauses);
    HubSettings {
        cache: folder.join("hub"),
        endpoint: server.url.clone(),
        token: None,
        offline: false,
        patience: Patience {
            attempts: 3,
            first_pause: Duration::from_millis(10),
            longest_pause: Duration::from_secs(60),
            silence: Duration::from_secs(5),
            sleep: Arc::new(move |pause| pauses.lock().unwrap().push(pause)),
        },
        progress: None,
    }
}

/// Files of a repository, by revision and name.
pub(super) type Files = BTreeMap<(String, String), Vec<u8>>;

/// Files of the revision `main`.
pub(super) fn files(entries: &[(&str, &str)]) -> Files {
    files_at("main", entries)
}

/// Files of a revision.
pub(super) fn files_at(revision: &str, entries: &[(&str, &str)]) -> Files {
    let entry = |(name, text): &(&str, &str)| {
        let key = (revision.to_owned(), (*name).to_owned());
        (key, text.as_bytes().to_vec())
    };
    entries.iter().map(entry).collect()
}

/// Answers like the hub for one repository, `kind` being `models` or `datasets`. Each revision's commit is
/// [`COMMIT`] with its last digit counted up. Names in `.safetensors` and `.parquet` are large files: their ETag is
/// a SHA-256; the others' is git's blob id.
pub(super) fn repository(
    kind: &str,
    id: &str,
    files: &Files,
) -> impl Fn(&Request) -> Reply + use<> {
    let description = format!("/api/{kind}/{id}/revision/");
    let prefix = if kind == "models" { "" } else { "datasets/" };
    let resolve = format!("/{prefix}{id}/resolve/");
    let files = files.clone();
    move |request| {
        if let Some(revision) = request.path.strip_prefix(&description) {
            return describe(&files, &revision.replace("%2F", "/"));
        }
        let file = request.path.strip_prefix(&resolve);
        match file.and_then(|rest| rest.split_once('/')) {
            Some((commit, name)) => send(&files, commit, name, request),
            None => Reply::status(401).header("X-Error-Code", "RepoNotFound"),
        }
    }
}

fn commits(files: &Files) -> BTreeMap<String, String> {
    let mut revisions: Vec<&String> = files.keys().map(|(revision, _)| revision).collect();
    revisions.dedup();
    let commit = |number: usize| format!("{}{number}", &COMMIT[..39]);
    let numbered = revisions.into_iter().enumerate();
    numbered.map(|(number, revision)| (revision.clone(), commit(number))).collect()
}

fn describe(files: &Files, revision: &str) -> Reply {
    let commits = commits(files);
    let known = commits.iter().find(|(name, commit)| *name == revision || *commit == revision);
    let Some((revision, commit)) = known else {
        return Reply::status(404).header("X-Error-Code", "RevisionNotFound");
    };
    let names = files.keys().filter(|(known, _)| known == revision);
    let siblings: Vec<_> = names.map(|(_, name)| serde_json::json!({"rfilename": name})).collect();
    Reply::ok(serde_json::json!({"sha": commit, "siblings": siblings}).to_string())
}

fn send(files: &Files, commit: &str, name: &str, request: &Request) -> Reply {
    let commits = commits(files);
    let revision = commits.iter().find(|(_, known)| *known == commit);
    let body = revision.and_then(|(revision, _)| files.get(&(revision.clone(), name.to_owned())));
    let Some(body) = body else {
        return Reply::status(404).header("X-Error-Code", "EntryNotFound");
    };
    let from = request.from();
    Reply::ok(&body[from..])
        .with_status(if from == 0 { 200 } else { 206 })
        .header("ETag", &format!("\"{}\"", etag(name, body)))
        .header("X-Repo-Commit", commit)
}

/// The ETag that the hub gives a file.
pub(super) fn etag(name: &str, body: &[u8]) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect();
    if name.ends_with(".safetensors") || name.ends_with(".parquet") {
        return hex(&Sha256::digest(body));
    }
    let blob = [format!("blob {}\0", body.len()).as_bytes(), body].concat();
    hex(&sha1::Sha1::digest(&blob))
}
