//! Many situations by the dice, at full size with `DM_TORTURE=1`. `DM_SEED` has them again.

use crate::compare::{Tally, disagreement, smallest};
use crate::dice::Dice;
use crate::world::{is_torture, world};

#[test]
fn the_model_agrees_with_the_decision() {
    let situations: u64 = if is_torture() { 5_000_000 } else { 200_000 };
    let first = Dice::seed();
    let mut tally = Tally::default();
    for number in 0..situations {
        let seed = first.wrapping_add(number);
        let world = world(&mut Dice::new(seed));
        if let Some(text) = disagreement(&world) {
            let world = smallest(world);
            panic!("DM_SEED={seed}: {text}\nSmaller: {}\n{world:?}", disagreement(&world).unwrap());
        }
        tally.count(&world);
    }
    println!("{situations} situations from DM_SEED={first}\n{tally}");
    tally.assert_complete();
}
