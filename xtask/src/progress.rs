//! What the person at the terminal sees while long steps run. Everything goes to stderr: stdout belongs to results.

use std::time::Instant;

/// A step that was announced; says how long it took when it is done, if that was noticeable.
pub struct Step {
    name: String,
    started: Instant,
}

impl Step {
    /// Announces a step.
    pub fn start(name: impl Into<String>) -> Self {
        let name = name.into();
        eprintln!("  {name} ...");
        Self { name, started: Instant::now() }
    }

    /// Ends the step.
    pub fn done(self) {
        let seconds = self.started.elapsed().as_secs_f64();
        if seconds >= 1.0 {
            eprintln!("  {}: {seconds:.0} s", self.name);
        }
    }
}

/// Says something worth knowing that is no error.
pub fn note(text: impl AsRef<str>) {
    eprintln!("  note: {}", text.as_ref());
}
