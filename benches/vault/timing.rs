//! Timing in turns: what is compared runs in the same rounds, so that whatever else the machine does meets both.

use std::fmt;
use std::time::Instant;

/// Something that is timed.
pub struct Contestant<'a> {
    /// How often it runs in a round.
    pub calls: usize,
    work: Box<dyn FnMut() + 'a>,
}

impl<'a> Contestant<'a> {
    pub fn new(calls: usize, work: impl FnMut() + 'a) -> Self {
        Self { calls, work: Box::new(work) }
    }

    /// The median time of a call in this round, in nanoseconds.
    fn round(&mut self) -> f64 {
        let times = (0..self.calls).map(|_| nanoseconds(&mut self.work)).collect();
        Spread::of(times).median
    }
}

/// How long one call takes, in nanoseconds.
pub fn nanoseconds(work: impl FnOnce()) -> f64 {
    let begin = Instant::now();
    work();
    begin.elapsed().as_nanos() as f64
}

/// The median of every round, for each contestant. The order turns from round to round: no one always comes after
/// the same other.
pub fn in_turns(rounds: usize, contestants: &mut [Contestant<'_>]) -> Vec<Series> {
    let count = contestants.len();
    let mut series = vec![Series(Vec::with_capacity(rounds)); count];
    contestants.iter_mut().for_each(|contestant| _ = contestant.round()); // To warm up.
    for round in 0..rounds {
        for turn in 0..count {
            let index = (round + turn) % count;
            series[index].0.push(contestants[index].round());
        }
    }
    series
}

/// One number for each round.
#[derive(Clone)]
pub struct Series(Vec<f64>);

impl Series {
    /// The middle of the rounds and their spread.
    pub fn spread(&self) -> Spread {
        Spread::of(self.0.clone())
    }

    /// Round by round, how many times `floor` this is.
    pub fn over(&self, floor: &Series) -> Spread {
        Spread::of(self.0.iter().zip(&floor.0).map(|(this, floor)| this / floor).collect())
    }
}

/// The median, and the tenth and ninetieth percentile around it.
#[derive(Clone, Copy)]
pub struct Spread {
    pub median: f64,
    pub low: f64,
    pub high: f64,
}

impl Spread {
    pub fn of(mut numbers: Vec<f64>) -> Self {
        numbers.sort_unstable_by(f64::total_cmp);
        let last = numbers.len() - 1;
        Self { median: numbers[last / 2], low: numbers[last / 10], high: numbers[last - last / 10] }
    }
}

impl Spread {
    /// As a time: `1.38 ms (1.35 ms .. 1.44 ms)`.
    pub fn times(&self) -> String {
        format!("{} ({} .. {})", time(self.median), time(self.low), time(self.high))
    }
}

/// As a ratio: `1.38 (1.35 .. 1.44)`.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} ({:.2} .. {:.2})", self.median, self.low, self.high)
    }
}

/// Nanoseconds for a person: three digits and a unit.
pub fn time(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds {
        n if n < 1e3 => (n, "ns"),
        n if n < 1e6 => (n / 1e3, "µs"),
        n if n < 1e9 => (n / 1e6, "ms"),
        n => (n / 1e9, "s"),
    };
    let decimals = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.decimals$} {unit}")
}
