//! Names of files that may be cached for ever: `assets/STEM-HASH.EXTENSION`.

use sha2::{Digest as _, Sha256};

/// Hash characters in a name: 64 bits, plenty to tell the versions of one file apart (chosen).
const HASH_CHARACTERS: usize = 16;

/// Hexadecimal SHA-256.
pub fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where a file with this path and content is served, without the leading slash.
pub fn served(path: &str, content: &[u8]) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "bin"));
    format!("assets/{stem}-{}.{extension}", &hash(content)[..HASH_CHARACTERS])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_changes_with_the_content_only() {
        assert_eq!(served("fonts/onest.woff2", b"1"), "assets/onest-6b86b273ff34fce1.woff2");
        assert_ne!(served("boot.js", b"1"), served("boot.js", b"2"));
    }
}
