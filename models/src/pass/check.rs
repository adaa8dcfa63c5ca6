//! A batch is checked before anything is computed.

use crate::{Batch, ForwardError, Segment, UNCOUNTED};

/// Checks everything about a batch that does not need the cache.
pub(crate) fn check(batch: &Batch, vocab_size: usize) -> Result<(), ForwardError> {
    batch.segments.iter().enumerate().try_for_each(|(index, segment)| {
        check_tokens(index, segment, vocab_size)?;
        check_groups(index, segment, batch.groups)?;
        check_wants(index, segment, vocab_size)
    })
}

fn check_tokens(index: usize, segment: &Segment, vocab_size: usize) -> Result<(), ForwardError> {
    if segment.tokens.is_empty() {
        return Err(ForwardError::EmptySegment { segment: index });
    }
    let outside = |&(_, &token): &(usize, &u32)| token as usize >= vocab_size;
    match segment.tokens.iter().enumerate().find(outside) {
        Some((row, &token)) => {
            Err(ForwardError::TokenOutOfVocabulary { segment: index, row, token, vocab_size })
        }
        None => Ok(()),
    }
}

fn check_groups(index: usize, segment: &Segment, groups: usize) -> Result<(), ForwardError> {
    let error = |reason| Err(ForwardError::Groups { segment: index, reason });
    let (given, tokens) = (segment.groups.len(), segment.tokens.len());
    if given != tokens {
        return error(format!("{given} groups for {tokens} tokens"));
    }
    match segment.groups.iter().find(|&&g| g != UNCOUNTED && g as usize >= groups) {
        Some(group) => error(format!("group {group} of a batch with {groups}")),
        None => Ok(()),
    }
}

fn check_wants(index: usize, segment: &Segment, vocab_size: usize) -> Result<(), ForwardError> {
    let error = |reason| Err(ForwardError::Wants { segment: index, reason });
    if segment.wants.windows(2).any(|pair| pair[0].row > pair[1].row) {
        return error("wanted rows are not ascending".into());
    }
    for want in &segment.wants {
        if want.row >= segment.tokens.len() {
            return error(format!("row {} of {} tokens is wanted", want.row, segment.tokens.len()));
        }
        if let Some(target) = want.targets.iter().find(|&&t| t as usize >= vocab_size) {
            return error(format!("target {target} is outside the vocabulary of {vocab_size}"));
        }
    }
    Ok(())
}
