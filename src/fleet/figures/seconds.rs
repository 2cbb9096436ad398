//! Takes requests, each with the second in which it began.
//! Gives the seconds of which there were most.
//! Never more memory than there are spans of requests: a horizon may be years away.

use super::Peak;
use crate::fleet::world::SECOND;

/// How many requests there were in each second.
#[derive(Clone, Debug, Default)]
pub(in crate::fleet) struct Seconds {
    pages: Vec<Vec<u64>>,
}

const PAGE: usize = 512;

impl Seconds {
    pub(in crate::fleet) fn count(&mut self, second: u64, requests: u64) {
        let (page, place) = (second as usize / PAGE, second as usize % PAGE);
        if page >= self.pages.len() {
            self.pages.resize_with(page + 1, Vec::new);
        }
        let page = &mut self.pages[page];
        if page.is_empty() {
            page.resize(PAGE, 0);
        }
        page[place] += requests;
    }

    /// The seconds in which there were any.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, u64)> {
        let pages = (0..).zip(&self.pages);
        let seconds = pages.flat_map(|(page, counts)| (page * PAGE as u64..).zip(counts.iter().copied()));
        seconds.filter(|(_, count)| *count > 0)
    }

    /// The most in so many seconds, of which the first had one.
    pub(in crate::fleet) fn peak(&self, seconds: u64) -> Peak {
        let (mut peak, mut sum, mut ahead) = (Peak::default(), 0, self.iter().peekable());
        for (second, count) in self.iter() {
            while let Some((_, more)) = ahead.next_if(|(other, _)| *other < second + seconds) {
                sum += more;
            }
            if sum > peak.count {
                peak = Peak { count: sum, at: second * SECOND };
            }
            sum -= count;
        }
        peak
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(requests: &[(u64, u64)], span: u64, expected: (u64, u64)) {
        let mut seconds = Seconds::default();
        requests.iter().for_each(|(second, count)| seconds.count(*second, *count));
        assert_eq!(seconds.peak(span), Peak { count: expected.0, at: expected.1 * SECOND });
    }

    #[test]
    fn a_peak_is_where_most_began() {
        check(&[], 1, (0, 0));
        check(&[(3, 2), (9, 5), (12, 5)], 1, (5, 9));
        check(&[(3, 2), (9, 5), (12, 5)], 10, (12, 3));
        check(&[(3, 2), (9, 5), (13, 5)], 10, (10, 9));
        check(&[(1 << 24, 4), (700, 3)], 10, (4, 1 << 24));
    }
}
