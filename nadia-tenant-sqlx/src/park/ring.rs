use std::{
    collections::{BTreeMap, HashMap},
    hash::Hash,
};

/// Those who wait, by party: first come, first served within one party, and the parties take turns.
///
/// It holds nothing of a party that doesn't wait. Joining, leaving and being served take the logarithm of how many wait.
#[derive(Debug)]
pub(super) struct Ring<K, W> {
    parties: HashMap<K, Party<W>>,
    turns: BTreeMap<u64, K>,
    // Numbers waiters and turns alike; 64 bits don't run out.
    next: u64,
}

#[derive(Debug)]
struct Party<W> {
    turn: u64,
    line: BTreeMap<u64, W>,
}

impl<K, W> Default for Ring<K, W> {
    fn default() -> Self {
        Self { parties: HashMap::new(), turns: BTreeMap::new(), next: 0 }
    }
}

impl<K: Copy + Eq + Hash, W> Ring<K, W> {
    /// Joins the end of the party's line and returns the number by which the waiter leaves it.
    pub(super) fn join(&mut self, party: K, waiter: W) -> u64 {
        self.next += 1;
        let number = self.next;
        let joined = self.parties.entry(party).or_insert_with(|| {
            self.turns.insert(number, party);
            Party { turn: number, line: BTreeMap::new() }
        });
        joined.line.insert(number, waiter);
        number
    }

    /// Leaves the line. Returns nothing if the waiter was served before.
    pub(super) fn leave(&mut self, party: K, number: u64) -> Option<W> {
        let left = self.parties.get_mut(&party)?;
        let waiter = left.line.remove(&number);
        if left.line.is_empty() {
            self.turns.remove(&left.turn);
            self.parties.remove(&party);
        }
        waiter
    }

    /// Serves the first waiter of the party whose turn is next among those that may be served.
    pub(super) fn serve(&mut self, may: impl Fn(K) -> bool) -> Option<(K, W)> {
        let (turn, party) = self.turns.iter().map(|(turn, party)| (*turn, *party)).find(|(_, party)| may(*party))?;
        let served = self.parties.get_mut(&party)?;
        let (_, waiter) = served.line.pop_first()?;
        self.turns.remove(&turn);
        if served.line.is_empty() {
            self.parties.remove(&party);
        } else {
            self.next += 1;
            served.turn = self.next;
            self.turns.insert(self.next, party);
        }
        Some((party, waiter))
    }

    /// Sends everybody away.
    pub(super) fn drain(&mut self) -> Vec<(K, W)> {
        self.turns.clear();
        let parties = self.parties.drain();
        parties.flat_map(|(party, all)| all.line.into_values().map(move |waiter| (party, waiter))).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parties.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.parties.values().map(|party| party.line.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(ring: &mut Ring<char, u32>) -> Vec<(char, u32)> {
        std::iter::from_fn(|| ring.serve(|_| true)).collect()
    }

    #[test]
    fn parties_take_turns_and_each_keeps_its_order() {
        let mut ring = Ring::default();
        for number in 0..3 {
            ring.join('a', number);
        }
        ring.join('b', 0);
        ring.join('b', 1);
        assert_eq!(ring.len(), 5);
        assert_eq!(all(&mut ring), [('a', 0), ('b', 0), ('a', 1), ('b', 1), ('a', 2)]);
        assert!(ring.parties.is_empty() && ring.turns.is_empty());
    }

    #[test]
    fn who_may_not_be_served_keeps_the_turn() {
        let mut ring = Ring::default();
        ring.join('a', 0);
        ring.join('b', 0);
        ring.join('b', 1);
        assert_eq!(ring.serve(|party| party == 'b'), Some(('b', 0)));
        assert_eq!(ring.serve(|_| false), None);
        assert_eq!(all(&mut ring), [('a', 0), ('b', 1)]);
    }

    #[test]
    fn who_leaves_is_forgotten() {
        let mut ring = Ring::default();
        let (first, second) = (ring.join('a', 0), ring.join('a', 1));
        assert_eq!(ring.leave('a', first), Some(0));
        assert_eq!(ring.leave('a', first), None);
        assert_eq!(ring.leave('a', second), Some(1));
        assert!(ring.is_empty() && ring.parties.is_empty() && ring.turns.is_empty());
        ring.join('a', 2);
        assert_eq!(ring.drain(), [('a', 2)]);
        assert!(ring.is_empty() && ring.turns.is_empty());
    }
}
