//! The files of one estate: parts that together are it, and overlays that change it for an environment.

use serde_json::{Map, Value};

use super::Estate;
use super::origins::Origins;
use crate::input::{At, Code, Diagnostic, Diagnostics, Document, Pointer, Segment, Sink, nearest_of_many};

/// The files that an estate is written in.
///
/// The parts hold different components of the one estate; what is said of all of it is said in one of them. Overlays are laid over the
/// whole, one after the other, as merge patches (RFC 7396).
///
/// ```
/// use colocate::{Document, EstateFiles};
/// let file = |name: &str, text: &str| Document::new(name, text.into());
/// let shop = file("shop.yaml", "version: 1\nname: shop\nenvironment: dev\ncomponents: {UserApi: {type: CrudApi}}")?;
/// let orders = file("orders.yaml", "components: {OrderApi: {type: CrudApi}}")?;
/// let prod = file("prod.yaml", "environment: prod")?;
/// let estate = EstateFiles::new(vec![shop, orders], vec![prod]).read()?;
/// assert_eq!((estate.components.len(), estate.environment.as_deref()), (2, Some("prod")));
/// # Ok::<(), colocate::Diagnostics>(())
/// ```
#[derive(Clone, Debug)]
pub struct EstateFiles {
    /// The parts, then the overlays.
    documents: Vec<Document>,
    parts: usize,
}

/// What files come to together.
struct Assembled {
    value: Value,
    origins: Origins,
    /// What is wrong with their being together, each with its place.
    faults: Vec<Diagnostic>,
}

impl From<Document> for EstateFiles {
    fn from(document: Document) -> Self {
        Self::new(vec![document], Vec::new())
    }
}

impl EstateFiles {
    /// An estate of some parts, with overlays over it, the last one above.
    pub fn new(parts: Vec<Document>, overlays: Vec<Document>) -> Self {
        Self { parts: parts.len(), documents: parts.into_iter().chain(overlays).collect() }
    }

    /// The files: the parts, then the overlays.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// Reads the estate.
    ///
    /// # Errors
    /// Everything that is wrong with the files on their own and together, each with its place. Whether the estate fits the rules is
    /// found out by [`load_files`](crate::load_files).
    pub fn read(&self) -> Result<Estate, Diagnostics> {
        match Estate::of_value(self.value()?) {
            (estate, faults) if faults.is_empty() => Ok(estate),
            (_, faults) => Err(self.located(faults.into())),
        }
    }

    /// What the files come to together.
    pub(crate) fn value(&self) -> Result<Value, Diagnostics> {
        if let [only] = self.documents.as_slice() {
            return only.parse();
        }
        let Assembled { value, faults, .. } = self.assembled()?;
        if faults.is_empty() { Ok(value) } else { Err(faults.into()) }
    }

    /// Gives diagnostics about the estate their places in the files.
    #[must_use]
    pub fn located(&self, diagnostics: Diagnostics) -> Diagnostics {
        if let [only] = self.documents.as_slice() {
            return diagnostics.located(only);
        }
        let Ok(Assembled { origins, .. }) = self.assembled() else { return diagnostics };
        let mut of: Vec<Vec<Diagnostic>> = vec![Vec::new(); self.documents.len()];
        for mut diagnostic in diagnostics {
            let (file, pointer) = origins.find(&diagnostic.pointer);
            diagnostic.pointer = pointer;
            if let Some(of) = of.get_mut(file) {
                of.push(diagnostic);
            }
        }
        let located = self.documents.iter().zip(of).flat_map(|(document, of)| Diagnostics::from(of).located(document));
        located.collect::<Vec<_>>().into()
    }

    fn assembled(&self) -> Result<Assembled, Diagnostics> {
        let (mut values, mut faults) = (Vec::new(), Vec::new());
        for document in &self.documents {
            match document.parse() {
                Ok(value) => values.push(value),
                Err(diagnostics) => faults.extend(diagnostics),
            }
        }
        if !faults.is_empty() {
            return Err(faults.into());
        }
        let mut assembly = Assembly { documents: &self.documents, value: Map::new(), origins: Origins::default(), faults };
        let mut values = values.into_iter().enumerate();
        for (file, value) in values.by_ref().take(self.parts) {
            assembly.part(file, value);
        }
        let mut whole = Value::Object(std::mem::take(&mut assembly.value));
        for (file, value) in values {
            assembly.overlay(file, &mut whole, value);
        }
        Ok(Assembled { value: whole, origins: assembly.origins, faults: assembly.faults })
    }
}

struct Assembly<'d> {
    documents: &'d [Document],
    value: Map<String, Value>,
    origins: Origins,
    faults: Vec<Diagnostic>,
}

impl Assembly<'_> {
    /// Adds what a part holds to what the others hold.
    fn part(&mut self, file: usize, value: Value) {
        let Value::Object(members) = value else {
            let mut sink = Sink::default();
            sink.mistyped(&At::ROOT, "an object", &value);
            sink.diagnostics.into_iter().for_each(|diagnostic| self.fault(file, diagnostic));
            return;
        };
        for (key, value) in members {
            let at = Pointer::root().key(&key);
            let mut whole = std::mem::take(&mut self.value);
            match whole.get_mut(&key) {
                None => {
                    self.origins.state(&at, file, at.clone());
                    whole.insert(key, value);
                }
                Some(_) if key == "$schema" => {}
                Some(stated) => self.join(file, &at, stated, value),
            }
            self.value = whole;
        }
    }

    /// Joins what a part says with what others have said of the same: members of objects and elements of lists add up.
    fn join(&mut self, file: usize, at: &Pointer, stated: &mut Value, value: Value) {
        let shared = at.segments().first().is_some_and(|top| matches!(top, Segment::Key(top) if top == "settings"));
        match (stated, value) {
            (Value::Object(stated), Value::Object(members)) if !shared && at.segments().len() < 2 => {
                for (key, value) in members {
                    let at = at.clone().key(&key);
                    match stated.get_mut(&key) {
                        None => {
                            self.origins.state(&at, file, at.clone());
                            stated.insert(key, value);
                        }
                        Some(stated) => self.join(file, &at, stated, value),
                    }
                }
            }
            (Value::Array(stated), Value::Array(elements)) if !shared => {
                for (i, element) in elements.into_iter().enumerate() {
                    self.origins.state(&at.clone().index(stated.len()), file, at.clone().index(i));
                    stated.push(element);
                }
            }
            // The same said twice is said once, but a component is never meant to be another file's.
            (stated, value) if !value.is_object() && *stated == value => {}
            _ => self.twice(file, at),
        }
    }

    fn twice(&mut self, file: usize, at: &Pointer) {
        let (first, there) = self.origins.find(at);
        let mut earlier = Diagnostic::error(Code::DuplicateKey, "").at(there);
        earlier.on_key();
        let earlier = self.documents.get(first).map(|document| Diagnostics::from(earlier).located(document));
        let position = earlier.into_iter().flatten().find_map(|diagnostic| diagnostic.position);
        let place = position.map_or_else(String::new, |p| format!("{}:{}:{}", p.file, p.line, p.column));
        let (message, help) = match at.segments() {
            [Segment::Key(top), Segment::Key(id)] if top == "components" => {
                (format!("a second component is called `{id}`"), format!("the first is at {place}; rename one of the two"))
            }
            [Segment::Key(top), Segment::Key(name)] => {
                (format!("`{name}` in `{top}` is stated again"), format!("it is stated at {place}; remove one of the two"))
            }
            _ => {
                let name = at.segments().first().map_or_else(String::new, |top| match top {
                    Segment::Key(key) => key.clone(),
                    Segment::Index(index) => index.to_string(),
                });
                let message = format!("`{name}` is stated in two files of one estate");
                (
                    message,
                    format!("it is stated at {place} as well; state it in one of them, or plan different estates one by one"),
                )
            }
        };
        let mut diagnostic = Diagnostic::error(Code::DuplicateKey, message).at(at.clone());
        diagnostic.on_key().help(help);
        self.fault(file, diagnostic);
    }

    /// Lays an overlay over the whole.
    fn overlay(&mut self, file: usize, whole: &mut Value, patch: Value) {
        let says_something =
            patch.as_object().is_some_and(|members| members.keys().any(|key| key != "$schema" && key != "version"));
        if !says_something {
            let mut diagnostic = Diagnostic::error(Code::MissingField, "the overlay changes nothing");
            diagnostic.expect("an object of what differs from the estate, such as `environment`");
            self.fault(file, diagnostic);
            return;
        }
        self.foreign_components(file, whole, &patch);
        self.lay(file, whole, patch, &Pointer::root());
    }

    /// An overlay changes components; one that the estate lacks is a misspelt one, unless it is all there.
    fn foreign_components(&mut self, file: usize, whole: &Value, patch: &Value) {
        let Some(members) = patch.get("components").and_then(Value::as_object) else { return };
        let components = whole.get("components").and_then(Value::as_object);
        for (id, member) in members {
            let there = components.is_some_and(|components| components.contains_key(id));
            if there || member.get("type").is_some() || member.get("requirements").is_some() || member.is_null() {
                continue;
            }
            let mut diagnostic = Diagnostic::error(Code::UnknownComponent, format!("the estate has no component `{id}`"))
                .at(Pointer::root().key("components").key(id));
            let known = components.into_iter().flat_map(Map::keys).map(String::as_str);
            let help = match nearest_of_many(id, known, self.faults.len()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "an overlay that adds a component gives its `type` or its `requirements`".to_owned(),
            };
            diagnostic.on_key().help(help);
            self.fault(file, diagnostic);
        }
    }

    fn lay(&mut self, file: usize, target: &mut Value, patch: Value, at: &Pointer) {
        let members = match patch {
            Value::Object(members) => members,
            other => {
                *target = other;
                self.origins.state(at, file, at.clone());
                return;
            }
        };
        if !target.is_object() {
            *target = Value::Object(Map::new());
            self.origins.state(at, file, at.clone());
        }
        let Value::Object(target) = target else { return };
        for (key, value) in members {
            let at = at.clone().key(&key);
            if !value.is_null() {
                if !target.contains_key(&key) {
                    self.origins.state(&at, file, at.clone());
                }
                self.lay(file, target.entry(key).or_insert(Value::Null), value, &at);
            } else if target.remove(&key).is_none() {
                let mut diagnostic = Diagnostic::error(Code::UnknownField, format!("there is no `{key}` to remove")).at(at);
                diagnostic.on_key();
                match nearest_of_many(&key, target.keys().map(String::as_str), self.faults.len()) {
                    Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                    None => diagnostic.help("`null` in an overlay removes what the estate states"),
                };
                self.fault(file, diagnostic);
            }
        }
    }

    fn fault(&mut self, file: usize, diagnostic: Diagnostic) {
        if let Some(document) = self.documents.get(file) {
            self.faults.extend(Diagnostics::from(diagnostic).located(document));
        }
    }
}
