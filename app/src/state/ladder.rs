//! How large a picture each of the others is sent: less with everybody who comes, since everybody is sent one of their own.
//!
//! With `n` others a camera is encoded and sent `n` times. The rungs keep the sum under 2.5 Mbit/s up to a call of six, which home
//! connections and laptops carry (chosen). Sound is never made smaller.

/// What one other person is sent at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rung {
    /// Width in pixels of a wide picture; upright ones have as many pixels.
    pub width: u32,
    /// Height in pixels of a wide picture.
    pub height: u32,
    /// Pictures in a second.
    pub frames_per_s: u32,
    /// Bits in a second.
    pub bits_per_s: u32,
}

/// People with cameras up to whom a mesh is made for; more are let in, and told.
pub const MADE_FOR: usize = 6;

/// The rung for a call with so many others.
pub const fn rung(others: usize) -> Rung {
    match others {
        0 | 1 => Rung { width: 1_280, height: 720, frames_per_s: 30, bits_per_s: 1_500_000 },
        2 => Rung { width: 960, height: 540, frames_per_s: 30, bits_per_s: 1_000_000 },
        3 | 4 => Rung { width: 640, height: 360, frames_per_s: 25, bits_per_s: 600_000 },
        _ => Rung { width: 480, height: 270, frames_per_s: 20, bits_per_s: 350_000 },
    }
}

impl Rung {
    /// By how much a captured picture's sides are divided, 1 or more.
    pub fn scale_down(self, width: f64, height: f64) -> f64 {
        let scale = (width * height / (f64::from(self.width) * f64::from(self.height))).sqrt();
        if scale.is_finite() { scale.max(1.0) } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_more_because_somebody_came() {
        for others in 1..12 {
            let (fewer, more) = (rung(others), rung(others + 1));
            assert!(more.width <= fewer.width && more.height <= fewer.height, "{others}");
            assert!(more.frames_per_s <= fewer.frames_per_s && more.bits_per_s <= fewer.bits_per_s, "{others}");
        }
    }

    #[test]
    fn what_is_sent_to_all_together_stays_bearable_up_to_six() {
        for others in 1..MADE_FOR {
            let together = rung(others).bits_per_s * others as u32;
            assert!(together <= 2_500_000, "{others}: {together}");
        }
    }

    #[test]
    fn wide_and_upright_pictures_lose_the_same_and_small_ones_nothing() {
        assert_eq!(rung(4).scale_down(1_280.0, 720.0), 2.0);
        assert_eq!(rung(4).scale_down(720.0, 1_280.0), 2.0);
        assert_eq!(rung(4).scale_down(320.0, 180.0), 1.0);
        assert_eq!(rung(1).scale_down(f64::NAN, 0.0), 1.0);
    }
}
