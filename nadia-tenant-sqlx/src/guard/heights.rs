use sqlparser::{
    keywords::Keyword,
    tokenizer::{Span, Token, TokenWithSpan},
};

use super::{lex::limit, refusal::Checked};

/// The deepest nesting of parentheses, brackets and CASE.
const MAX_NESTING: usize = 32;
/// The greatest height that the syntax tree could have; operators in a row count as well as parentheses.
const MAX_HEIGHT: usize = 512;

/// Bounds the height of the tree that the parser would build, without building it.
pub(super) struct Heights {
    /// What is open, and whether it is a CASE.
    open: Vec<(Level, bool)>,
    level: Level,
    joins: usize,
    /// How many tables a statement may join.
    tables: usize,
    /// How much of the limits a statement may take.
    times: usize,
}

#[derive(Clone, Copy, Default)]
struct Level {
    /// Operators and keywords since the last comma or junction: each may make the tree one higher.
    steps: usize,
    /// The highest parenthesis since then.
    inner: usize,
    /// ANDs, ORs and set operations since the last comma: their operands lie side by side below them.
    junctions: usize,
    /// The highest of these operands.
    operand: usize,
    /// The highest list item before the last comma.
    before: usize,
}

impl Level {
    fn operand(self) -> usize {
        self.operand.max(self.steps + self.inner)
    }

    fn height(self) -> usize {
        self.before.max(self.junctions + self.operand())
    }
}

impl Heights {
    /// Begins a text that may take `times` the limits.
    pub(super) fn within(times: usize, tables: usize) -> Self {
        Self { open: Vec::new(), level: Level::default(), joins: 0, tables, times }
    }

    pub(super) fn add(&mut self, token: &TokenWithSpan) -> Checked {
        match &token.token {
            Token::LParen | Token::LBracket => self.descend(false),
            Token::RParen | Token::RBracket => {
                while self.is_in_case() {
                    self.ascend();
                }
                self.ascend();
            }
            Token::Comma => {
                self.level = Level { before: self.level.height(), ..Level::default() };
            }
            Token::Word(word) => match word.keyword {
                // It becomes IS NULL.
                Keyword::NoKeyword if word.value.eq_ignore_ascii_case("isnull") => self.level.steps += 1,
                Keyword::NoKeyword => {}
                Keyword::AND | Keyword::OR | Keyword::UNION | Keyword::INTERSECT | Keyword::EXCEPT => {
                    self.level = Level {
                        junctions: self.level.junctions + 1,
                        operand: self.level.operand(),
                        before: self.level.before,
                        ..Level::default()
                    };
                }
                Keyword::CASE => self.descend(true),
                Keyword::END if self.is_in_case() => self.ascend(),
                keyword => {
                    self.joins += usize::from(keyword == Keyword::JOIN);
                    self.level.steps += 1;
                }
            },
            Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::EscapedStringLiteral(_)
            | Token::HexStringLiteral(_)
            | Token::Placeholder(_)
            | Token::Period => {}
            _ => self.level.steps += 1,
        }
        if self.joins >= self.tables.saturating_mul(self.times) {
            return Err(limit(format!("the statement joins more than {} tables", self.tables), token.span));
        }
        if self.open.len() > self.times * MAX_NESTING {
            return Err(limit("the statement nests deeper than 32 parentheses", token.span));
        }
        if self.level.height() > self.times * MAX_HEIGHT {
            return Err(limit("the statement has more than 512 operators in a row", token.span));
        }
        Ok(())
    }

    fn is_in_case(&self) -> bool {
        self.open.last().is_some_and(|(_, case)| *case)
    }

    fn descend(&mut self, case: bool) {
        self.open.push((std::mem::take(&mut self.level), case));
    }

    fn ascend(&mut self) {
        // One too many is the parser's to refuse.
        let Some((outer, _)) = self.open.pop() else { return };
        let inner = outer.inner.max(self.level.height() + 1);
        self.level = Level { inner, ..outer };
    }

    pub(super) fn finish(mut self) -> Checked {
        while !self.open.is_empty() {
            self.ascend();
        }
        if self.level.height() > self.times * MAX_HEIGHT {
            return Err(limit("the statement nests too deeply", Span::empty()));
        }
        Ok(())
    }
}
