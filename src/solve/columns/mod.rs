//! Column generation: the master, pricing, the linear bound, and dives from its solution.

pub(crate) mod diving;
pub(crate) mod independent_sets;
pub(crate) mod knapsack;
pub(crate) mod master;
pub(crate) mod pricing;
pub(crate) mod relaxation;
pub(crate) mod surrogate;
pub(crate) mod tables;
pub(crate) mod views;
