//! Plays concurrent tasks in every order their steps can take. A step of a task ends where it gives way.

use std::{future::Future, pin::Pin, task::Context};

/// Who takes each turn.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    /// Which of how many was chosen.
    choices: Vec<(usize, usize)>,
    at: usize,
}

pub(crate) type Task<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

impl Schedule {
    /// The schedule that takes its choices from `picks`, and the first task when they run out.
    pub(crate) fn from_picks(picks: &[u8]) -> Self {
        Self { choices: picks.iter().map(|pick| (usize::from(*pick), 0)).collect(), at: 0 }
    }

    /// Runs the tasks to their ends, a turn at a time.
    pub(crate) fn run(&mut self, tasks: Vec<Task<'_>>) {
        let mut open = tasks;
        let mut context = Context::from_waker(std::task::Waker::noop());
        while !open.is_empty() {
            let next = self.choose(open.len());
            if open[next].as_mut().poll(&mut context).is_ready() {
                drop(open.remove(next));
            }
        }
    }

    fn choose(&mut self, of: usize) -> usize {
        if self.at == self.choices.len() {
            self.choices.push((0, of));
        }
        let (chosen, known) = &mut self.choices[self.at];
        *known = of;
        self.at += 1;
        *chosen % of
    }

    /// Moves on to the next schedule; `false` where this was the last one.
    fn advance(&mut self) -> bool {
        self.at = 0;
        while let Some((chosen, of)) = self.choices.pop() {
            if chosen + 1 < of {
                self.choices.push((chosen + 1, of));
                return true;
            }
        }
        false
    }
}

/// Calls `play` once for every schedule; answers how many there are.
pub(crate) fn every_schedule(mut play: impl FnMut(&mut Schedule)) -> usize {
    let mut schedule = Schedule::default();
    let mut played = 1;
    play(&mut schedule);
    while schedule.advance() {
        play(&mut schedule);
        played += 1;
    }
    played
}

#[test]
fn two_tasks_of_two_steps_have_six_schedules() {
    let mut orders = std::collections::BTreeSet::new();
    let played = every_schedule(|schedule| {
        let order = std::cell::RefCell::new(String::new());
        let task = |name: char| -> Task<'_> {
            let order = &order;
            Box::pin(async move {
                order.borrow_mut().push(name);
                crate::log::give_way().await;
                order.borrow_mut().push(name);
            })
        };
        schedule.run(vec![task('a'), task('b')]);
        orders.insert(order.into_inner());
    });
    assert_eq!((played, orders.len()), (6, 6), "{orders:?}");
}
