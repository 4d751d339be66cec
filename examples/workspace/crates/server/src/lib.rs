//! Serves a report over HTTP.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use lumber_report::{Report, Tally};
use serde::Deserialize;

#[derive(Deserialize)]
struct Params {
    #[serde(default = "default_top")]
    top: usize,
}

fn default_top() -> usize {
    10
}

/// Returns the routes: `/report?top=N` is the report as JSON, `/health` says
/// `ok`.
pub fn router(tally: Tally) -> Router {
    Router::new()
        .route("/health", get(async || "ok"))
        .route("/report", get(report))
        .with_state(Arc::new(tally))
}

async fn report(State(tally): State<Arc<Tally>>, Query(params): Query<Params>) -> Json<Report> {
    Json(tally.report(params.top))
}
