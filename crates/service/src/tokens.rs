//! Access tokens: signed claims about who is asking; and random tokens, of which only hashes are kept.
//!
//! Conventions: HS256. `sub` is the account's id and all that identifies it; `ver` is the account's token version, so
//! that changing the password ends every older token at once; `sid` is the session, which ends with a logout.

use chrono::Utc;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use rand::RngExt;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::config::Secret;
use crate::error::Stranger;
use crate::{Error, Result};

/// What a token says.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) sub: Uuid,
    pub(crate) email: String,
    pub(crate) roles: Vec<String>,
    pub(crate) iat: i64,
    pub(crate) exp: i64,
    pub(crate) jti: Uuid,
    pub(crate) ver: i32,
    pub(crate) sid: Uuid,
}

/// A token nobody can guess.
pub(crate) fn random() -> String {
    hex::encode(rand::rng().random::<[u8; 32]>())
}

/// What is kept of a random token, hexadecimal.
pub(crate) fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// Signs and checks tokens.
pub(crate) struct Keys {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    body_key: [u8; 32],
}

impl Keys {
    pub(crate) fn new(secret: &Secret) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        validation.set_required_spec_claims(&["exp", "sub"]);
        Self {
            encoding: EncodingKey::from_secret(secret.expose().as_bytes()),
            decoding: DecodingKey::from_secret(secret.expose().as_bytes()),
            validation,
            body_key: Sha256::new().chain_update("bodies\n").chain_update(secret.expose()).finalize().into(),
        }
    }

    /// What hashes of request bodies begin with.
    pub(crate) fn body_key(&self) -> [u8; 32] {
        self.body_key
    }

    pub(crate) fn sign(&self, user: &store::User, roles: Vec<String>, sid: Uuid, valid_s: i64) -> Result<String> {
        let iat = Utc::now().timestamp();
        let claims = Claims {
            sub: user.id,
            email: user.email.clone(),
            roles,
            iat,
            exp: iat + valid_s,
            jti: Uuid::now_v7(),
            ver: user.token_version,
            sid,
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding).map_err(Error::internal)
    }

    pub(crate) fn check(&self, token: &str) -> Result<Claims> {
        match jsonwebtoken::decode(token, &self.decoding, &self.validation) {
            Ok(token) => Ok(token.claims),
            Err(_) => Err(Error::Unauthenticated(Stranger::BadToken)),
        }
    }
}
