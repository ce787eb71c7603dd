//! Marks in texts, resolved to what they stand for.

use serde_json::Value as Json;

use super::ProjectError;
use super::context::Owner;
use super::expression::{Expression, Marked, Origin, OutputName, Piece, Rank, Source, Step, Text, Value};
use super::fill::Filling;
use crate::rules::{detail, over};

/// Outputs may stand for other resources' outputs so many times over.
const DEPTH: usize = 8;

impl<'p> Filling<'p> {
    /// An output of a resource, or something within it; nothing where its rule's expression comes to nothing.
    pub(super) fn output(
        &self,
        owners: &[Owner<'p>],
        rank: Rank,
        output: &OutputName,
        path: &[Step],
        depth: usize,
    ) -> Result<Option<Text>, ProjectError> {
        let owner = &owners[rank.0];
        let key = (rank, output.clone());
        let name = output.name.as_str();
        let known = self.resolved.borrow().get(&key).cloned();
        let mut text = match known {
            Some(text) => text,
            None => {
                if depth > DEPTH {
                    return Err(ProjectError::expression(owner.rule, name, "outputs refer to each other in a circle"));
                }
                let Some(template) = owner.rule.outputs.get(name).and_then(|output| output.of(owner.language)) else {
                    return Err(ProjectError::no_output(owner.resource, name, owner.language));
                };
                let failed = |error: minijinja::Error| ProjectError::expression(owner.rule, name, &detail(&error));
                let context = over(owner.names(self), &owner.context);
                let context = over(minijinja::context! { element => output.element.as_deref() }, &context);
                let filled = template.fill(&context).map_err(failed)?;
                let Some(Json::String(filled)) = filled else { return Ok(None) };
                let text = self.text(owners, &filled, depth + 1)?;
                self.resolved.borrow_mut().insert(key, text.clone());
                text
            }
        };
        if let ([Piece::Expression(expression)], false) = (text.0.as_mut_slice(), path.is_empty()) {
            expression.path.extend(path.iter().cloned());
        }
        Ok(Some(text))
    }

    pub(super) fn value(&self, owners: &[Owner<'p>], json: &Json, depth: usize) -> Result<Value, ProjectError> {
        Ok(match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(number) => Value::Number(number.clone()),
            Json::String(text) => Value::Text(self.text(owners, text, depth)?),
            Json::Array(array) => {
                Value::List(array.iter().map(|value| self.value(owners, value, depth)).collect::<Result<_, _>>()?)
            }
            Json::Object(map) => {
                let member =
                    |(key, value): (&String, &Json)| Ok((self.text(owners, key, depth)?, self.value(owners, value, depth)?));
                Value::Map(map.iter().map(member).collect::<Result<_, ProjectError>>()?)
            }
        })
    }

    /// A text with marks as literals and expressions.
    pub(super) fn text(&self, owners: &[Owner<'p>], marked: &str, depth: usize) -> Result<Text, ProjectError> {
        let mut text = Text::default();
        for piece in self.marks.pieces(marked) {
            match piece {
                Ok(literal) => text.push(Piece::Literal(literal)),
                Err(Marked { source, path }) => {
                    let origin = match source {
                        Source::Node(node) => Origin::Node(node),
                        Source::Parameter(name) => Origin::Parameter(name),
                        Source::Call(function, arguments) => {
                            let arguments = arguments.iter().map(|argument| self.text(owners, argument, depth));
                            Origin::Call(function, arguments.collect::<Result<_, _>>()?)
                        }
                        Source::Output(rank, output) => {
                            match self.output(owners, rank, &output, &path, depth)? {
                                Some(output) => output.0.into_iter().for_each(|piece| text.push(piece)),
                                None => {
                                    return Err(ProjectError::no_output(owners[rank.0].resource, &output.name, self.language));
                                }
                            }
                            continue;
                        }
                    };
                    text.push(Piece::Expression(Expression { origin, path }));
                }
            }
        }
        Ok(text)
    }
}
