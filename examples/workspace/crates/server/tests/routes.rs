//! Asks the routes without a network.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use jiff::Timestamp;
use lumber_record::Record;
use lumber_report::Tally;
use tower::ServiceExt;

fn tally() -> Tally {
    let mut tally = Tally::default();
    for path in ["/a", "/b", "/b"] {
        tally.add(Record {
            host: "192.0.2.1".to_owned(),
            time: Timestamp::UNIX_EPOCH,
            method: "GET".to_owned(),
            path: path.to_owned(),
            status: 200,
            bytes: 1,
        });
    }
    tally
}

async fn get(uri: &str) -> (StatusCode, Vec<u8>) {
    let request = Request::get(uri).body(Body::empty()).unwrap();
    let response = lumber_server::router(tally())
        .oneshot(request)
        .await
        .unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, body.to_vec())
}

#[tokio::test]
async fn is_healthy() {
    assert_eq!(get("/health").await, (StatusCode::OK, b"ok".to_vec()));
}

#[tokio::test]
async fn reports_the_top_paths() {
    for (uri, paths) in [("/report", 2), ("/report?top=1", 1)] {
        let (status, body) = get(uri).await;
        assert_eq!(status, StatusCode::OK, "{uri}");
        let report: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(report["requests"], 3, "{uri}");
        assert_eq!(
            report["paths"].as_array().map(Vec::len),
            Some(paths),
            "{uri}"
        );
    }
}

#[tokio::test]
async fn refuses_what_it_does_not_know() {
    assert_eq!(get("/report?top=all").await.0, StatusCode::BAD_REQUEST);
    assert_eq!(get("/nothing").await.0, StatusCode::NOT_FOUND);
}
