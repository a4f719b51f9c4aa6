//! When a token ends: from what somebody writes to a time.

use chrono::{NaiveDateTime, TimeDelta, Utc};

/// How long a token lasts when nothing is said.
pub(crate) const EXPIRY_DEFAULT: &str = "90d";

/// What says that a token does not end.
const NEVER: &str = "never";

/// The longest that a token with an end lasts, in days.
const DAYS_MAX: i64 = 3_660;

/// When something ends that begins now and lasts so long, such as `90d`; `None` for `never`.
///
/// # Errors
///
/// A sentence, for what is no time, or too long.
pub(crate) fn end_of(lasts: &str) -> Result<Option<NaiveDateTime>, String> {
    let lasts = lasts.trim();
    if lasts == NEVER {
        return Ok(None);
    }
    let wrong =
        |why: String| format!("{why} (write a time such as {EXPIRY_DEFAULT} or 12h, or {NEVER})");
    let duration = humantime::parse_duration(lasts)
        .map_err(|error| wrong(format!("{lasts:?} is no time: {error}")))?;
    let delta = TimeDelta::from_std(duration).ok().filter(|delta| delta.num_days() <= DAYS_MAX);
    let end = delta.and_then(|delta| Utc::now().naive_utc().checked_add_signed(delta));
    end.map(Some).ok_or_else(|| wrong(format!("{lasts:?} is longer than {DAYS_MAX} days")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn end_is_a_time_from_now_or_never() {
        assert_eq!(end_of("never"), Ok(None));
        let days = |text| {
            let end = end_of(text).unwrap().unwrap();
            (end - Utc::now().naive_utc() + TimeDelta::minutes(1)).num_days()
        };
        assert_eq!((days("90d"), days(" 48h "), days("1d 24h")), (90, 2, 2));
        for wrong in ["", "90", "soon", "-1d", "99999d", "99999999999999999999d"] {
            assert!(end_of(wrong).is_err(), "{wrong}");
        }
    }
}
