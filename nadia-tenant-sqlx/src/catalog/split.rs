//! Takes a migration apart into its statements and says which table each is about.

use sqlparser::{
    keywords::Keyword,
    tokenizer::{Location, Token, TokenWithSpan, Tokenizer},
};

use super::CatalogError;
use crate::guard::Flavor;

/// A statement of a migration, as it was written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Piece<'s> {
    pub(crate) text: &'s str,
    pub(crate) about: About,
}

/// What a statement changes, as far as its first words tell.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// It makes this table.
    NewTable(String),
    /// It changes this table, its rows, or what hangs on it; with the name of an index that it makes.
    Table { table: String, index: Option<String> },
    /// It changes this index.
    Index(String),
    /// It is about the whole database, as an extension is.
    Database,
    /// Something else, or nothing that is known here.
    Other,
}

/// Splits `sql` at the semicolons that end statements; comments go with the statement behind them.
///
/// # Errors
/// [`CatalogError`] when a quote or a comment is not closed.
pub(crate) fn split(flavor: Flavor, sql: &str) -> Result<Vec<Piece<'_>>, CatalogError> {
    let tokens = Tokenizer::new(flavor.parser(), sql)
        .tokenize_with_location()
        .map_err(|error| CatalogError::new(format!("the DDL can't be read: {error}; correct its quotes")))?;
    let offsets = Offsets::new(sql);
    let mut pieces = Vec::new();
    let mut begin = 0;
    for statement in tokens.split_inclusive(|token| token.token == Token::SemiColon) {
        let ends = statement.last().filter(|token| token.token == Token::SemiColon);
        let end = ends.map_or(sql.len(), |semicolon| offsets.byte(semicolon.span.start));
        let words: Vec<&TokenWithSpan> =
            statement.iter().filter(|token| !matches!(token.token, Token::Whitespace(_) | Token::SemiColon)).collect();
        if !words.is_empty() {
            pieces.push(Piece { text: sql[begin..end].trim(), about: about(flavor, &words) });
        }
        begin = (end + 1).min(sql.len());
    }
    Ok(pieces)
}

/// Finds the byte of a place that is given by line and column, both from 1, in characters.
struct Offsets<'s> {
    sql: &'s str,
    lines: Vec<usize>,
}

impl<'s> Offsets<'s> {
    fn new(sql: &'s str) -> Self {
        let starts = sql.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { sql, lines: std::iter::once(0).chain(starts).collect() }
    }

    fn byte(&self, place: Location) -> usize {
        let line = self.lines[usize::try_from(place.line).unwrap_or(1).clamp(1, self.lines.len()) - 1];
        let column = usize::try_from(place.column).unwrap_or(1).saturating_sub(1);
        let rest = &self.sql[line..];
        line + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at)
    }
}

/// Reads the first words of a statement, one after the other.
struct Words<'t> {
    flavor: Flavor,
    tokens: &'t [&'t TokenWithSpan],
}

impl Words<'_> {
    fn keyword(&self) -> Option<Keyword> {
        match self.tokens.first().map(|token| &token.token) {
            Some(Token::Word(word)) if word.quote_style.is_none() => Some(word.keyword),
            _ => None,
        }
    }

    fn skip(&mut self, keywords: &[Keyword]) {
        while self.keyword().is_some_and(|keyword| keywords.contains(&keyword)) {
            self.tokens = &self.tokens[1..];
        }
    }

    fn take(&mut self, keyword: Keyword) -> bool {
        let found = self.keyword() == Some(keyword);
        if found {
            self.tokens = &self.tokens[1..];
        }
        found
    }

    /// Takes a name, and returns its last part.
    fn name(&mut self) -> Option<String> {
        let mut name = None;
        while let Some(Token::Word(word)) = self.tokens.first().map(|token| &token.token) {
            let ident = sqlparser::ast::Ident {
                value: word.value.clone(),
                quote_style: word.quote_style,
                span: sqlparser::tokenizer::Span::empty(),
            };
            name = Some(self.flavor.fold(&ident));
            self.tokens = &self.tokens[1..];
            match self.tokens.first().map(|token| &token.token) {
                Some(Token::Period) => self.tokens = &self.tokens[1..],
                _ => break,
            }
        }
        name
    }

    /// Goes on behind the next `keyword`.
    fn behind(&mut self, keyword: Keyword) -> bool {
        while !self.tokens.is_empty() {
            if self.take(keyword) {
                return true;
            }
            self.tokens = &self.tokens[1..];
        }
        false
    }
}

const EXISTENCE: [Keyword; 3] = [Keyword::IF, Keyword::NOT, Keyword::EXISTS];

fn about(flavor: Flavor, tokens: &[&TokenWithSpan]) -> About {
    let mut words = Words { flavor, tokens };
    find(&mut words).unwrap_or(About::Other)
}

fn find(words: &mut Words<'_>) -> Option<About> {
    let table = |table: String| About::Table { table, index: None };
    let first = words.keyword()?;
    words.tokens = &words.tokens[1..];
    match first {
        Keyword::CREATE | Keyword::ALTER | Keyword::DROP => of_an_object(first, words),
        Keyword::INSERT => {
            // SQLite's `INSERT OR REPLACE INTO`.
            words.behind(Keyword::INTO).then(|| words.name()).flatten().map(table)
        }
        Keyword::REPLACE | Keyword::DELETE | Keyword::MERGE => {
            words.skip(&[Keyword::INTO, Keyword::FROM, Keyword::ONLY]);
            words.name().map(table)
        }
        Keyword::UPDATE | Keyword::TRUNCATE | Keyword::COPY => {
            words.skip(&[Keyword::TABLE, Keyword::ONLY]);
            words.name().map(table)
        }
        Keyword::COMMENT => {
            words.take(Keyword::ON).then_some(())?;
            words.take(Keyword::TABLE).then(|| words.name()).flatten().map(table)
        }
        _ => None,
    }
}

fn of_an_object(first: Keyword, words: &mut Words<'_>) -> Option<About> {
    words.skip(&[
        Keyword::OR,
        Keyword::REPLACE,
        Keyword::UNLOGGED,
        Keyword::FOREIGN,
        Keyword::UNIQUE,
        Keyword::CONSTRAINT,
    ]);
    let object = words.keyword()?;
    words.tokens = &words.tokens[1..];
    match object {
        Keyword::TABLE => {
            words.skip(&EXISTENCE);
            words.skip(&[Keyword::ONLY]);
            let name = words.name()?;
            Some(match first {
                Keyword::CREATE => About::NewTable(name),
                _ => About::Table { table: name, index: None },
            })
        }
        Keyword::INDEX => {
            words.skip(&[Keyword::CONCURRENTLY]);
            words.skip(&EXISTENCE);
            if first != Keyword::CREATE {
                return words.name().map(About::Index);
            }
            let index = if words.keyword() == Some(Keyword::ON) { None } else { words.name() };
            words.behind(Keyword::ON).then_some(())?;
            words.skip(&[Keyword::ONLY]);
            Some(About::Table { table: words.name()?, index })
        }
        Keyword::TRIGGER | Keyword::POLICY => {
            words.behind(Keyword::ON).then_some(())?;
            Some(About::Table { table: words.name()?, index: None })
        }
        Keyword::EXTENSION => Some(About::Database),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn abouts(sql: &str) -> Vec<About> {
        split(Flavor::Postgres, sql).unwrap().into_iter().map(|piece| piece.about).collect()
    }

    fn of(table: &str) -> About {
        About::Table { table: table.to_owned(), index: None }
    }

    #[test]
    fn statements_keep_their_text() {
        let sql = "-- ä, ö; ü\nSELECT 'a;b', $$c;d$$; /* e;f */ UPDATE t SET x = 'ß;';\n\n;; DELETE FROM u -- end";
        let texts: Vec<_> = split(Flavor::Postgres, sql).unwrap().iter().map(|piece| piece.text).collect();
        assert_eq!(
            texts,
            ["-- ä, ö; ü\nSELECT 'a;b', $$c;d$$", "/* e;f */ UPDATE t SET x = 'ß;'", "DELETE FROM u -- end"]
        );
        assert!(split(Flavor::Postgres, "SELECT 'open").is_err());
    }

    #[test]
    fn says_what_a_statement_is_about() {
        let index = |table: &str, index: &str| About::Table { table: table.to_owned(), index: Some(index.to_owned()) };
        for (sql, expected) in [
            ("CREATE TABLE IF NOT EXISTS public.\"A b\" (x int)", About::NewTable("A b".into())),
            ("create unlogged table Countries (code text)", About::NewTable("countries".into())),
            ("ALTER TABLE IF EXISTS ONLY t ADD COLUMN x int", of("t")),
            ("DROP TABLE IF EXISTS t CASCADE", of("t")),
            ("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY s.t (x)", index("t", "i")),
            ("CREATE INDEX ON t (x)", of("t")),
            ("DROP INDEX i", About::Index("i".into())),
            ("ALTER INDEX s.i RENAME TO j", About::Index("i".into())),
            ("INSERT INTO t VALUES (1)", of("t")),
            ("INSERT OR REPLACE INTO t VALUES (1)", of("t")),
            ("UPDATE ONLY t SET x = 1", of("t")),
            ("DELETE FROM t", of("t")),
            ("TRUNCATE TABLE t", of("t")),
            ("COPY t FROM STDIN", of("t")),
            ("COMMENT ON TABLE t IS 'x'", of("t")),
            ("CREATE OR REPLACE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION f()", of("t")),
            ("CREATE POLICY p ON t USING (true)", of("t")),
            ("CREATE EXTENSION IF NOT EXISTS pg_trgm", About::Database),
            ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$", About::Other),
            ("WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x", About::Other),
            ("SELECT 1", About::Other),
        ] {
            assert_eq!(abouts(sql), [expected], "{sql}");
        }
    }
}
