//! A random number generator that says what it was told to, for vectors that fix what is random elsewhere.

use std::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};

/// Gives out the bytes it was made with, then zeros.
pub(super) struct Scripted<'a>(&'a [u8]);

impl<'a> Scripted<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn next<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        let Ok(()) = self.try_fill_bytes(&mut bytes);
        bytes
    }
}

impl TryRng for Scripted<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.next()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.next()))
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Infallible> {
        let (given, rest) = self.0.split_at(target.len().min(self.0.len()));
        self.0 = rest;
        target.fill(0);
        target.iter_mut().zip(given).for_each(|(to, from)| *to = *from);
        Ok(())
    }
}

impl TryCryptoRng for Scripted<'_> {}
