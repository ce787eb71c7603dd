//! The difference of two plans for people to read.

mod lines;
mod markdown;
mod summary;
mod text;

pub use markdown::markdown as diff_markdown;
pub use text::text as diff_text;
