//! HTTP rules that another one hides: said, and no more, since such files are in use.

use std::collections::BTreeMap;

use super::template::Template;
use crate::diagnostic::Diagnostic;
use crate::schema::{File, HttpRule, Method, Schema, Service};

/// Two rules of a service that match the same paths: a gateway never reaches the second.
///
/// Services are apart: each may be served by a program of its own.
pub(in crate::check) fn check(schema: &Schema) -> Vec<Diagnostic> {
    let services =
        schema.generated().flat_map(|file| file.services.iter().map(move |it| (file, it)));
    services.flat_map(|(file, service)| of_service(file, service)).collect()
}

fn of_service(file: &File, service: &Service) -> Vec<Diagnostic> {
    // By HTTP method and what the path matches.
    let mut routes = BTreeMap::<(&str, String), &Method>::new();
    let mut found = Vec::new();
    for (method, rule) in service.methods.iter().flat_map(rules) {
        // One that is none is a mistake, which is told already.
        let Ok(template) = Template::parse(&rule.path) else { continue };
        let Some(earlier) = routes.insert((&rule.method, template.shape()), method) else {
            continue;
        };
        let text = format!(
            "HTTP path {:?}: {} of this path goes to {}.{} already ({}), and matches the same; \
             give one of them another path",
            template.text(),
            rule.method,
            service.name,
            earlier.name,
            file.source.place(&earlier.path),
        );
        found.push(file.source.diagnostic(&method.path, text));
        routes.insert((&rule.method, template.shape()), earlier);
    }
    found
}

fn rules(method: &Method) -> impl Iterator<Item = (&Method, &HttpRule)> {
    method.http.iter().map(move |rule| (method, rule))
}
