//! Many files as one: which is what, which belong together, and what they say in all.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::ImportOptions;
use super::arm;
use super::forms::{self, Form, Parameters};
use super::found::{Contents, Skipped};
use super::{join, resolve};
use crate::input::{Code, Diagnostic, Diagnostics, Document};
use crate::report::count;

/// A document that could not be read.
#[derive(Clone, Debug)]
pub struct ImportFailure {
    /// Which one, by its place among those given.
    pub document: usize,
    /// What is wrong with it.
    pub diagnostics: Diagnostics,
}

/// Everything that files say.
pub(super) struct Gathered {
    pub(super) contents: Contents,
    pub(super) notes: Vec<String>,
    pub(super) failures: Vec<ImportFailure>,
}

/// Reads a template that a document, named first, names by relative path.
type Beside<'f> = dyn Fn(&str, &str) -> Option<Document> + 'f;

struct Template<'d> {
    rank: usize,
    document: &'d Document,
    value: Value,
}

/// Reads all documents.
pub(super) fn gather(documents: &[Document], options: &ImportOptions, files: &Beside<'_>) -> Gathered {
    let mut gathered = Gathered { contents: Contents::default(), notes: Vec::new(), failures: Vec::new() };
    let (mut parts, mut templates, mut parameters) = (Vec::new(), Vec::new(), Vec::new());
    for (rank, document) in documents.iter().enumerate() {
        match forms::read(document, options.format) {
            Ok(Form::Contents(contents)) => parts.push(contents),
            Ok(Form::Template(value)) => templates.push(Template { rank, document, value }),
            Ok(Form::Parameters(given)) => parameters.push(Parameters { name: document.name().to_owned(), given }),
            Err(diagnostics) => gathered.failures.push(ImportFailure { document: rank, diagnostics }),
        }
    }
    gathered.templates(&mut parts, &templates, &parameters, options, files);
    if templates.is_empty() && parts.is_empty() {
        gathered.only_parameters(documents, &parameters);
    }
    let found_out = resolve::resolve(&mut parts);
    if found_out > 0 {
        let names = count(found_out, "expression");
        gathered.notes.push(format!("what {names} of the templates come to is taken from the lists of resources beside them"));
    }
    for part in parts {
        gathered.contents.resources.extend(part.resources);
        gathered.contents.ids.extend(part.ids);
        gathered.contents.skipped.extend(part.skipped);
    }
    // Whatever the order of the files and in them, the same comes out.
    gathered
        .contents
        .resources
        .sort_by(|a, b| (&a.provider_type, &a.names, &a.address, &a.id).cmp(&(&b.provider_type, &b.names, &b.address, &b.id)));
    let told = join::join(&mut gathered.contents);
    gathered.notes.extend(told);
    gathered
}

impl Gathered {
    fn templates(
        &mut self,
        parts: &mut Vec<Contents>,
        templates: &[Template<'_>],
        parameters: &[Parameters],
        options: &ImportOptions,
        files: &Beside<'_>,
    ) {
        // What another template names is a part of that one.
        let linked: RefCell<BTreeSet<String>> = RefCell::default();
        let mut read: Vec<(&Template<'_>, Contents)> = Vec::new();
        for template in templates {
            let given = match self.given(template, parameters, options) {
                Ok(given) => given,
                Err(diagnostics) => {
                    self.failures.push(ImportFailure { document: template.rank, diagnostics });
                    continue;
                }
            };
            let beside = |path: &str| {
                let document = files(template.document.name(), path)?;
                linked.borrow_mut().insert(document.name().to_owned());
                Some(document)
            };
            match forms::template(template.document, &template.value, &given, &options.place(), &beside) {
                Ok(contents) => read.push((template, contents)),
                Err(diagnostics) => self.failures.push(ImportFailure { document: template.rank, diagnostics }),
            }
        }
        let linked = linked.into_inner();
        for (template, contents) in read {
            if !linked.contains(template.document.name()) {
                parts.push(contents);
            }
        }
    }

    /// The values of a template's parameters: those named, and those of the one file that is for it.
    fn given(
        &mut self,
        template: &Template<'_>,
        parameters: &[Parameters],
        options: &ImportOptions,
    ) -> Result<Map<String, Value>, Diagnostics> {
        let name = template.document.name();
        let fitting: Vec<&Parameters> = parameters.iter().filter(|file| file.fits(name, &template.value)).collect();
        let mut given = match fitting.as_slice() {
            [only] => only.given.clone(),
            [] => Map::new(),
            several => {
                let names: Vec<String> = several.iter().map(|file| format!("`{}`", file.name)).collect();
                self.notes.push(format!(
                    "several parameter files may be for `{name}`, so none is taken: name one with `--parameters` ({})",
                    names.join(", ")
                ));
                Map::new()
            }
        };
        let declared = arm::declared(&template.value);
        let strange = options.parameters.keys().find(|name| !declared.contains(&name.to_lowercase()));
        match strange {
            Some(strange) if options.parameters.keys().all(|name| !declared.contains(&name.to_lowercase())) => {
                let message = format!("the template declares no parameter `{strange}`, nor any other that is given");
                let mut diagnostic = Diagnostic::error(Code::UnknownField, message);
                diagnostic.help("name the parameter file of this template with `--parameters`");
                return Err(Diagnostics::from(diagnostic).located(template.document));
            }
            Some(strange) => self.notes.push(format!("`{name}` declares no parameter `{strange}`, which is given")),
            None => {}
        }
        given.extend(options.parameters.iter().map(|(name, value)| (name.clone(), value.clone())));
        Ok(given)
    }

    /// Says that parameter files alone tell of no resources.
    fn only_parameters(&mut self, documents: &[Document], parameters: &[Parameters]) {
        for (rank, document) in documents.iter().enumerate().filter(|(_, d)| parameters.iter().any(|file| file.name == d.name()))
        {
            let mut diagnostic = Diagnostic::error(Code::WrongType, "this is a parameter file, and its template is not there");
            diagnostic.help("name the template, and this file with `--parameters`");
            let diagnostics = Diagnostics::from(diagnostic).located(document);
            self.failures.push(ImportFailure { document: rank, diagnostics });
        }
        if documents.is_empty() {
            self.contents.skipped.push(Skipped::new("the files", "there are none"));
        }
    }
}
