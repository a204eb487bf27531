//! What a caller is told that names something which is not there: what it may have meant, and what there is.

use crate::descriptor::MethodDesc;
use crate::error::Error;

/// How many near matches, and how many names of what there is, an error tells.
const NEAR: usize = 3;
const LISTED: usize = 20;

/// The longest name that is looked at; a longer one is near to nothing, and is cut in the error.
const LONGEST: usize = 200;

/// The error for a name that none of the methods has.
pub(super) fn error<'a>(name: &str, methods: impl Iterator<Item = &'a MethodDesc>) -> Error {
    let methods: Vec<Named<'_>> = methods.map(|method| Named::new(method.path())).collect();
    let near = near(name, &methods);
    let meant = match &near[..] {
        [] => String::new(),
        near => format!("did you mean {}? ", near.join(" or ")),
    };
    let (shown, known) = (shown(name), known(name, &methods));
    Error::unimplemented(format!("nothing here is called {shown:?}; {meant}{known}"))
}

/// A method's path, and the two names in it.
struct Named<'a> {
    path: &'a str,
    service: &'a str,
    method: &'a str,
}

impl<'a> Named<'a> {
    fn new(path: &'a str) -> Self {
        let (service, method) = names(path);
        Self { path, service, method }
    }

    /// The service's name without its package.
    fn short(&self) -> &'a str {
        self.service.rsplit('.').next().unwrap_or_default()
    }

    /// How far this is from what was asked for; `None` if that was not meant.
    fn distance(&self, service: &str, method: &str) -> Option<usize> {
        let from = |own: &str| distance(own, service);
        let of_service = from(self.service).or_else(|| from(self.short()))?;
        Some(of_service + distance(self.method, method)?)
    }
}

/// The names of service and method in a path, with whatever surrounds them.
fn names(path: &str) -> (&str, &str) {
    let path = path.trim_matches('/');
    path.rsplit_once('/').unwrap_or((path, ""))
}

/// The methods that are nearest to a name.
fn near<'a>(name: &str, methods: &[Named<'a>]) -> Vec<&'a str> {
    if name.len() > LONGEST {
        return Vec::new();
    }
    let (service, method) = names(name);
    let distance = |named: &Named<'a>| Some((named.distance(service, method)?, named.path));
    let mut near: Vec<_> = methods.iter().filter_map(distance).collect();
    near.sort_unstable();
    let nearest = near.first().map(|(distance, _)| *distance);
    let as_near = near.into_iter().take_while(|(distance, _)| Some(*distance) == nearest);
    as_near.map(|(_, path)| path).take(NEAR).collect()
}

/// How many letters have to be changed, added or left out, whatever their case; `None` if that is more than
/// a third of them, which no slip of the finger explains.
fn distance(wanted: &str, given: &str) -> Option<usize> {
    let most = wanted.len().div_ceil(3);
    if wanted.len().abs_diff(given.len()) > most {
        return None;
    }
    let same = |a: u8, b: u8| a.eq_ignore_ascii_case(&b);
    // `row[column]` is the distance of the first letters of one from the first `column` of the other.
    let mut row: Vec<usize> = (0..=given.len()).collect();
    for (index, letter) in wanted.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (column, other) in given.bytes().enumerate() {
            let replaced = diagonal + usize::from(!same(letter, other));
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row.last().copied().filter(|distance| *distance <= most)
}

fn shown(name: &str) -> String {
    match name.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// The methods of the service that was named, if there is such a one, or else all services.
fn known(name: &str, methods: &[Named<'_>]) -> String {
    let path = name.trim_matches('/');
    let is_named = |named: &&Named<'_>| named.service == path || named.service == names(name).0;
    let of_service: Vec<_> = methods.iter().filter(is_named).map(|named| named.method).collect();
    if !of_service.is_empty() {
        return format!("the methods of that service: {}", listed(&of_service));
    }
    let mut services: Vec<_> = methods.iter().map(|named| named.service).collect();
    services.dedup();
    format!("the services here: {}", listed(&services))
}

fn listed(names: &[&str]) -> String {
    let first = names.iter().take(LISTED).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(LISTED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::descriptor::Kind;

    fn told(name: &str, paths: &'static [&'static str]) -> String {
        let method = |path| MethodDesc::new(Kind::Unary, "", "", path, "", "");
        let methods: Vec<_> = paths.iter().copied().map(method).collect();
        error(name, methods.iter()).message().to_owned()
    }

    const PATHS: &[&str] =
        &["/greeter.v1.Greeter/Hello", "/greeter.v1.Greeter/Sign", "/shop.Cart/Add"];

    #[test]
    fn a_near_match_is_named() {
        for name in [
            "/greeter.v1.Greeter/Helo",
            "/greeter.v1.Greeter/hello",
            "/greeter.v1.Greeter/Hello/",
            "/GREETER.V1.GREETER/HELLO",
            "/greeter.v2.Greeter/Hello",
            "/Greeter/Hello",
            "/greeter/hello",
            "greeter.v1.Greeter/Hello",
        ] {
            let wanted = format!(
                "nothing here is called {name:?}; did you mean /greeter.v1.Greeter/Hello? the "
            );
            let told = told(name, PATHS);
            assert!(told.starts_with(&wanted), "{told}");
        }
    }

    #[test]
    fn what_there_is_is_listed() {
        for (name, wanted) in [
            ("/greeter.v1.Greeter/Dance", "the methods of that service: Hello, Sign"),
            ("/greeter.v1.Greeter", "the methods of that service: Hello, Sign"),
            ("/greeter.v1.Greeter/", "the methods of that service: Hello, Sign"),
            ("/", "the services here: greeter.v1.Greeter, shop.Cart"),
            ("/favicon.ico", "the services here: greeter.v1.Greeter, shop.Cart"),
        ] {
            assert_eq!(told(name, PATHS), format!("nothing here is called {name:?}; {wanted}"));
        }
    }

    #[test]
    fn an_error_stays_short_however_much_there_is() {
        let many: Vec<&'static str> =
            (0..300).map(|number| &*format!("/a.B/Method{number:03}").leak()).collect();
        let told_of = told("/a.B/Method", many.leak());
        assert!(told_of.contains("Method019 and 280 more"), "{told_of}");
        let told_of = told(&"/é".repeat(40_000), PATHS);
        assert!(told_of.len() < 1_000, "{} bytes", told_of.len());
    }
}
