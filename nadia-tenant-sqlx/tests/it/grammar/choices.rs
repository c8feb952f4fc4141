/// A statement is a function of a list of choices; so it can be made again from the list, and made smaller by making the list
/// smaller. 0 is the simplest choice everywhere, and what is beyond the list is 0.
#[derive(Debug)]
pub(crate) struct Choices {
    made: Vec<u32>,
    at: usize,
    /// Where new choices come from; none for a given list.
    random: Option<u64>,
}

impl Choices {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self { made: Vec::new(), at: 0, random: Some(seed) }
    }

    pub(crate) fn given(made: Vec<u32>) -> Self {
        Self { made, at: 0, random: None }
    }

    pub(crate) fn into_made(mut self) -> Vec<u32> {
        self.made.truncate(self.at);
        self.made
    }

    /// Chooses a number below `count`.
    pub(crate) fn below(&mut self, count: u32) -> u32 {
        let choice = match (self.made.get(self.at), &mut self.random) {
            (Some(made), _) => made % count,
            (None, None) => 0,
            (None, Some(state)) => {
                let choice = u32::try_from(next(state) >> 33).expect("31 bits fit") % count;
                self.made.push(choice);
                choice
            }
        };
        self.at += 1;
        choice
    }

    /// True once in `of` times.
    pub(crate) fn rarely(&mut self, of: u32) -> bool {
        self.below(of) == of - 1
    }

    pub(crate) fn one<'o, T>(&mut self, of: &'o [T]) -> &'o T {
        let count = u32::try_from(of.len()).expect("lists are short");
        &of[self.below(count) as usize]
    }
}

/// SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Makes lists smaller as long as `fails` says that they still fail: parts are left out, then choices made simpler.
pub(crate) async fn shrink(mut made: Vec<u32>, mut fails: impl AsyncFnMut(Vec<u32>) -> bool) -> Vec<u32> {
    loop {
        let before = made.clone();
        let mut size = made.len().div_ceil(2);
        while size > 0 {
            let mut at = 0;
            while at < made.len() {
                let mut shorter = made.clone();
                shorter.drain(at..(at + size).min(made.len()));
                if fails(shorter.clone()).await { made = shorter } else { at += size }
            }
            size /= 2;
        }
        // What a simpler choice has no use for goes with it.
        let mut at = 0;
        while at < made.len() {
            for length in [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64] {
                let mut changed = made.clone();
                if changed[at] > 0 && at + 1 + length <= changed.len() {
                    changed[at] = 0;
                    changed.drain(at + 1..at + 1 + length);
                    if fails(changed.clone()).await {
                        made = changed;
                        break;
                    }
                }
            }
            at += 1;
        }
        for at in 0..made.len() {
            for simpler in [0, made[at] / 2, made[at].saturating_sub(1)] {
                let mut changed = made.clone();
                changed[at] = simpler;
                if simpler < made[at] && fails(changed.clone()).await {
                    made = changed;
                    break;
                }
            }
        }
        if made == before {
            return made;
        }
    }
}
