//! Takes nothing.
//! Gives [`Fault`], Zaqar's own error answers: one table of kinds with status and title.
//! Never stands for an error of this program.

/// An error answer: what kind, and the sentence for the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The kind, which fixes status and title.
    pub kind: FaultKind,
    /// The sentence for the client; `None` where the answer carries only the title.
    pub description: Option<String>,
    /// The `location` header, which a few refusals carry.
    pub location: Option<String>,
}

impl Fault {
    /// A fault with a description.
    pub fn new(kind: FaultKind, description: impl Into<String>) -> Self {
        Self { kind, description: Some(description.into()), location: None }
    }

    /// A fault that says no more than its title.
    pub const fn bare(kind: FaultKind) -> Self {
        Self { kind, description: None, location: None }
    }

    /// The fault with a `location` header.
    #[must_use]
    pub fn at(self, location: impl Into<String>) -> Self {
        Self { location: Some(location.into()), ..self }
    }
}

macro_rules! fault_kinds {
    ($($kind:ident $status:literal $title:literal)*) => {
        /// The kinds of error answers. Source: api-ref (statuses); observed: zaqar 23.0.1 (titles).
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum FaultKind {
            $(#[doc = $title] $kind,)*
        }

        impl FaultKind {
            /// The HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Self::$kind => $status,)* }
            }

            /// The `title` of the error document.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$kind => $title,)* }
            }
        }
    };
}

fault_kinds! {
    BadMethod                400 "Bad request"
    EmptyProject             400 "Empty project header not allowed"
    InvalidContentType       400 "Invalid Content-Type"
    InvalidApiRequest        400 "Invalid API request"
    InvalidParameter         400 "Invalid parameter"
    InvalidQueueName         400 "Invalid queue identification"
    InvalidRequestBody       400 "Invalid request body"
    InvalidTopicName         400 "Invalid topic identification"
    MissingHeader            400 "Missing header value"
    MissingProject           400 "Project-Id Missing"
    UnableToConfirm          400 "Unable to confirm subscription"
    UnableToCreate           400 "Unable to create"
    UnableToDelete           400 "Unable to delete"
    UnableToUpdate           400 "Unable to update subscription"
    UpdateFailed             400 "updatefail"
    WrongUuid                400 "Wrong UUID value"
    MessageClaimed           403 "Unable to delete"
    NotAuthorized            403 "Not authorized"
    PoolInUse                403 "Unable to delete"
    NotFound                 404 "Not found"
    NoRoute                  404 "404 Not Found"
    MethodNotAllowed         405 "405 Method Not Allowed"
    NotAcceptable            406 "406 Not Acceptable"
    Conflict                 409 "Resource conflict"
    UnsupportedMediaType     415 "415 Unsupported Media Type"
    Internal                 500 "Internal server error"
    ServiceUnavailable       503 "Service temporarily unavailable"
}
