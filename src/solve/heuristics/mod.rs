//! Fillings, and the local search that repairs them.

pub(crate) mod bin_centric;
pub(crate) mod bin_elimination;
pub(crate) mod bins;
pub(crate) mod ejection;
pub(crate) mod greedy;
pub(crate) mod label_relaxation;
pub(crate) mod min_slack;
pub(crate) mod portfolio;
pub(crate) mod random;
pub(crate) mod saturation;
pub(crate) mod slack_consolidation;
pub(crate) mod subset_sums;
