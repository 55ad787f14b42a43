//! How a request looks in JSON: a member that is missing is unknown, null says that there is none.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::json::given;
use super::{ActingRequest, AgentId, Fact, Flow, Limits, Owner, RunContext, SessionId, Subject, UserId};

/// How [`ActingRequest`] looks.
#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, default, expecting = "an object, the request")]
pub(super) struct RequestShape {
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    agent: Option<Option<AgentId>>,
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    subject: Option<Subject>,
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    session: Option<Option<SessionId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<RunContext>,
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    flow: Option<Option<Flow>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    may: Option<Limits>,
    #[serde(skip_serializing_if = "Option::is_none")]
    manages: Option<BTreeSet<Owner>>,
}

/// How [`Subject`] looks, where it is somebody.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum SubjectShape {
    Asking(UserId),
    Scheduled(UserId),
}

impl From<RequestShape> for ActingRequest {
    fn from(shape: RequestShape) -> Self {
        fn fact<T>(given: Option<T>) -> Fact<T> {
            given.map_or(Fact::Unknown, Fact::Known)
        }
        Self {
            agent: fact(shape.agent),
            subject: fact(shape.subject),
            session: fact(shape.session),
            context: fact(shape.context),
            flow: fact(shape.flow),
            may: fact(shape.may),
            manages: fact(shape.manages),
        }
    }
}

impl From<ActingRequest> for RequestShape {
    fn from(request: ActingRequest) -> Self {
        fn given<T>(fact: Fact<T>) -> Option<T> {
            match fact {
                Fact::Known(value) => Some(value),
                Fact::Unknown => None,
            }
        }
        Self {
            agent: given(request.agent),
            subject: given(request.subject),
            session: given(request.session),
            context: given(request.context),
            flow: given(request.flow),
            may: given(request.may),
            manages: given(request.manages),
        }
    }
}

impl From<Option<SubjectShape>> for Subject {
    fn from(shape: Option<SubjectShape>) -> Self {
        match shape {
            Some(SubjectShape::Asking(person)) => Self::Asking(person),
            Some(SubjectShape::Scheduled(person)) => Self::Scheduled(person),
            None => Self::Nobody,
        }
    }
}

impl From<Subject> for Option<SubjectShape> {
    fn from(subject: Subject) -> Self {
        match subject {
            Subject::Asking(person) => Some(SubjectShape::Asking(person)),
            Subject::Scheduled(person) => Some(SubjectShape::Scheduled(person)),
            Subject::Nobody => None,
        }
    }
}
