//! How often somebody may ask: counted for each account, and for each address without one.
//!
//! Conventions: each process counts for itself, in memory. Of every caller one instant is kept, at which their allowance
//! is whole again (the generic cell rate algorithm): a request moves it on by the time one request costs.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use service::error::refusal;
use service::{App, Error, users};
use uuid::Uuid;

use crate::extract;
use crate::problem::Refused;

/// Where guessing pays: asked less often than the rest.
const STRICT: [&str; 5] = ["/users/login", "/users/register", "/users/refresh", "/users/change-password", "/setup"];

/// Callers of whom nothing is known any more are forgotten once so many are known.
const CALLERS_MIN: usize = 10_000;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Who {
    Account(Uuid),
    Address(IpAddr),
}

/// What is left of somebody's allowance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Left {
    requests: u32,
    /// Until all are there again.
    whole_in: Duration,
}

/// Counts requests.
#[derive(Debug)]
struct Counter {
    per_minute: u32,
    whole_at: Mutex<HashMap<Who, Instant>>,
}

impl Counter {
    fn new(per_minute: u32) -> Self {
        Self { per_minute, whole_at: Mutex::default() }
    }

    /// What is left after this request, or how long until it is possible.
    fn count(&self, who: Who, now: Instant) -> Result<Left, Duration> {
        let minute = Duration::from_secs(60);
        let one = minute / self.per_minute;
        let mut whole_at = self.whole_at.lock().unwrap_or_else(PoisonError::into_inner);
        if whole_at.len() >= CALLERS_MIN && whole_at.len() == whole_at.capacity() {
            whole_at.retain(|_, at| *at > now);
        }
        let at = whole_at.get(&who).copied().unwrap_or(now).max(now) + one;
        let ahead = at - now;
        if ahead > minute {
            return Err(ahead - minute);
        }
        whole_at.insert(who, at);
        let requests = ((minute - ahead).as_nanos() / one.as_nanos()) as u32;
        Ok(Left { requests, whole_in: ahead })
    }
}

/// The counters of a server.
#[derive(Debug)]
pub(crate) struct Limits {
    app: Arc<App>,
    all: Counter,
    strict: Counter,
    proxies: Vec<IpAddr>,
}

impl Limits {
    pub(crate) fn new(app: &Arc<App>) -> Arc<Self> {
        Arc::new(Self {
            all: Counter::new(app.config.requests_per_minute_max),
            strict: Counter::new(app.config.logins_per_minute_max),
            proxies: app.config.proxies().unwrap_or_default(),
            app: Arc::clone(app),
        })
    }
}

/// Refuses requests beyond the allowance, and tells the others what is left of it.
pub(crate) async fn layer(State(limits): State<Arc<Limits>>, request: Request, next: Next) -> Response {
    let strict = request.method() == Method::POST && STRICT.contains(&request.uri().path());
    let address = Who::Address(address(&request, &limits.proxies));
    let (counter, who) = if strict {
        (&limits.strict, address)
    } else {
        let token = extract::token(request.method(), request.headers());
        let account = token.and_then(|token| users::account_of(&limits.app, &token));
        (&limits.all, account.map_or(address, Who::Account))
    };
    if counter.per_minute == 0 {
        return next.run(request).await;
    }
    match counter.count(who, Instant::now()) {
        Ok(left) => {
            let mut response = next.run(request).await;
            tell(response.headers_mut(), counter.per_minute, left);
            response
        }
        Err(wait) => {
            let mut response = refuse(counter.per_minute, wait).into_response();
            let left = Left { requests: 0, whole_in: wait + Duration::from_secs(60) };
            tell(response.headers_mut(), counter.per_minute, left);
            response
        }
    }
}

fn refuse(per_minute: u32, wait: Duration) -> Refused {
    let retry_after_s = whole_seconds(wait);
    Refused(Error::Limited {
        refusal: refusal(
            "rate_limited",
            format!("More than {per_minute} requests a minute; the next is possible in {retry_after_s} s."),
            "Wait as long as Retry-After says, and ask less often.",
        ),
        retry_after_s,
    })
}

fn tell(headers: &mut HeaderMap, per_minute: u32, left: Left) {
    for (name, value) in [
        ("ratelimit-limit", u64::from(per_minute)),
        ("ratelimit-remaining", u64::from(left.requests)),
        ("ratelimit-reset", whole_seconds(left.whole_in)),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
}

fn whole_seconds(time: Duration) -> u64 {
    time.as_millis().div_ceil(1000) as u64
}

/// Where a request comes from: its connection, or the last address named by a proxy that is believed.
pub(crate) fn address(request: &Request, proxies: &[IpAddr]) -> IpAddr {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let mut address = peer.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| peer.to_canonical());
    let named = request.headers().get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let named: Vec<&str> = named.flat_map(|value| value.split(',')).map(str::trim).collect();
    for name in named.iter().rev() {
        if !proxies.contains(&address) {
            break;
        }
        let Ok(next) = name.parse::<IpAddr>() else { break };
        address = next.to_canonical();
    }
    network(address)
}

/// Whoever has one IPv6 address has 2^64 of them.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !(u128::MAX >> 64))),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    const ME: Who = Who::Address(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));

    #[test]
    fn so_many_may_come_at_once_and_then_one_at_a_time() {
        let (counter, start) = (Counter::new(3), Instant::now());
        let left: Vec<u32> = (0..3).map(|_| counter.count(ME, start).unwrap().requests).collect();
        assert_eq!(left, [2, 1, 0]);
        assert_eq!(counter.count(ME, start), Err(Duration::from_secs(20)));
        assert!(counter.count(Who::Account(Uuid::nil()), start).is_ok(), "others are not concerned");
        assert_eq!(counter.count(ME, start + Duration::from_secs(20)).unwrap().requests, 0);
        let later = counter.count(ME, start + Duration::from_secs(200)).unwrap();
        assert_eq!(later, Left { requests: 2, whole_in: Duration::from_secs(20) });
    }

    #[test]
    fn callers_whose_allowance_is_whole_are_forgotten() {
        let (counter, start) = (Counter::new(60), Instant::now());
        for seconds in 0..100_000_u64 {
            let who = Who::Account(Uuid::from_u128(u128::from(seconds)));
            counter.count(who, start + Duration::from_secs(seconds)).unwrap();
        }
        assert!(counter.whole_at.lock().unwrap().len() <= 2 * CALLERS_MIN);
    }

    #[test]
    fn only_proxies_that_are_trusted_are_believed() {
        let from = |peer: &str, forwarded: &str, proxies: &[&str]| {
            let mut request = Request::get("/").header("x-forwarded-for", forwarded).body(Body::empty()).unwrap();
            request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 4000)));
            let proxies: Vec<IpAddr> = proxies.iter().map(|proxy| proxy.parse().unwrap()).collect();
            address(&request, &proxies).to_string()
        };
        assert_eq!(from("203.0.113.9", "198.51.100.1", &[]), "203.0.113.9");
        assert_eq!(from("10.0.0.1", "192.0.2.66, 198.51.100.1", &["10.0.0.1"]), "198.51.100.1");
        assert_eq!(from("10.0.0.1", "198.51.100.1, 10.0.0.2", &["10.0.0.1", "10.0.0.2"]), "198.51.100.1");
        assert_eq!(from("10.0.0.1", "nonsense", &["10.0.0.1"]), "10.0.0.1");
        assert_eq!(from("2001:db8:1:2:3:4:5:6", "", &[]), "2001:db8:1:2::");
        assert_eq!(from("::ffff:10.0.0.1", "198.51.100.1", &["10.0.0.1"]), "198.51.100.1");
    }
}
