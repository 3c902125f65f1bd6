use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::BoxFuture;
use http::{HeaderMap, Method, StatusCode};

use super::*;
use crate::http::TransportErrorKind;

type Answer = Result<Response, TransportError>;

#[allow(clippy::unnecessary_wraps, reason = "one of several answers")]
fn status(status: u16) -> Answer {
    Ok(Response {
        status: StatusCode::from_u16(status).unwrap(),
        headers: HeaderMap::new(),
        body: Vec::new(),
    })
}

#[allow(clippy::unnecessary_wraps, reason = "one of several answers")]
fn asked(status: u16, pause: &str) -> Answer {
    let mut headers = HeaderMap::new();
    headers.insert(http::header::RETRY_AFTER, pause.parse().unwrap());
    Ok(Response {
        status: StatusCode::from_u16(status).unwrap(),
        headers,
        body: Vec::new(),
    })
}

fn broken(sent: bool) -> Answer {
    Err(TransportError {
        kind: TransportErrorKind::Reset,
        sent,
        message: "test".to_owned(),
    })
}

/// Plays the answers in order; gives what came of it and how many requests were sent.
async fn play(effect: Effect, answers: Vec<Answer>) -> (Result<Response, Failure>, usize) {
    let count = std::sync::Arc::new(AtomicUsize::new(0));
    let seen = count.clone();
    let client = move |request: Request| -> BoxFuture<'static, Answer> {
        assert!(
            request.timeout <= Duration::from_secs(5),
            "an attempt may outlast the deadline"
        );
        let at = seen.fetch_add(1, Ordering::SeqCst);
        let answer = answers[at].clone();
        Box::pin(async move { answer })
    };
    let limits = Limits {
        attempts: 3,
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(2),
        jitter: None,
    };
    let policy = Policy {
        limits,
        deadline: Instant::now() + Duration::from_secs(5),
    };
    let request = Request {
        method: Method::GET,
        url: "https://zoom.example.test/".parse().unwrap(),
        headers: HeaderMap::new(),
        body: None,
        timeout: Duration::from_secs(60),
    };
    let outcome = send(&client, &policy, request, effect).await;
    (outcome, count.load(Ordering::SeqCst))
}

#[tokio::test]
async fn passing_faults_are_passed() {
    let (outcome, sent) = play(Effect::Safe, vec![broken(true), asked(503, "0"), status(200)]).await;
    assert_eq!((outcome.unwrap().status, sent), (StatusCode::OK, 3));
}

#[tokio::test]
async fn a_lost_create_is_sent_once() {
    let (outcome, sent) = play(Effect::Create, vec![broken(true)]).await;
    assert!(outcome.unwrap_err().error.sent);
    assert_eq!(sent, 1);
    let (outcome, sent) = play(Effect::Create, vec![status(503)]).await;
    assert_eq!((outcome.unwrap().status.as_u16(), sent), (503, 1));
}

#[tokio::test]
async fn a_create_that_was_turned_away_is_sent_again() {
    let (outcome, sent) = play(Effect::Create, vec![broken(false), asked(429, "0"), status(201)]).await;
    assert_eq!((outcome.unwrap().status.as_u16(), sent), (201, 3));
    let (outcome, _) = play(
        Effect::Create,
        vec![broken(false), asked(429, "0"), broken(false)],
    )
    .await;
    assert!(!outcome.unwrap_err().error.sent, "no attempt had an effect");
}

#[tokio::test]
async fn an_earlier_attempt_counts_for_what_may_have_arrived() {
    for first in [broken(true), status(502)] {
        let (outcome, sent) = play(Effect::Safe, vec![first, broken(false), broken(false)]).await;
        assert!(outcome.unwrap_err().error.sent);
        assert_eq!(sent, 3);
    }
}

#[tokio::test]
async fn a_pause_beyond_the_deadline_ends_it() {
    let (outcome, sent) = play(Effect::Safe, vec![asked(429, "3600")]).await;
    assert_eq!((outcome.unwrap().status.as_u16(), sent), (429, 1));
}
