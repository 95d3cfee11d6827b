//! Which addresses are called: public ones, so that nobody can make this server talk to its own neighbours.
//!
//! Conventions: a name is resolved once for a call and every address it has must be public; the call then goes to exactly
//! these, so that a name cannot change its mind in between. Redirects are not followed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;

/// Longest address, bytes.
const URL_BYTES_MAX: usize = 2000;

/// Reads the address of a webhook; the reason in words where it is not called.
pub(super) fn check(url: &str, private_allowed: bool) -> Result<Url, String> {
    if url.len() > URL_BYTES_MAX {
        return Err(format!("an address has at most {URL_BYTES_MAX} bytes"));
    }
    let url = Url::parse(url).map_err(|_| "this is not a web address".to_owned())?;
    match url.scheme() {
        "https" => {}
        "http" if private_allowed => {}
        _ => return Err("the address must begin with https://".to_owned()),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("name and password do not belong into the address; calls are signed".to_owned());
    }
    let Some(host) = url.host_str() else { return Err("the address names no host".to_owned()) };
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    if !private_allowed && literal.is_ok_and(|address| !is_public(address)) {
        return Err("addresses in private networks are not called".to_owned());
    }
    Ok(url)
}

/// The addresses to call for a URL, all of them public unless private ones are allowed.
pub(super) async fn resolve(url: &Url, private_allowed: bool) -> Result<Vec<SocketAddr>, String> {
    let host = url.host_str().ok_or("the address names no host")?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = url.port_or_known_default().ok_or("the address has no port")?;
    let found: Vec<SocketAddr> = match tokio::net::lookup_host((host, port)).await {
        Ok(found) => found.collect(),
        Err(_) => return Err("the name of the host was not found".to_owned()),
    };
    if found.is_empty() {
        return Err("the name of the host has no address".to_owned());
    }
    if !private_allowed && found.iter().any(|address| !is_public(address.ip())) {
        return Err("the host is in a private network".to_owned());
    }
    Ok(found)
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let reserved = a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b));
    !(reserved
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation())
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    // Whatever leads to an IPv4 address is as public as that: mapped, compatible, NAT64, 6to4.
    let tail = Ipv4Addr::from((u32::from(parts[6]) << 16) | u32::from(parts[7]));
    match parts {
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => return is_public_v4(tail),
        [0x2002, high, low, ..] => return is_public_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low))),
        _ => {}
    }
    // Of the rest only 2000::/3 is given out, less Teredo, documentation and other small ranges.
    (parts[0] & 0xe000) == 0x2000
        && !(parts[0] == 0x2001 && (parts[1] < 0x0200 || parts[1] == 0x0db8))
        && parts[0] != 0x3fff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_networks_in_every_spelling_are_refused() {
        for host in [
            "127.0.0.1",
            "2130706433",
            "0x7f.1",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "[::1]",
            "[::]",
            "[fd00::1]",
            "[fe80::1]",
            "[::ffff:127.0.0.1]",
            "[64:ff9b::a00:1]",
            "[2002:7f00:1::]",
            "[2001:db8::1]",
            "[ff02::1]",
        ] {
            assert!(check(&format!("https://{host}/hook"), false).is_err(), "{host}");
        }
        for url in
            ["http://example.com/", "ftp://example.com/", "https://me:pw@example.com/", "example.com", "https://"]
        {
            assert!(check(url, false).is_err(), "{url}");
        }
    }

    #[test]
    fn public_addresses_are_called_and_private_ones_where_allowed() {
        for url in ["https://example.com/hook?x=1", "https://93.184.215.14:8443/", "https://[2606:4700::1111]/"] {
            assert!(check(url, false).is_ok(), "{url}");
        }
        assert!(check("http://127.0.0.1:9000/hook", true).is_ok());
    }

    #[tokio::test]
    async fn a_name_that_leads_home_is_refused_when_it_is_called() {
        let url = check("https://localhost/hook", false).unwrap();
        assert!(resolve(&url, false).await.unwrap_err().contains("private"));
        assert!(!resolve(&url, true).await.unwrap().is_empty());
    }
}
