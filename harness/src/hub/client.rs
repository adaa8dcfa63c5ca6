use std::time::Duration;

use ureq::http::{Response, Uri, header};
use ureq::{Agent, Body};

use super::address::{origin, redirected, shown};
use super::patience::{Failure, Patience};
use super::{HubError, HubSettings, Token};

/// More hops than any mirror needs.
const LONGEST_CHAIN: usize = 5;

/// How a request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    /// Headers only. Redirects to another origin are answers: they carry the headers that are wanted.
    Head,
    /// The bytes from this offset on. All redirects are followed.
    Get { from: u64 },
}

/// Talks HTTP to the hub.
///
/// Redirects are followed here, not by the HTTP library: the token goes to the endpoint's own origin only, and an
/// `https` endpoint is never left for plain `http`.
pub(super) struct Client {
    agent: Agent,
    endpoint: String,
    token: Option<Token>,
    patience: Patience,
}

impl Client {
    /// A client for the endpoint of these settings.
    ///
    /// # Errors
    /// [`HubError::Setting`] if the endpoint is no address.
    pub(super) fn new(settings: &HubSettings) -> Result<Self, HubError> {
        let uri: Uri = settings.endpoint.parse().map_err(|_| bad_endpoint())?;
        let host = uri.host().ok_or_else(bad_endpoint)?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(bad_endpoint());
        }
        Ok(Self {
            agent: agent(&settings.patience, is_loopback(host)),
            endpoint: settings.endpoint.clone(),
            token: settings.token.clone(),
            patience: settings.patience.clone(),
        })
    }

    /// The address of a path below the endpoint, which is already percent-encoded.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.endpoint)
    }

    /// Makes attempts at something that starts at `url` until one succeeds.
    ///
    /// # Errors
    /// The final failure, or [`HubError::Unreachable`].
    pub(super) fn insist<T>(
        &self,
        url: &str,
        attempt: impl FnMut() -> Result<T, Failure>,
    ) -> Result<T, HubError> {
        let shown = url.parse().map_or_else(|_| "the hub".to_owned(), |uri| shown(&uri));
        self.patience.insist(&shown, attempt)
    }

    /// One attempt: whatever status the last hop answers, unless it says to try again.
    pub(super) fn attempt(&self, method: Method, url: &str) -> Result<Response<Body>, Failure> {
        let mut address: Uri = url.parse().map_err(|_| bad_endpoint())?;
        for _ in 0..LONGEST_CHAIN {
            let response = self.request(method, &address)?;
            let Some(next) = redirected(&response, &address)? else {
                busy(&response)?;
                return Ok(response);
            };
            if method == Method::Head && !self.is_home(&next) {
                return Ok(response);
            }
            address = next;
        }
        let what = format!("{} redirects", shown(&address));
        let reason = "in a circle";
        Err(Failure::Final(HubError::Refused { what, reason }))
    }

    fn request(&self, method: Method, address: &Uri) -> Result<Response<Body>, Failure> {
        let mut request = match method {
            Method::Head => self.agent.head(address),
            Method::Get { .. } => self.agent.get(address),
        };
        if let Method::Get { from } = method
            && from > 0
        {
            request = request.header(header::RANGE, format!("bytes={from}-"));
        }
        if let Some(token) = self.token.as_ref().filter(|_| self.is_home(address)) {
            request = request.header(header::AUTHORIZATION, token.bearer());
        }
        request.call().map_err(|error| failure(&error))
    }

    /// Whether an address belongs to the endpoint, which alone may see the token.
    pub(super) fn is_home(&self, address: &Uri) -> bool {
        let home = self.endpoint.parse().ok();
        home.is_some_and(|home: Uri| origin(&home) == origin(address))
    }
}

fn agent(patience: &Patience, direct: bool) -> Agent {
    let silence = Some(patience.silence);
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .accept_encoding("identity")
        .user_agent(concat!("harness/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(silence)
        .timeout_connect(silence)
        .timeout_recv_response(silence)
        .timeout_per_read(silence);
    let config = if direct { config.proxy(None) } else { config };
    config.build().into()
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host == "[::1]" || host.starts_with("127.")
}

fn bad_endpoint() -> HubError {
    HubError::Setting {
        variable: "HF_ENDPOINT",
        reason: "is no address; it should look like https://huggingface.co".to_owned(),
    }
}

/// Answers that ask to come again: 408, 429 and everything from 500 on.
fn busy(response: &Response<Body>) -> Result<(), Failure> {
    let status = response.status().as_u16();
    if !matches!(status, 408 | 429 | 500..) {
        return Ok(());
    }
    let asked = response.headers().get(header::RETRY_AFTER);
    let seconds = asked.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    Err(Failure::Temporary {
        reason: format!("it answered {status}"),
        retry_after: seconds.map(Duration::from_secs),
        progress: false,
    })
}

/// A request that brought no answer. Some of the library's messages quote addresses, which may hold secrets.
fn failure(error: &ureq::Error) -> Failure {
    let reason = match error {
        ureq::Error::Http(_) => {
            return Failure::Final(HubError::Setting {
                variable: "HF_TOKEN",
                reason: "holds characters that no token has".to_owned(),
            });
        }
        ureq::Error::InvalidProxyUrl => {
            return Failure::Final(HubError::Setting {
                variable: "HTTPS_PROXY",
                reason: "is no address of a proxy".to_owned(),
            });
        }
        ureq::Error::BadUri(_) => "a bad address".to_owned(),
        other => other.to_string(),
    };
    Failure::Temporary { reason, retry_after: None, progress: false }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::super::testing::{Reply, TestServer, settings};
    use super::*;

    fn client(server: &TestServer, token: &str) -> Client {
        let folder = std::env::temp_dir();
        let mut settings = settings(&folder, server);
        settings.token = Token::new(token);
        Client::new(&settings).unwrap()
    }

    fn get(client: &Client, url: &str) -> Result<Response<Body>, HubError> {
        client.insist(url, || client.attempt(Method::Get { from: 0 }, url))
    }

    #[test]
    fn the_token_stays_at_home() {
        let away = TestServer::start(|_| Reply::ok("away"));
        let elsewhere = format!("{}/cdn?signature=1", away.url());
        let home = TestServer::start(move |request| match request.path.as_str() {
            "/moved" => Reply::status(307).header("Location", "/here"),
            "/here" => Reply::status(302).header("Location", &elsewhere),
            _ => Reply::status(404),
        });
        let client = client(&home, "hf_secret");
        let response = get(&client, &client.url("moved")).unwrap();
        assert_eq!(response.into_body().read_to_string().unwrap(), "away");
        let tokens = |server: &TestServer| -> Vec<bool> {
            let requests = server.requests();
            let sent =
                |request: &super::super::testing::Request| request.has_header("authorization");
            requests.iter().map(sent).collect()
        };
        assert_eq!(tokens(&home), [true, true]);
        assert_eq!(tokens(&away), [false]);
    }

    #[test]
    fn a_busy_hub_is_asked_again_after_the_pause_it_asks_for() {
        let calls = AtomicU32::new(0);
        let server = TestServer::start(move |_| match calls.fetch_add(1, Ordering::SeqCst) {
            0 => Reply::status(429).header("Retry-After", "7"),
            1 => Reply::status(503),
            _ => Reply::ok("fine"),
        });
        let client = client(&server, "");
        assert!(get(&client, &client.url("x")).is_ok());
        let pauses = server.pauses();
        assert_eq!(pauses.len(), 2);
        assert!(pauses[0] >= Duration::from_secs(7), "{pauses:?}");
    }

    #[test]
    fn patience_ends() {
        let server = TestServer::start(|_| Reply::status(502));
        let client = client(&server, "hf_secret");
        let error = get(&client, &client.url("x?secret=1")).err().unwrap();
        assert!(error.is_temporary());
        let text = format!("{error} {error:?}");
        assert!(text.contains("it answered 502") && text.contains("3 attempts"));
        assert!(!text.contains("secret"), "{text}");
        assert_eq!(server.requests().len(), 3);
    }

    #[test]
    fn a_circle_is_refused() {
        let server = TestServer::start(|_| Reply::status(302).header("Location", "/x"));
        let client = client(&server, "");
        let result = get(&client, &client.url("x"));
        assert!(matches!(result, Err(HubError::Refused { .. })));
    }

    #[test]
    fn a_closed_port_is_temporary() {
        let server = TestServer::start(|_| Reply::status(404));
        let client = client(&server, "");
        let error = get(&client, "http://127.0.0.1:1/x").err().unwrap();
        assert!(error.is_temporary(), "{error}");
        assert_eq!(server.requests().len(), 0);
    }

    #[test]
    fn a_bad_endpoint_is_a_setting() {
        let server = TestServer::start(|_| Reply::status(404));
        let mut settings = settings(&std::env::temp_dir(), &server);
        for endpoint in ["huggingface.co", "ftp://x", "https://", "h t"] {
            settings.endpoint = endpoint.to_owned();
            assert!(matches!(Client::new(&settings), Err(HubError::Setting { .. })), "{endpoint}");
        }
    }
}
