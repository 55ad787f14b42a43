//! Which of many tools would work: each thing is read once.

use std::collections::BTreeMap;

use super::answer::Answer;
use crate::domain::ActingRequest;
use crate::grants::Wanted;
use crate::vault::{Code, Error, Vault};

/// The most tools of one call.
pub const MOST_TOOLS: usize = 1000;

impl Vault {
    /// What [`Vault::check_grant`] would answer for each tool, by its name.
    pub fn resolve_tools(
        &self,
        request: &ActingRequest,
        tools: &BTreeMap<String, Wanted>,
    ) -> Result<BTreeMap<String, Answer>, Error> {
        if tools.len() > MOST_TOOLS {
            let message = format!("tools: at most {MOST_TOOLS} in one call");
            return Err(Error::new(Code::TooLarge, message)
                .with("argument", "tools")
                .with("limit", MOST_TOOLS));
        }
        self.gather(|gather| {
            let mut answers = BTreeMap::new();
            for (name, wanted) in tools {
                let outcome = gather.consider(request, wanted, false)?;
                answers.insert(name.clone(), Answer::of(&outcome, request, wanted));
            }
            Ok(answers)
        })
    }
}
