//! Files in a folder and in a bucket: the same story.

use std::time::Duration;

use futures::TryStreamExt;
use store::{BlobKey, Blobs, Error};
use tempfile::TempDir;
use uuid::Uuid;

/// A folder, and a fresh place in the bucket that `BACKBEAT_TEST_S3_URL` names.
fn places(folder: &TempDir) -> Vec<Blobs> {
    let mut places = vec![Blobs::open(&format!("file://{}", folder.path().join("blobs").display())).unwrap()];
    match std::env::var("BACKBEAT_TEST_S3_URL") {
        Ok(url) => places.push(Blobs::open(&url.replacen('?', &format!("/test/{}?", Uuid::now_v7()), 1)).unwrap()),
        Err(_) => println!("S3 skipped: BACKBEAT_TEST_S3_URL is not set"),
    }
    places
}

/// Bytes that tell where they are.
fn counted(length: usize) -> Vec<u8> {
    (0..length.div_ceil(4)).flat_map(|number| (number as u32).to_le_bytes()).take(length).collect()
}

async fn read(blobs: &Blobs, key: &BlobKey, range: std::ops::Range<u64>) -> Vec<u8> {
    let parts: Vec<_> = blobs.read(key, range).await.unwrap().try_collect().await.unwrap();
    parts.concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_taken_read_in_parts_found_and_removed() {
    let folder = TempDir::new().unwrap();
    for blobs in places(&folder) {
        // Of one part, of exactly two, and of three.
        for length in [10, 10 << 20, (10 << 20) + 7] {
            let (key, file) = (BlobKey::recording(Uuid::now_v7()), folder.path().join("taken"));
            let bytes = counted(length);
            std::fs::write(&file, &bytes).unwrap();
            assert_eq!(blobs.size(&key).await.unwrap(), None);
            blobs.take_file(&key, &file).await.unwrap();
            assert!(!file.exists());

            let all = length as u64;
            assert_eq!(blobs.size(&key).await.unwrap(), Some(all));
            assert!(read(&blobs, &key, 0..all).await == bytes);
            assert!(read(&blobs, &key, 3..9).await == bytes[3..9]);
            assert!(read(&blobs, &key, all - 1..all).await == bytes[length - 1..]);
            assert!(read(&blobs, &key, 5..5).await.is_empty());
            let copy = blobs.as_file(&key, folder.path()).await.unwrap();
            assert!(std::fs::read(copy.path()).unwrap() == bytes);
            drop(copy);

            let found: Vec<_> = blobs.list("recordings").try_collect().await.unwrap();
            assert_eq!(
                found.iter().map(|file| (file.key.clone(), file.size_bytes)).collect::<Vec<_>>(),
                [(key.clone(), all)]
            );
            assert!(chrono::Utc::now().signed_duration_since(found[0].modified_at).num_minutes() < 5);
            blobs.remove(&key).await.unwrap();
            blobs.remove(&key).await.unwrap();
            assert!(matches!(blobs.as_file(&key, folder.path()).await.map(|_| ()), Err(Error::NotFound("file"))));
            assert!(matches!(blobs.read(&key, 0..1).await.map(|_| ()), Err(Error::NotFound("file"))));
        }
        blobs.check().await.unwrap();
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no copy is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_sends_a_file_itself_where_it_is_told_to() {
    let folder = TempDir::new().unwrap();
    for (number, blobs) in places(&folder).into_iter().enumerate() {
        let key = BlobKey::derived(Uuid::now_v7());
        blobs.put(&key, "picture").await.unwrap();
        let disposition = "attachment; filename=\"a b.jpg\"";
        let address = blobs.signed_address(&key, Duration::from_secs(60), "image/jpeg", disposition).await.unwrap();
        assert_eq!(address.is_some(), number > 0);
        let Some(address) = address else { continue };
        let fetched = std::process::Command::new("curl").args(["-s", "-i", &address]).output().unwrap().stdout;
        let fetched = String::from_utf8(fetched).unwrap();
        assert!(fetched.starts_with("HTTP/1.1 200") && fetched.ends_with("picture"), "{fetched}");
        let headers = fetched.to_lowercase();
        assert!(headers.contains("content-type: image/jpeg"), "{fetched}");
        assert!(headers.contains("content-disposition: attachment; filename=\"a b.jpg\""), "{fetched}");
    }
}

#[tokio::test]
async fn addresses_that_are_neither_are_refused() {
    for url in ["ftp://host/folder", "folder", "s3:/bucket", "s3://"] {
        assert!(matches!(Blobs::open(url), Err(Error::Address { .. })), "{url}");
    }
}
