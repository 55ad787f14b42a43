//! What goes wrong, and when.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A door of the authority that can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// Tokens are renewed.
    #[default]
    Token,
    /// Tokens are revoked.
    Revoke,
    /// Tokens are used.
    Resource,
}

/// Before or after the authority acts: renews, revokes, looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// Nothing is done yet.
    Before,
    /// All is done, and nothing is answered yet.
    After,
}

/// What the client gets.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", rename_all_fields = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// What it would have got.
    #[default]
    Whole,
    /// What it would have got, and the refresh token is not renewed and not mentioned: the old one goes on.
    WithoutRefreshToken,
    /// Another status: a 5xx, or 429.
    Status {
        /// Such as 503.
        code: u16,
        /// In seconds; none where the provider does not say.
        #[serde(default)]
        retry_after: Option<u64>,
        /// Instead of an error in JSON, as gateways send pages of HTML.
        #[serde(default)]
        body: Option<String>,
    },
    /// Half of the JSON, in an HTTP answer that is whole.
    Malformed,
    /// Half of the HTTP answer, then the end of the connection.
    Half,
    /// The end of the connection.
    Nothing,
}

impl Answer {
    /// Whether the client finds no token in it.
    pub fn swallows(&self) -> bool {
        !matches!(self, Self::Whole | Self::WithoutRefreshToken)
    }
}

/// One thing that goes wrong. Its parts go together as they like: a 504 after a delay, which comes after the rotation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fault {
    /// Where.
    pub at: Endpoint,
    /// For how many requests; none: until faults are cleared.
    pub times: Option<u64>,
    /// In milliseconds.
    pub before_ms: u64,
    /// Waits there until it is released.
    pub hold: Option<Moment>,
    /// Whether the authority does what it was asked; unless said, all but another status comes after it did.
    pub acts: Option<bool>,
    /// In milliseconds.
    pub after_ms: u64,
    /// What the client gets in the end.
    pub answer: Answer,
}

impl Default for Fault {
    fn default() -> Self {
        let (before_ms, after_ms, answer) = (0, 0, Answer::Whole);
        Self { at: Endpoint::Token, times: Some(1), before_ms, hold: None, acts: None, after_ms, answer }
    }
}

impl From<Answer> for Fault {
    fn from(answer: Answer) -> Self {
        Self { answer, ..Self::default() }
    }
}

impl Fault {
    /// The connection ends and nothing was done.
    pub fn dropped_before() -> Self {
        Self { acts: Some(false), ..Answer::Nothing.into() }
    }

    /// The connection ends after it was done.
    pub fn dropped_after() -> Self {
        Answer::Nothing.into()
    }

    /// The connection ends in the middle of the answer.
    pub fn half() -> Self {
        Answer::Half.into()
    }

    /// The answer is no JSON.
    pub fn malformed() -> Self {
        Answer::Malformed.into()
    }

    /// The answer has no refresh token: the old one goes on.
    pub fn without_refresh_token() -> Self {
        Answer::WithoutRefreshToken.into()
    }

    /// Nothing is done, and the answer has this status.
    pub fn status(code: u16) -> Self {
        Answer::Status { code, retry_after: None, body: None }.into()
    }

    /// Nothing is done: 429, and when to come again.
    pub fn too_many(retry_after: u64) -> Self {
        Answer::Status { code: 429, retry_after: Some(retry_after), body: None }.into()
    }

    /// Slow, and what is asked happens at the end of it.
    pub fn slow_before(delay: Duration) -> Self {
        Self { before_ms: delay.as_millis() as u64, ..Self::default() }
    }

    /// Slow, and what is asked happened at the beginning of it.
    pub fn slow_after(delay: Duration) -> Self {
        Self { after_ms: delay.as_millis() as u64, ..Self::default() }
    }

    /// As slow as the test wants it to be.
    pub fn held(moment: Moment) -> Self {
        Self { hold: Some(moment), ..Self::default() }
    }

    /// For so many requests.
    pub fn times(self, times: u64) -> Self {
        Self { times: Some(times), ..self }
    }

    /// Until faults are cleared.
    pub fn always(self) -> Self {
        Self { times: None, ..self }
    }

    /// At another door.
    pub fn at(self, at: Endpoint) -> Self {
        Self { at, ..self }
    }

    /// Done all the same, though the status says otherwise: a gateway that did not wait.
    pub fn and_done(self) -> Self {
        Self { acts: Some(true), ..self }
    }

    /// Whether the authority does what it was asked.
    pub fn acts(&self) -> bool {
        self.acts.unwrap_or(!matches!(self.answer, Answer::Status { .. }))
    }
}

/// The faults still to come, the first first.
#[derive(Debug, Default, Serialize)]
#[serde(transparent)]
pub struct Faults(Vec<Fault>);

impl Faults {
    pub fn add(&mut self, fault: Fault) {
        self.0.push(fault)
    }

    pub fn clear(&mut self) {
        self.0.clear()
    }

    /// The one that this request meets.
    pub fn take(&mut self, at: Endpoint) -> Option<Fault> {
        self.0.retain(|fault| fault.times != Some(0));
        let fault = self.0.iter_mut().find(|fault| fault.at == at)?;
        fault.times = fault.times.map(|times| times - 1);
        Some(fault.clone())
    }
}
