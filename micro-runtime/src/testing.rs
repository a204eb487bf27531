//! Worlds and contract suites for tests of services and of your own back ends.
