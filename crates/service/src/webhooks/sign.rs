//! Signatures of webhook calls.
//!
//! Conventions: the header is `Backbeat-Signature: t=<seconds since 1970>,v1=<hex>[,v1=<hex>]`, each `v1` the HMAC-SHA256 of
//! `<t>.<body>` under a secret that is valid; receivers take a call whose time is no more than five minutes away and of
//! which one signature is right. Secrets are derived from the server's own secret, so none is stored.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

use crate::config::Secret;

/// Makes secrets and signatures.
#[derive(Clone)]
pub(crate) struct Signer {
    root: Vec<u8>,
}

impl Signer {
    pub(crate) fn new(secret: &Secret) -> Self {
        Self { root: mac(secret.expose().as_bytes(), b"backbeat webhooks") }
    }

    /// The secret of a webhook after so many changes of it.
    pub(crate) fn secret(&self, webhook_id: Uuid, generation: i32) -> String {
        format!("whsec_{}", hex::encode(mac(&self.root, format!("{webhook_id}:{generation}").as_bytes())))
    }

    /// The header for a body sent at `now_s`, signed with each of the secrets.
    pub(crate) fn header(secrets: &[String], now_s: i64, body: &str) -> String {
        let signed = format!("{now_s}.{body}");
        let signatures =
            secrets.iter().map(|secret| format!(",v1={}", hex::encode(mac(secret.as_bytes(), signed.as_bytes()))));
        format!("t={now_s}{}", signatures.collect::<String>())
    }
}

fn mac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_that_of_rfc_4231() {
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hex::encode(mac(b"Jefe", b"what do ya want for nothing?")), expected);
    }

    #[test]
    fn secrets_differ_by_webhook_generation_and_server() {
        let (id, other) = (Uuid::now_v7(), Uuid::now_v7());
        let (signer, stranger) = (Signer::new(&Secret::new("one")), Signer::new(&Secret::new("two")));
        let secrets = [signer.secret(id, 1), signer.secret(id, 2), signer.secret(other, 1), stranger.secret(id, 1)];
        let different: std::collections::BTreeSet<_> = secrets.iter().collect();
        assert_eq!(different.len(), 4);
        assert_eq!(signer.secret(id, 1), secrets[0]);
        let header = Signer::header(&secrets[..2], 1_700_000_000, "{}");
        assert!(header.starts_with("t=1700000000,v1=") && header.matches("v1=").count() == 2, "{header}");
    }
}
