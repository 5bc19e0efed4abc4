//! CPU time, as the kernel's scheduler counts it: nanoseconds for each thread (`schedstat`).
//!
//! A running thread's figure lags behind until it is next put aside, so both what is measured and who measures must rest before it
//! is read. Left out: time that was spent for a thread by others, such as interrupts.

use std::{collections::BTreeMap, fs, path::Path, thread, time::Duration};

use anyhow::{Context as _, Result};

/// Long enough for a thread to be put aside (chosen: the scheduler needs microseconds).
const REST: Duration = Duration::from_millis(1);

/// What each thread of a process has used so far.
#[derive(Clone, Debug, Default)]
pub struct Cpu(BTreeMap<String, Duration>);

impl Cpu {
    /// Of all threads of the process `process` that there are.
    pub fn of(process: u32) -> Result<Self> {
        let mut threads = BTreeMap::new();
        for thread in fs::read_dir(format!("/proc/{process}/task"))? {
            let thread = thread?;
            // One may end while they are read.
            if let Ok(used) = used(&thread.path()) {
                threads.insert(thread.file_name().to_string_lossy().into_owned(), used);
            }
        }
        Ok(Self(threads))
    }

    /// The same without its first thread, which has the process's number.
    pub fn of_helpers(process: u32) -> Result<Self> {
        let mut threads = Self::of(process)?;
        threads.0.remove(&process.to_string());
        Ok(threads)
    }

    /// What was used since `earlier`. A thread that has ended meanwhile counts for nothing: those of tokio end when they had nothing
    /// to do for ten seconds, so what is measured must be shorter than that.
    pub fn since(&self, earlier: &Self) -> Duration {
        let used =
            |(name, used): (&String, &Duration)| used.saturating_sub(earlier.0.get(name).copied().unwrap_or_default());
        self.0.iter().map(used).sum()
    }
}

/// What `act` takes of the calling thread.
pub fn of_this_thread(act: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let me = Path::new("/proc/thread-self");
    thread::sleep(REST);
    let before = used(me)?;
    act()?;
    thread::sleep(REST);
    Ok(used(me)?.saturating_sub(before))
}

fn used(thread: &Path) -> Result<Duration> {
    let text = fs::read_to_string(thread.join("schedstat"))?;
    let nanoseconds = text.split(' ').next().and_then(|text| text.parse().ok());
    nanoseconds.map(Duration::from_nanos).context("the scheduler tells nanoseconds first")
}

#[cfg(test)]
mod tests {
    use std::{hint::black_box, time::Instant};

    use super::*;

    fn spin(time: Duration) {
        let started = Instant::now();
        while started.elapsed() < time {
            black_box(started);
        }
    }

    #[test]
    fn a_thread_that_works_uses_time_and_one_that_sleeps_does_not() {
        let pause = Duration::from_millis(50);
        let worked = of_this_thread(|| {
            spin(pause);
            Ok(())
        });
        let slept = of_this_thread(|| {
            thread::sleep(pause);
            Ok(())
        });
        let (worked, slept) = (worked.unwrap(), slept.unwrap());
        // Others may hold the processor while it spins, so it has at most that long.
        assert!(worked > slept && worked <= 2 * pause, "{worked:?} {slept:?}");
    }

    #[test]
    fn a_processs_other_threads_count_since_an_earlier_look() {
        let me = std::process::id();
        let before = Cpu::of(me).unwrap();
        let (done, wait) = std::sync::mpsc::channel();
        let (ready, readied) = std::sync::mpsc::channel();
        let helper = thread::spawn(move || {
            spin(Duration::from_millis(20));
            ready.send(()).unwrap();
            wait.recv().unwrap();
        });
        readied.recv().unwrap();
        thread::sleep(REST);
        let used = Cpu::of(me).unwrap().since(&before);
        done.send(()).unwrap();
        helper.join().unwrap();
        assert!(used >= Duration::from_millis(1), "{used:?}");
    }
}
