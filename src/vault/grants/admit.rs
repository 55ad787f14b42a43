//! Letting provider classes in while an agent acts: they read whole documents through the owner's door, and ask here first.

use super::acquire::{event, settle};
use super::answer::Answer;
use super::gather::Outcome;
use super::proposals;
use crate::domain::{ActingRequest, Invalid};
use crate::grants::Wanted;
use crate::vault::audit::What;
use crate::vault::shared::Write;
use crate::vault::{Error, Vault};

/// What is done about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It is written down, and the caller lets it through.
    Observe,
    /// It counts.
    Enforce,
}

impl std::str::FromStr for Mode {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text {
            "observe" => Ok(Self::Observe),
            "enforce" => Ok(Self::Enforce),
            _ => Err(Invalid::new("mode", "must be observe or enforce")),
        }
    }
}

impl Vault {
    /// Whether a provider's class may read a connection for a request. That its access has run out is no reason: the class
    /// renews it. Enforcing counts and records a use; a refusal is recorded in either mode, and kept as a proposal.
    pub fn admit(&self, request: &ActingRequest, wanted: &Wanted, mode: Mode) -> Result<Answer, Error> {
        if mode == Mode::Observe {
            // What is allowed writes nothing.
            let answer = self.gather(|gather| {
                Ok(Answer::of(&gather.consider_for_class(request, wanted)?, request, wanted))
            })?;
            if answer.allowed {
                return Ok(answer);
            }
        }
        self.write_here(|write| {
            let outcome = self.gather_within(write, |gather| gather.consider_for_class(request, wanted))?;
            match mode {
                Mode::Observe => observe(write, &outcome, request, wanted)?,
                Mode::Enforce => settle(write, What::Admitted, &outcome, request, wanted)?,
            }
            if outcome.verdict.is_err() {
                proposals::keep(write, request, wanted)?;
            }
            Ok(Answer::of(&outcome, request, wanted))
        })
    }
}

fn observe(
    write: &mut Write<'_>,
    outcome: &Outcome,
    request: &ActingRequest,
    wanted: &Wanted,
) -> Result<(), Error> {
    if outcome.verdict.is_err() {
        write.count_refusal(&event(What::Observed, outcome, request, wanted))?;
    }
    Ok(())
}
