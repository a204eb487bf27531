//! The sixteen codes of gRPC, which every protocol maps to its own.

use std::fmt;

/// What kind of failure an [`Error`](crate::Error) is: gRPC's codes but `OK`, with gRPC's numbers.
///
/// Source of names, numbers and meanings: the gRPC project's `statuscodes.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Code {
    /// The caller went away or asked to stop.
    Cancelled = 1,
    /// Something without a code of its own.
    Unknown = 2,
    /// The request makes no sense, whatever the state of the system.
    InvalidArgument = 3,
    /// The time for the call was over.
    DeadlineExceeded = 4,
    /// What was asked for does not exist.
    NotFound = 5,
    /// What was to be made exists already.
    AlreadyExists = 6,
    /// The caller is known and may not do this.
    PermissionDenied = 7,
    /// A limit or quota was reached.
    ResourceExhausted = 8,
    /// The system is not in the state that the request needs.
    FailedPrecondition = 9,
    /// The operation lost against a concurrent one.
    Aborted = 10,
    /// The request went past the valid range.
    OutOfRange = 11,
    /// The method or feature is not there.
    Unimplemented = 12,
    /// An invariant is broken: a bug.
    Internal = 13,
    /// The service cannot be reached or serve now; a later try may work.
    Unavailable = 14,
    /// Data is lost or corrupt for good.
    DataLoss = 15,
    /// The caller did not say, or not prove, who it is.
    Unauthenticated = 16,
}

/// Every code with its name in snake case, in the order of the numbers, which start at 1.
const NAMES: [(Code, &str); 16] = [
    (Code::Cancelled, "cancelled"),
    (Code::Unknown, "unknown"),
    (Code::InvalidArgument, "invalid_argument"),
    (Code::DeadlineExceeded, "deadline_exceeded"),
    (Code::NotFound, "not_found"),
    (Code::AlreadyExists, "already_exists"),
    (Code::PermissionDenied, "permission_denied"),
    (Code::ResourceExhausted, "resource_exhausted"),
    (Code::FailedPrecondition, "failed_precondition"),
    (Code::Aborted, "aborted"),
    (Code::OutOfRange, "out_of_range"),
    (Code::Unimplemented, "unimplemented"),
    (Code::Internal, "internal"),
    (Code::Unavailable, "unavailable"),
    (Code::DataLoss, "data_loss"),
    (Code::Unauthenticated, "unauthenticated"),
];

impl Code {
    /// gRPC's number, 1 to 16.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The code with gRPC's number `number`; `None` for 0, which is success, and for unknown ones.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        NAMES.get(index).map(|(code, _)| *code)
    }

    /// The name in snake case, such as `deadline_exceeded`.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES[usize::from(self.number()) - 1].1
    }

    /// The code with the snake case name `name`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, known)| *known == name).map(|(code, _)| *code)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_lead_back_to_the_code() {
        for (code, name) in NAMES {
            assert_eq!(Code::from_number(code.number().into()), Some(code));
            assert_eq!(Code::from_name(name), Some(code));
        }
        assert_eq!(Code::from_number(0), None);
        assert_eq!(Code::from_number(17), None);
    }
}
