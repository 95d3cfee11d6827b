//! What is left of a body when its request has been answered.
//!
//! A request that is refused before its body was read would end with a connection closed on a client that still sends: what it
//! or a proxy between sees then is a broken connection (502), not the answer. So the rest is read, up to a limit.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::Request;
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use futures::{Stream, StreamExt};

/// Most of a body read for nothing, bytes: what a client may have sent before it looks for an answer.
pub(crate) const LEFT_BYTES_MAX: usize = 16 << 20;
/// Longest it is read for nothing.
const LEFT_TIME_MAX: Duration = Duration::from_secs(5);

/// Reads on where a body was left.
pub(crate) async fn layer(request: Request, next: Next) -> Response {
    // Who waits for leave to send has sent nothing yet.
    if request.headers().contains_key(header::EXPECT) || http_body::Body::is_end_stream(request.body()) {
        return next.run(request).await;
    }
    let watch = |body: Body| Body::from_stream(Watched { body: Some(body.into_data_stream()) });
    next.run(request.map(watch)).await
}

/// A body that, dropped before its end, is read on in the background.
struct Watched {
    /// None once its end, or an error, was seen.
    body: Option<BodyDataStream>,
}

impl Stream for Watched {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let part = std::task::ready!(body.poll_next_unpin(context));
        if !matches!(part, Some(Ok(_))) {
            self.body = None;
        }
        Poll::Ready(part)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let (Some(body), Ok(runtime)) = (self.body.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(tokio::time::timeout(LEFT_TIME_MAX, read_on(body)));
        }
    }
}

async fn read_on(mut body: BodyDataStream) {
    let mut bytes = 0;
    while let Some(Ok(part)) = body.next().await {
        bytes += part.len();
        if bytes > LEFT_BYTES_MAX {
            return;
        }
    }
}
