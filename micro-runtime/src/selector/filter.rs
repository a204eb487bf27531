//! Which nodes may be picked at all.

use std::fmt;
use std::sync::Arc;

use crate::registry::Node;

/// A rule that leaves out nodes before a selector sees them.
///
/// A filter that no node passes leaves no nodes: the call fails with `unavailable`, it does not go to a
/// node that was ruled out.
///
/// Filters of single calls are looked up by their [`key`](Self::key), so that the nodes are filtered once
/// for each change of the nodes, and not once for each call.
///
/// ```
/// use micro_runtime::registry::Node;
/// use micro_runtime::selector::Filter;
///
/// let node = Node::new("1", "127.0.0.1:80".parse()?).version("1.2").label("zone", "eu");
/// assert!(Filter::version("1.2").and(Filter::label("zone", "eu")).matches(&node));
/// assert!(!Filter::version("1").matches(&node));
///
/// let high = Filter::new("high ports", |node: &Node| node.address.port() > Some(1023));
/// assert!(!high.matches(&node));
/// # Ok::<(), micro_runtime::Error>(())
/// ```
#[derive(Clone)]
pub struct Filter {
    key: Arc<str>,
    rule: Arc<Rule>,
}

type Rule = dyn Fn(&Node) -> bool + Send + Sync;

impl Filter {
    /// Nodes for which `rule` holds.
    ///
    /// Two filters with one key count as the same rule, and it must hold or not for the same node each
    /// time: the key has to tell all that the rule depends on. Make the filter once and clone it.
    pub fn new(
        key: impl Into<Arc<str>>,
        rule: impl Fn(&Node) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self { key: key.into(), rule: Arc::new(rule) }
    }

    /// Nodes of exactly this version.
    pub fn version(version: impl Into<String>) -> Self {
        let version = version.into();
        Self::new(format!("version={version:?}"), move |node| node.version == version)
    }

    /// Nodes whose label `name` has exactly this value.
    pub fn label(name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        let key = format!("label {name:?}={value:?}");
        Self::new(key, move |node| node.metadata.get(&name) == Some(&value))
    }

    /// Nodes that pass both filters.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let key = format!("({} and {})", self.key, other.key);
        Self::new(key, move |node| self.matches(node) && other.matches(node))
    }

    /// What the rule is, in words: equal for equal rules.
    #[must_use]
    pub fn key(&self) -> &Arc<str> {
        &self.key
    }

    /// Whether the node may be picked.
    #[must_use]
    pub fn matches(&self, node: &Node) -> bool {
        (self.rule)(node)
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Filter({})", self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_of_the_same_rule_have_the_same_key_and_others_do_not() {
        assert_eq!(Filter::version("1").key(), Filter::version("1").key());
        assert_ne!(Filter::label("a", "b=c").key(), Filter::label("a=b", "c").key());
        assert_ne!(Filter::label("version", "1").key(), Filter::version("1").key());
    }

    #[test]
    fn a_filter_without_matching_nodes_matches_none() {
        let node = Node::new("1", crate::Address::host("a", 1));
        assert!(!Filter::label("zone", "eu").matches(&node));
        assert!(!Filter::version("1").and(Filter::label("zone", "eu")).matches(&node));
    }
}
