//! Takes points: several numbers each, of which less is better.
//! Gives those that no other one beats in everything, and among them the one where giving up more stops paying.
//! Never prefers one number to another.

/// Which points are on the Pareto front, in the order of the points; of equal ones the first.
///
/// ```
/// use zaqarcheck::fleet::front;
/// assert_eq!(front(&[vec![1.0, 5.0], vec![2.0, 2.0], vec![3.0, 3.0], vec![2.0, 2.0]]), [0, 1]);
/// ```
pub fn front(points: &[Vec<f64>]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    // Who is beaten comes after whoever beats it.
    order.sort_by(|a, b| compare(&points[*a], &points[*b]).then(a.cmp(b)));
    let mut front: Vec<usize> = Vec::new();
    for place in order {
        if !front.iter().any(|best| at_least_as_good(&points[*best], &points[place])) {
            front.push(place);
        }
    }
    front.sort_unstable();
    front
}

/// Whether `a` is no worse than `b` in anything, and better in something.
pub fn dominates(a: &[f64], b: &[f64]) -> bool {
    at_least_as_good(a, b) && a != b
}

fn at_least_as_good(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(a, b)| a <= b)
}

fn compare(a: &[f64], b: &[f64]) -> std::cmp::Ordering {
    let each = a.iter().zip(b).map(|(a, b)| a.total_cmp(b));
    each.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
}

/// Which member of the front is the knee: the one nearest to having the best of everything, where each number counts
/// from its best on the front, 0, to its worst, 1, in orders of magnitude. None of an empty front.
pub fn knee(points: &[Vec<f64>], front: &[usize]) -> Option<usize> {
    let count = points.first()?.len();
    let bounds: Vec<(f64, f64)> = (0..count)
        .map(|axis| {
            let values = || front.iter().map(|place| scaled(points[*place][axis]));
            (values().fold(f64::INFINITY, f64::min), values().filter(|v| v.is_finite()).fold(0.0, f64::max))
        })
        .collect();
    let distance = |place: usize| -> f64 {
        let part = |(value, (low, high)): (&f64, &(f64, f64))| match scaled(*value) {
            value if value <= *low => 0.0,
            value => (value - low) / (high - low),
        };
        points[place].iter().zip(&bounds).map(part).map(|part| part * part).sum()
    };
    front.iter().copied().min_by(|a, b| distance(*a).total_cmp(&distance(*b)))
}

/// Twice as much is as bad whether it is much or little.
fn scaled(value: f64) -> f64 {
    value.max(0.0).ln_1p()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_knee_is_where_the_front_bends() {
        let points = [vec![1.0, 1_000.0], vec![2.0, 10.0], vec![30.0, 9.0], vec![1_000.0, 1.0]];
        let all = front(&points);
        assert_eq!((all.as_slice(), knee(&points, &all)), (&[0, 1, 2, 3][..], Some(1)));
        assert_eq!(knee(&points, &[3]), Some(3));
        assert_eq!((front(&[]), knee(&[], &[])), (vec![], None));
    }

    #[test]
    fn what_is_infinitely_bad_is_no_knee() {
        let points = [vec![0.0, f64::INFINITY], vec![1.0, 1.0]];
        assert_eq!(knee(&points, &front(&points)), Some(1));
    }

    fn points() -> impl Strategy<Value = Vec<Vec<f64>>> {
        // Few values, so that many are equal.
        let value = prop_oneof![(0..8_u8).prop_map(f64::from), Just(f64::INFINITY)];
        proptest::collection::vec(proptest::collection::vec(value, 3), 1..60)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nobody_on_the_front_is_beaten_and_everybody_off_it_is(points in points()) {
            let front = front(&points);
            for (place, point) in points.iter().enumerate() {
                let beaten = points.iter().any(|other| dominates(other, point));
                if front.contains(&place) {
                    prop_assert!(!beaten, "{place}");
                } else {
                    let better = |best: &usize| dominates(&points[*best], point) || points[*best] == *point;
                    prop_assert!(front.iter().any(better), "{place}");
                }
            }
            let knee = knee(&points, &front).expect("there is a front");
            prop_assert!(front.contains(&knee));
        }

        #[test]
        fn the_front_is_the_same_in_every_order(points in points()) {
            let values = |points: &[Vec<f64>]| {
                let mut values: Vec<_> = front(points).into_iter().map(|place| format!("{:?}", points[place])).collect();
                values.sort();
                values
            };
            let mut turned = points.clone();
            turned.reverse();
            prop_assert_eq!(values(&points), values(&turned));
        }
    }
}
