//! Tells a page that something changed, as it happens (HTML Standard §9.2, server-sent events). What changed
//! the page asks for itself: nothing of anybody is in here.

use std::{pin::pin, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{self, Bytes},
};
use futures_util::{Stream, stream};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::{listeners::Place, visitor::Visitor};
use crate::{
    engine::pending::Changes,
    http::{op::Op, pages::Trouble, session},
};

/// So often something is sent, so that proxies keep the connection and a page that is gone is noticed.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Seconds after which a page without a place tries again.
const NO_ROOM: u32 = 10;

/// Milliseconds after which a browser connects again.
const HELLO: &[u8] = b"retry: 2000\n\n";
const BEAT: &[u8] = b":\n\n";
const CHANGED: &[u8] = b"event: changed\ndata: 1\n\n";
const ENDED: &[u8] = b"event: ended\ndata: 1\n\n";

/// `GET /device-inbox/events`.
pub async fn get(request: HttpRequest, op: web::Data<Op>) -> HttpResponse {
    match listen(request, &op).await {
        Ok(response) => response,
        Err(trouble) => trouble.response(&op),
    }
}

async fn listen(request: HttpRequest, op: &web::Data<Op>) -> Result<HttpResponse, Trouble> {
    let visitor = match Visitor::of(op, &request).await? {
        Ok(visitor) => visitor,
        Err(elsewhere) => return Ok(elsewhere),
    };
    // Asked for before anything is looked at, so that nothing is missed.
    let changes = op.pending.changes(visitor.subject());
    let Some(place) = op.listeners.enter(visitor.subject(), visitor.held.stream) else {
        return Err(Trouble::Busy { retry_after: NO_ROOM, too_many: true });
    };
    let mut beat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let listener = Listener { op: op.clone(), request, changes, place, beat, last: Said::Nothing };
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/event-stream"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // Proxies of this kind collect what is sent unless they are told not to.
        .insert_header(("x-accel-buffering", "no"))
        .streaming(listener.said()))
}

/// One page that listens.
struct Listener {
    op: web::Data<Op>,
    request: HttpRequest,
    changes: Changes,
    place: Place,
    beat: Interval,
    last: Said,
}

/// What a page was told last.
enum Said {
    Nothing,
    Something,
    Ended,
}

impl Listener {
    fn said(self) -> impl Stream<Item = Result<Bytes, actix_web::Error>> {
        stream::unfold(self, |mut listener| async move {
            let said = listener.next().await?;
            Some((Ok(Bytes::from_static(said)), listener))
        })
    }

    /// What to say next; nothing more where the node stops or the session is over.
    async fn next(&mut self) -> Option<&'static [u8]> {
        match self.last {
            Said::Nothing => {
                self.last = Said::Something;
                return Some(HELLO);
            }
            Said::Something => {}
            Said::Ended => return None,
        }
        let said = {
            let (changes, session) =
                (pin!(self.changes.next()), pin!(self.place.session.changed()));
            tokio::select! {
                more = changes => more.then_some(CHANGED)?,
                more = session => more.then_some(BEAT)?,
                _ = self.beat.tick() => BEAT,
            }
        };
        if self.is_live().await {
            return Some(said);
        }
        self.last = Said::Ended;
        Some(ENDED)
    }

    /// Whether the session with which the page was loaded goes on; a store that does not answer ends nothing.
    async fn is_live(&self) -> bool {
        let live = session::live(&self.op, &self.request, self.op.now()).await;
        live.map_or(true, |held| held.is_some())
    }
}
