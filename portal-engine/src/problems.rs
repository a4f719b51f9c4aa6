//! How many problems an answer holds at the most.

use std::collections::BTreeSet;

use portal_core::{Problem, ProblemKind, Problems};

/// How many problems one check lists. Nobody mends more in one go, and a body of one megabyte
/// could otherwise ask for an answer of many.
pub const MOST_PROBLEMS: usize = 100;

/// Keeps the first `most`, and says so when there were more.
pub fn cut_to(problems: &mut Problems, most: usize) {
    if problems.len() > most {
        *problems = std::mem::take(problems).into_iter().take(most).collect();
        let message = format!("there are more problems: only the first {most} are listed");
        problems.push(Problem::new(ProblemKind::ValueError, "", message));
    }
}

/// Keeps each problem once, and no more than one answer lists.
pub fn tidy(problems: &mut Problems) {
    let mut said = BTreeSet::new();
    *problems = std::mem::take(problems)
        .into_iter()
        .filter(|problem| said.insert((problem.at.clone(), problem.message.clone())))
        .collect();
    cut_to(problems, MOST_PROBLEMS);
}
