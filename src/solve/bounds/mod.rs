//! Lower bounds that need no search.

pub(crate) mod combinatorial;
pub(crate) mod cost_levels;
