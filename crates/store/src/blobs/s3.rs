//! Blobs in a bucket of S3, or of a store that speaks its language.
//!
//! Conventions: `s3://bucket/prefix`, and behind a question mark `endpoint`, `region`, `access_key_id` and
//! `secret_access_key` where they differ from what the usual `AWS_*` variables say.

use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path as Key;
use object_store::signer::{SignedUrlOptions, Signer};
use object_store::{ClientOptions, RetryConfig};

use crate::{Error, Result};

/// How long a store that does not answer is asked again.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long to wait for a connection, and between two pieces of an answer.
const SILENCE_MAX: Duration = Duration::from_secs(10);
/// How often to ask again.
const RETRIES_MAX: usize = 5;

/// The bucket, and what stands before every key: nothing, or the prefix and a slash.
pub(super) fn open(url: &str) -> Result<(AmazonS3, String)> {
    let refuse = |why: &str| Error::Address { url: shown(url), why: why.to_owned() };
    let rest = url.strip_prefix("s3://").ok_or_else(|| refuse("it should begin with s3://bucket"))?;
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
    if bucket.is_empty() {
        return Err(refuse("the bucket is missing"));
    }
    // No limit on a whole answer, which may be a long recording on a slow line.
    let client = ClientOptions::new().with_timeout_disabled().with_connect_timeout(SILENCE_MAX);
    let mut client = client.with_read_timeout(SILENCE_MAX);
    let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket);
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        builder = match name {
            "endpoint" => {
                client = client.with_allow_http(value.starts_with("http://"));
                builder.with_endpoint(value)
            }
            "region" => builder.with_region(value),
            "access_key_id" => builder.with_access_key_id(value),
            "secret_access_key" => builder.with_secret_access_key(value),
            _ => return Err(refuse("known are endpoint, region, access_key_id and secret_access_key")),
        };
    }
    let retry = RetryConfig { max_retries: RETRIES_MAX, retry_timeout: PATIENCE, ..RetryConfig::default() };
    let bucket = builder.with_client_options(client).with_retry(retry).build();
    let prefix = prefix.trim_matches('/');
    let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
    Ok((bucket.map_err(|error| refuse(&error.to_string()))?, prefix))
}

/// The address without what is secret in it.
fn shown(url: &str) -> String {
    url.split('?').next().unwrap_or_default().to_owned()
}

/// An address from which anybody can fetch an object for so long.
pub(super) async fn signed_get(
    bucket: &AmazonS3,
    place: &Key,
    valid: Duration,
    media_type: &str,
    disposition: &str,
) -> Result<String> {
    let answer = [("response-content-type", media_type), ("response-content-disposition", disposition)];
    let options = SignedUrlOptions::new().with_query(answer);
    let address = bucket.signed_url_opts(http::Method::GET, place, valid, &options).await?;
    Ok(address.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_bucket_and_prefix_and_never_show_their_secret() {
        let url = "s3://band/takes/?endpoint=http://127.0.0.1:9&region=eu-west-1&access_key_id=a&secret_access_key=b";
        assert_eq!(open(url).unwrap().1, "takes/");
        assert_eq!(open("s3://band?region=us-east-1").unwrap().1, "");
        let error = open("s3://band?password=hunter2").unwrap_err().to_string();
        assert!(error.contains("secret_access_key") && !error.contains("hunter2"), "{error}");
        assert!(open("s3:///takes").is_err());
    }
}
