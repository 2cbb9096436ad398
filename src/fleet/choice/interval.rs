//! Takes numbers in pairs.
//! Gives the mean of their differences, and how far the true one may be from it.
//! Never calls few numbers certain: of one pair there is a difference and no interval.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// How much one thing differs from another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// In the mean.
    pub mean: f64,
    /// Half the width of the 95 % confidence interval around it; none of fewer than two pairs.
    pub within: Option<f64>,
}

impl Difference {
    /// Of the second from the first of each pair, by a paired t interval; none without pairs.
    ///
    /// ```
    /// use zaqarcheck::fleet::Difference;
    /// let difference = Difference::of([(1.0, 2.0), (2.0, 4.0), (3.0, 6.0)]).unwrap();
    /// assert_eq!(difference.mean, 2.0);
    /// // 4.303 is the quantile of two degrees of freedom.
    /// assert!((difference.within.unwrap() - 4.303 / 3.0_f64.sqrt()).abs() < 1e-3);
    /// ```
    pub fn of(pairs: impl IntoIterator<Item = (f64, f64)>) -> Option<Self> {
        let differences: Vec<f64> = pairs.into_iter().map(|(first, second)| second - first).collect();
        let count = differences.len() as f64;
        if differences.is_empty() {
            return None;
        }
        let mean = differences.iter().sum::<f64>() / count;
        if differences.len() < 2 {
            return Some(Self { mean, within: None });
        }
        let squares: f64 = differences.iter().map(|difference| (difference - mean).powi(2)).sum();
        let error = (squares / (count - 1.0) / count).sqrt();
        Some(Self { mean, within: Some(quantile(count - 1.0) * error) })
    }

    /// Whether the interval leaves 0 out: the difference is more than chance.
    pub fn is_certain(self) -> bool {
        self.within.is_some_and(|within| self.mean.abs() > within)
    }
}

/// Of Student's t distribution, so that 95 % lie within it on both sides.
fn quantile(freedom: f64) -> f64 {
    let t = StudentsT::new(0.0, 1.0, freedom).expect("there is a degree of freedom");
    t.inverse_cdf(0.975)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2.
    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (freedom, expected) in
            [(1.0, 12.706), (2.0, 4.303), (4.0, 2.776), (9.0, 2.262), (30.0, 2.042), (100.0, 1.984)]
        {
            assert!((quantile(freedom) - expected).abs() < 5e-4, "{freedom}: {}", quantile(freedom));
        }
    }

    #[test]
    fn what_is_the_same_differs_by_exactly_nothing() {
        let same = [0.1, 1e9, 3.7e-9].map(|value| (value, value));
        assert_eq!(Difference::of(same), Some(Difference { mean: 0.0, within: Some(0.0) }));
        assert!(!Difference::of(same).expect("there are pairs").is_certain());
    }

    #[test]
    fn few_pairs_make_no_interval() {
        assert_eq!(Difference::of([]), None);
        assert_eq!(Difference::of([(1.0, 3.5)]), Some(Difference { mean: 2.5, within: None }));
    }

    /// Gosset's sleep data, as R's `t.test(..., paired = TRUE)` prints it: 0.7001142 to 2.4598858 around 1.58.
    #[test]
    fn a_known_interval_comes_out() {
        let first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
        let second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
        let difference = Difference::of(first.into_iter().zip(second)).expect("there are pairs");
        assert!((difference.mean - 1.58).abs() < 1e-12);
        assert!((difference.within.expect("ten pairs") - 0.879_885_8).abs() < 1e-6, "{difference:?}");
        assert!(difference.is_certain());
    }
}
