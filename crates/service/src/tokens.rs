//! Access tokens: signed claims about who is asking.
//!
//! Conventions: HS256. `sub` is the account's id and all that identifies it; `ver` is the account's token version, so
//! that changing the password ends every older token at once.

use chrono::Utc;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
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
}

/// Signs and checks tokens.
pub(crate) struct Keys {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
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
        }
    }

    pub(crate) fn sign(&self, user: &store::User, roles: Vec<String>, valid_s: i64) -> Result<String> {
        let iat = Utc::now().timestamp();
        let claims = Claims {
            sub: user.id,
            email: user.email.clone(),
            roles,
            iat,
            exp: iat + valid_s,
            jti: Uuid::now_v7(),
            ver: user.token_version,
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
