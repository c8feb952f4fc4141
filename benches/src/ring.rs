/// Values in a mixed but fixed order, taken one after the other without end.
#[derive(Clone, Debug)]
pub struct Ring<T> {
    values: Vec<T>,
    next: usize,
}

impl<T> Ring<T> {
    /// Mixes `values`.
    ///
    /// # Panics
    /// If there are none.
    #[must_use]
    pub fn new(values: impl IntoIterator<Item = T>) -> Self {
        let Self { mut values, next } = Self::in_order(values);
        // Marsaglia's xorshift64; the seed is arbitrary and fixed, so that runs can be compared.
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        for last in (1..values.len()).rev() {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            values.swap(last, usize::try_from(state % (last as u64 + 1)).unwrap_or(last));
        }
        Self { values, next }
    }

    /// Keeps the order of `values`.
    ///
    /// # Panics
    /// If there are none.
    #[must_use]
    pub fn in_order(values: impl IntoIterator<Item = T>) -> Self {
        let values: Vec<T> = values.into_iter().collect();
        assert!(!values.is_empty(), "a ring has values");
        Self { values, next: 0 }
    }

    /// Makes a ring of what `f` makes of these values, in the same order.
    #[must_use]
    pub fn map<U>(&self, f: impl FnMut(&T) -> U) -> Ring<U> {
        Ring { values: self.values.iter().map(f).collect(), next: 0 }
    }

    /// Takes the next value.
    pub fn turn(&mut self) -> &T {
        let value = &self.values[self.next];
        self.next = if self.next + 1 == self.values.len() { 0 } else { self.next + 1 };
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_of_the_ring_gives_each_value_once() {
        let mut ring = Ring::new(0..100);
        let mut taken: Vec<i32> = (0..100).map(|_| *ring.turn()).collect();
        assert_ne!(taken, (0..100).collect::<Vec<_>>());
        assert_eq!(ring.turn(), &taken[0]);
        taken.sort_unstable();
        assert_eq!(taken, (0..100).collect::<Vec<_>>());
    }
}
