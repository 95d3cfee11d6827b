//! Sessions, links and keys whose time is over are removed, and no others.

use std::time::Duration;

use serde_json::json;
use store::idempotency::{self, Claim};
use store::{logins, now, sessions, users};

use crate::support::migrated;

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_goes_with_its_tokens_and_what_is_not_stays() {
    for place in migrated().await {
        let rows = place.store.rows();
        let user = users::insert(rows, "drummer@example.com", "hash").await.unwrap().id;
        let live = sessions::begin(rows, user, HOUR).await.unwrap();
        let ended = sessions::begin(rows, user, HOUR).await.unwrap();
        let over = sessions::begin(rows, user, Duration::ZERO).await.unwrap();
        for (session, hash) in [(&live, "live"), (&ended, "ended"), (&over, "over")] {
            sessions::add_token(rows, session.id, hash).await.unwrap();
        }
        sessions::end(rows, ended.id).await.unwrap();
        assert_eq!(sessions::remove_over(rows, now() - HOUR, 10).await.unwrap(), 0, "they are kept for a while");
        let soon = now() + Duration::from_secs(1);
        assert_eq!(sessions::remove_over(rows, soon, 1).await.unwrap(), 1, "so many at a time");
        assert_eq!(sessions::remove_over(rows, soon, 10).await.unwrap(), 1);
        sessions::live(rows, live.id).await.unwrap();
        assert_eq!(sessions::spend_token(rows, "live").await.unwrap(), sessions::Spent::Now(live.id));
        for hash in ["ended", "over"] {
            assert!(sessions::spend_token(rows, hash).await.is_err(), "{hash}");
        }

        logins::add_setup_link(rows, "works", now() + HOUR).await.unwrap();
        logins::add_setup_link(rows, "is over", now()).await.unwrap();
        logins::add_setup_link(rows, "was used", now() + HOUR).await.unwrap();
        assert!(logins::use_setup_link(rows, "was used").await.unwrap());
        assert_eq!(logins::remove_setup_links(rows).await.unwrap(), 2);
        assert!(logins::is_setup_link(rows, "works").await.unwrap());

        let Claim::Mine(kept) = idempotency::claim(rows, "kept", HOUR).await.unwrap() else { panic!("it is new") };
        let Claim::Mine(old) = idempotency::claim(rows, "old", HOUR).await.unwrap() else { panic!("it is new") };
        idempotency::answer(rows, kept, "hash", json!(1), HOUR).await.unwrap();
        idempotency::answer(rows, old, "hash", json!(1), Duration::ZERO).await.unwrap();
        assert_eq!(idempotency::remove_over(rows).await.unwrap(), 1);
        assert!(matches!(idempotency::claim(rows, "kept", HOUR).await.unwrap(), Claim::Answered { .. }));
    }
}
