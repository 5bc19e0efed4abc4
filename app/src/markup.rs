//! The marks that a chat text may carry, read into a tree that pages show as elements: a small subset of CommonMark.
//!
//! Bold, italic, struck, code, code blocks, quotes, lists and links that are written out. There is no HTML, no image, no link
//! with another text, no table: whatever is not known stays the text it is. Pure; takes time linear in the text, and bounded depth.

/// How deep marks may lie in marks. Chosen: bold in italic in struck text.
const MAX_DEPTH: u8 = 3;

/// A part of a text that begins on a line of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Running text; its line breaks count.
    Paragraph(Vec<Span>),
    /// Said by somebody else.
    Quote(Vec<Span>),
    /// A list.
    List {
        /// With numbers, from this one.
        from: Option<u32>,
        /// What stands in it.
        items: Vec<Vec<Span>>,
    },
    /// Code, as it is.
    Code(String),
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// Plain text.
    Text(String),
    /// Bold.
    Strong(Vec<Span>),
    /// Italic.
    Emphasis(Vec<Span>),
    /// Struck.
    Strike(Vec<Span>),
    /// Code.
    Code(String),
    /// An address, which is also what is shown; begins with `http://` or `https://`.
    Link(String),
}

/// Reads a text.
pub fn parse(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = text.split('\n').peekable();
    while let Some(line) = lines.next() {
        if line.starts_with(FENCE) {
            let code: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with(FENCE)).collect();
            blocks.push(Block::Code(code.join("\n")));
            continue;
        }
        let kind = Kind::of(line);
        let mut said = vec![kind.content(line)];
        while let Some(next) = lines.next_if(|next| Kind::of(next).continues(kind) && !next.starts_with(FENCE)) {
            said.push(kind.content(next));
        }
        blocks.extend(kind.block(&said));
    }
    blocks
}

/// What stands around code.
const FENCE: &str = "```";

/// What a line begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    Quoted,
    Bullet,
    Numbered(u32),
}

impl Kind {
    fn of(line: &str) -> Self {
        if line.starts_with("> ") {
            Self::Quoted
        } else if line.starts_with("- ") || line.starts_with("* ") {
            Self::Bullet
        } else if let Some((number, _)) = numbered(line) {
            Self::Numbered(number)
        } else {
            Self::Plain
        }
    }

    fn continues(self, before: Self) -> bool {
        self == before || matches!((self, before), (Self::Numbered(_), Self::Numbered(_)))
    }

    fn content(self, line: &str) -> &str {
        match self {
            Self::Plain => line,
            Self::Quoted | Self::Bullet => line.get(2..).unwrap_or_default(),
            Self::Numbered(_) => numbered(line).map_or(line, |(_, rest)| rest),
        }
    }

    fn block(self, lines: &[&str]) -> Option<Block> {
        let items = || lines.iter().map(|line| spans(line, MAX_DEPTH)).collect();
        match self {
            Self::Plain => {
                let text = lines.join("\n");
                let text = text.trim_matches('\n');
                (!text.is_empty()).then(|| Block::Paragraph(spans(text, MAX_DEPTH)))
            }
            Self::Quoted => Some(Block::Quote(spans(&lines.join("\n"), MAX_DEPTH))),
            Self::Bullet => Some(Block::List { from: None, items: items() }),
            Self::Numbered(from) => Some(Block::List { from: Some(from), items: items() }),
        }
    }
}

/// The number in front of a line, and the rest of it.
fn numbered(line: &str) -> Option<(u32, &str)> {
    let (number, rest) = line.split_once(". ")?;
    let is_number = (1..=4).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    Some((number.parse().ok().filter(|_| is_number)?, rest))
}

/// The marks that stand before and after what they mean; longer ones first.
const MARKS: [&str; 5] = ["**", "~~", "`", "*", "_"];

fn spans(text: &str, depth: u8) -> Vec<Span> {
    let mut reader = Reader { spans: Vec::new(), plain: String::new(), dead: [false; MARKS.len()], depth };
    let mut rest = text;
    let mut before = None;
    while let Some(first) = rest.chars().next() {
        let taken = reader.take(rest, before);
        let taken = if taken > 0 {
            taken
        } else {
            reader.plain.push(first);
            first.len_utf8()
        };
        let (read, left) = rest.split_at(taken);
        before = read.chars().next_back();
        if before == Some('\n') {
            // Marks end on the line they began on.
            reader.dead = [false; MARKS.len()];
        }
        rest = left;
    }
    reader.end_plain();
    reader.spans
}

struct Reader {
    spans: Vec<Span>,
    plain: String,
    /// Marks whose end was looked for in vain: there is none further on either.
    dead: [bool; MARKS.len()],
    depth: u8,
}

impl Reader {
    /// Reads what begins here; returns how many bytes that is, 0 if nothing does.
    fn take(&mut self, rest: &str, before: Option<char>) -> usize {
        let starts_word = before.is_none_or(|before| !before.is_alphanumeric());
        if let Some(escaped) = escaped(rest) {
            self.plain.push(escaped);
            return 1 + escaped.len_utf8();
        }
        if let Some(address) = address(rest).filter(|_| starts_word) {
            return self.push(Span::Link(address.to_owned()), address.len());
        }
        let Some((index, mark)) = MARKS.into_iter().enumerate().find(|(_, mark)| rest.starts_with(mark)) else {
            return 0;
        };
        // Underscores within and around names mean nothing.
        let is_word_bound = mark == "_" && (!starts_word || before == Some('_') || rest[1..].starts_with('_'));
        if self.dead[index] || is_word_bound || (self.depth == 0 && mark != "`") {
            return if mark.len() > 1 { self.keep(mark) } else { 0 };
        }
        let inside = &rest[mark.len()..];
        let Some(length) = closing(inside, mark) else {
            self.dead[index] = !inside.starts_with(char::is_whitespace);
            return if mark.len() > 1 { self.keep(mark) } else { 0 };
        };
        let (said, read) = (&inside[..length], length + 2 * mark.len());
        let inner = |depth: u8| spans(said, depth - 1);
        let span = match mark {
            "`" => Span::Code(said.to_owned()),
            "**" => Span::Strong(inner(self.depth)),
            "~~" => Span::Strike(inner(self.depth)),
            _ => Span::Emphasis(inner(self.depth)),
        };
        self.push(span, read)
    }

    fn keep(&mut self, text: &str) -> usize {
        self.plain.push_str(text);
        text.len()
    }

    fn push(&mut self, span: Span, read: usize) -> usize {
        self.end_plain();
        self.spans.push(span);
        read
    }

    fn end_plain(&mut self) {
        if !self.plain.is_empty() {
            self.spans.push(Span::Text(std::mem::take(&mut self.plain)));
        }
    }
}

/// The character that a backslash takes its meaning from.
fn escaped(rest: &str) -> Option<char> {
    rest.strip_prefix('\\')?.chars().next().filter(|next| "\\*_~`>".contains(*next))
}

/// Where what a mark began ends: on the same line, not at once, and not after a space.
fn closing(inside: &str, mark: &str) -> Option<usize> {
    if inside.starts_with(char::is_whitespace) {
        return None;
    }
    let line = inside.split('\n').next().unwrap_or_default();
    line.match_indices(mark).map(|(at, _)| at).find(|&at| {
        let (said, after) = (&line[..at], &line[at + mark.len()..]);
        let ends_word = mark != "_" || after.chars().next().is_none_or(|next| !next.is_alphanumeric() && next != '_');
        let is_longer_mark = mark == "*" && (after.starts_with('*') || said.ends_with('*'));
        !said.is_empty() && !said.ends_with(char::is_whitespace) && ends_word && !is_longer_mark
    })
}

/// The address at the beginning of `rest`, if there is one.
fn address(rest: &str) -> Option<&str> {
    let scheme = ["https://", "http://"].into_iter().find(|scheme| rest.starts_with(scheme))?;
    let end = rest.find(|c: char| !is_of_address(c)).unwrap_or(rest.len());
    let address = rest[..end].trim_end_matches(|c: char| ".,;:!?'*_~".contains(c));
    // Brackets around an address are none of it.
    let address = if address.contains('(') { address } else { address.trim_end_matches(')') };
    address.get(scheme.len()..).is_some_and(|host| host.starts_with(char::is_alphanumeric)).then_some(address)
}

/// What may stand in an address: nothing that ends it, and nothing that shows it in another order than it is.
fn is_of_address(c: char) -> bool {
    let is_invisible = matches!(c, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    !c.is_whitespace() && !c.is_control() && !is_invisible && !"<>\"`\\^{|}".contains(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(text: &str) -> Span {
        Span::Text(text.to_owned())
    }

    fn line(text: &str) -> Vec<Span> {
        match parse(text).as_slice() {
            [Block::Paragraph(spans)] => spans.clone(),
            other => panic!("no single paragraph: {other:?}"),
        }
    }

    #[test]
    fn marks_become_elements() {
        assert_eq!(
            line("a **b** *c* _d_ ~~e~~ `f*g*`"),
            [
                plain("a "),
                Span::Strong(vec![plain("b")]),
                plain(" "),
                Span::Emphasis(vec![plain("c")]),
                plain(" "),
                Span::Emphasis(vec![plain("d")]),
                plain(" "),
                Span::Strike(vec![plain("e")]),
                plain(" "),
                Span::Code("f*g*".to_owned()),
            ]
        );
        assert_eq!(line("**a *b***").len(), 2, "what is unclear stays readable");
        assert_eq!(
            line("**a *b* c**"),
            [Span::Strong(vec![plain("a "), Span::Emphasis(vec![plain("b")]), plain(" c")])]
        );
    }

    #[test]
    fn what_is_no_mark_stays_text() {
        for text in [
            "2 * 3 * 4",
            "snake_case_name",
            "__init__",
            "a.__b c.__d _",
            "a ** b",
            "**",
            "~~",
            "`",
            "5 > 3",
            "-5",
            "1.5",
            "<b>x</b>",
            "*",
            "* ",
            "_a",
        ] {
            let shown = match parse(text).as_slice() {
                [Block::Paragraph(spans)] => spans.clone(),
                [Block::List { items, .. }] => items.concat(),
                other => panic!("{other:?}"),
            };
            assert!(shown.iter().all(|span| matches!(span, Span::Text(_))), "{text}: {shown:?}");
        }
        assert_eq!(line(r"\*not italic\*"), [plain("*not italic*")]);
        assert_eq!(line("*a\n*b*"), [plain("*a\n"), Span::Emphasis(vec![plain("b")])]);
    }

    #[test]
    fn blocks_begin_on_their_own_lines() {
        let text = "hello\nagain\n> said\n> before\n- one\n- two\n3. three\n4. four\n```rust\nlet a = *b;\n\n```\nend";
        let item = |text: &str| vec![plain(text)];
        assert_eq!(
            parse(text),
            [
                Block::Paragraph(item("hello\nagain")),
                Block::Quote(item("said\nbefore")),
                Block::List { from: None, items: vec![item("one"), item("two")] },
                Block::List { from: Some(3), items: vec![item("three"), item("four")] },
                Block::Code("let a = *b;\n".to_owned()),
                Block::Paragraph(item("end")),
            ]
        );
        assert_eq!(parse("```\nnever closed"), [Block::Code("never closed".to_owned())]);
        assert_eq!(parse(""), []);
    }

    #[test]
    fn addresses_are_links_and_nothing_else_is() {
        let link = |address: &str| Span::Link(address.to_owned());
        assert_eq!(
            line("see https://example.org/a_b?c=*d."),
            [plain("see "), link("https://example.org/a_b?c=*d"), plain(".")]
        );
        assert_eq!(line("(http://example.org)"), [plain("("), link("http://example.org"), plain(")")]);
        assert_eq!(line("https://example.org/a_(b)"), [link("https://example.org/a_(b)")]);
        assert_eq!(line("https://a.example/\u{202e}gro.elpmaxe")[0], link("https://a.example/"));
        let others =
            ["javascript:alert(1)", "data:text/html,x", "https://", "http:///x", "xhttps://example.org", "HTTPS://"];
        for text in others {
            assert_eq!(line(text), [plain(text)], "{text}");
        }
        assert_eq!(line("[x](javascript:alert(1))"), [plain("[x](javascript:alert(1))")]);
    }

    fn depth(spans: &[Span]) -> usize {
        let inner = |span: &Span| match span {
            Span::Strong(inner) | Span::Emphasis(inner) | Span::Strike(inner) => 1 + depth(inner),
            _ => 0,
        };
        spans.iter().map(inner).max().unwrap_or(0)
    }

    fn length(spans: &[Span]) -> usize {
        let inner = |span: &Span| match span {
            Span::Text(text) | Span::Code(text) | Span::Link(text) => text.len(),
            Span::Strong(inner) | Span::Emphasis(inner) | Span::Strike(inner) => length(inner),
        };
        spans.iter().map(inner).sum()
    }

    fn links(spans: &[Span]) -> Vec<&str> {
        let mut found = Vec::new();
        for span in spans {
            match span {
                Span::Link(address) => found.push(address.as_str()),
                Span::Strong(inner) | Span::Emphasis(inner) | Span::Strike(inner) => found.extend(links(inner)),
                Span::Text(_) | Span::Code(_) => {}
            }
        }
        found
    }

    #[test]
    fn hostile_texts_take_no_long_time() {
        let started = std::time::Instant::now();
        for mark in
            ["*", "**", "_a ", "*a ", "~~a ", "`a ", "**a _b ~~c ", "> ", "- ", "\\", "*a* ", "https://a ", "a_"]
        {
            let text = mark.repeat(16 * 1024 / mark.len());
            assert!(!parse(&text).is_empty());
        }
        assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
    }

    proptest! {
        #[test]
        fn nothing_is_added_and_links_are_of_the_web(text in "([*_~`> \\-\\n\\\\]|\\PC|https?://|1\\. ){0,60}") {
            let mut shown = 0;
            for block in parse(&text) {
                let parts = match block {
                    Block::Paragraph(spans) | Block::Quote(spans) => vec![spans],
                    Block::List { items, .. } => items,
                    Block::Code(code) => vec![vec![Span::Code(code)]],
                };
                for spans in parts {
                    shown += length(&spans);
                    prop_assert!(depth(&spans) <= usize::from(MAX_DEPTH));
                    prop_assert!(links(&spans).iter().all(|link| link.starts_with("http://") || link.starts_with("https://")));
                }
            }
            prop_assert!(shown <= text.len());
        }

        #[test]
        fn letters_alone_stay_as_they_are(text in "[a-zA-Zäöüß0-9,;!?]{1,40}( [a-zA-Zäöüß0-9,;!?]{1,40}){0,5}") {
            prop_assert_eq!(line(&text), [plain(&text)]);
        }
    }
}
