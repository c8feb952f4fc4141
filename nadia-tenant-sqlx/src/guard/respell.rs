//! Spellings that the parser doesn't know, brought into others that mean the same.
//!
//! It works on tokens, by patterns that can be nothing else in a statement which the database takes.

use sqlparser::{
    keywords::Keyword,
    tokenizer::{Span, Token, TokenWithSpan, Whitespace, Word},
};

use super::{
    dialect::Flavor,
    refusal::{Checked, Fault, RefusalKind},
};

/// What to write in the stead of some tokens.
struct Edit {
    /// The place of the first of them, and that behind the last.
    from: usize,
    to: usize,
    text: &'static [&'static str],
}

pub(super) fn respell(flavor: Flavor, tokens: &mut Vec<TokenWithSpan>) -> Checked {
    let places: Vec<usize> =
        (0..tokens.len()).filter(|at| !matches!(tokens[*at].token, Token::Whitespace(_))).collect();
    let read = Reader { tokens, places: &places };
    let mut edits: Vec<Edit> = Vec::new();
    for at in 0..places.len() {
        let found = match flavor {
            Flavor::Postgres => {
                read.refuse(at)?;
                read.table_query(at)?.or_else(|| read.default_values(at))
            }
            Flavor::Sqlite => {
                read.several_conflicts(at)?;
                read.postfix_before_operator(at)?;
                read.index_hint(at).or_else(|| read.in_table(at)).or_else(|| read.replace(at))
            }
        };
        let found = found.or_else(|| read.is_null(at));
        edits.extend(found.map(|(length, text)| Edit { from: places[at], to: places[at + length - 1] + 1, text }));
        if flavor == Flavor::Sqlite && read.ends_in_table(at) {
            edits.push(Edit { from: places[at] + 1, to: places[at] + 1, text: &[")"] });
        }
    }
    for Edit { from, to, text } in edits.into_iter().rev() {
        let span = tokens[from.min(tokens.len() - 1)].span;
        let spelled = text.iter().flat_map(|word| [token(word), Token::Whitespace(Whitespace::Space)]);
        tokens.splice(from..to, spelled.map(|token| TokenWithSpan { token, span }).collect::<Vec<_>>());
    }
    Ok(())
}

fn token(text: &str) -> Token {
    match text {
        "*" => Token::Mul,
        "(" => Token::LParen,
        ")" => Token::RParen,
        word => Token::make_word(word, None),
    }
}

/// A pattern that was found: how many tokens it takes, and what to write instead.
type Found = Option<(usize, &'static [&'static str])>;

/// The tokens without the space between them.
struct Reader<'t> {
    tokens: &'t [TokenWithSpan],
    places: &'t [usize],
}

impl Reader<'_> {
    fn token(&self, at: usize) -> &Token {
        self.places.get(at).map_or(&Token::EOF, |place| &self.tokens[*place].token)
    }

    fn before(&self, at: usize, steps: usize) -> &Token {
        at.checked_sub(steps).map_or(&Token::EOF, |at| self.token(at))
    }

    fn span(&self, at: usize) -> Span {
        self.tokens[self.places[at]].span
    }

    /// Refuses what the parser would take for something else, or say little of.
    fn refuse(&self, at: usize) -> Checked {
        let found = if self.is_only(at) {
            Some(("ONLY before a table", "name the table alone"))
        } else if is(self.token(at), Keyword::DISTINCT)
            && is(self.before(at, 1), Keyword::BY)
            && is(self.before(at, 2), Keyword::GROUP)
        {
            Some(("GROUP BY DISTINCT", "list each grouping set once"))
        } else if is(self.token(at), Keyword::SET) && self.sets_an_element(at) {
            Some(("an assignment to an element of an array", "assign the whole array"))
        } else {
            None
        };
        let Some((what, help)) = found else { return Ok(()) };
        Err(Fault::new(RefusalKind::Unsupported, format!("{what} is not supported"), help, self.span(at)))
    }

    /// The word is reserved, and stands behind ROW or ROWS else.
    fn is_only(&self, at: usize) -> bool {
        let opens = match self.before(at, 1) {
            Token::Comma | Token::LParen => true,
            Token::Word(Word { quote_style: None, keyword, .. }) => {
                matches!(keyword, Keyword::FROM | Keyword::JOIN | Keyword::UPDATE | Keyword::INTO | Keyword::USING)
            }
            _ => false,
        };
        opens && is(self.token(at), Keyword::ONLY) && matches!(self.token(at + 1), Token::Word(_) | Token::LParen)
    }

    /// Tells whether one of the columns that SET lists has a subscript.
    fn sets_an_element(&self, set: usize) -> bool {
        let mut depth = 0_usize;
        let mut starts = true;
        for at in set + 1..self.places.len() {
            let ends = [Keyword::FROM, Keyword::WHERE, Keyword::RETURNING, Keyword::WHEN];
            match self.token(at) {
                Token::Word(_) if starts && *self.token(at + 1) == Token::LBracket => return true,
                token if depth == 0 && ends.iter().any(|end| is(token, *end)) => return false,
                Token::LParen | Token::LBracket => depth += 1,
                Token::RParen | Token::RBracket => match depth.checked_sub(1) {
                    Some(less) => depth = less,
                    None => return false,
                },
                _ => {}
            }
            starts = depth == 0 && *self.token(at) == Token::Comma;
        }
        false
    }

    /// `TABLE t` as a query: `SELECT * FROM t`.
    ///
    /// The word is reserved: elsewhere it stands as a label behind AS or a period, or in statements that are refused.
    fn table_query(&self, at: usize) -> Checked<Found> {
        let starts = match self.before(at, 1) {
            Token::EOF | Token::LParen | Token::RParen => true,
            Token::Word(word) => !is(self.before(at, 1), Keyword::AS) && !begins_definition(word),
            _ => false,
        };
        if !is(self.token(at), Keyword::TABLE) || !starts {
            return Ok(None);
        }
        let mut end = at + 1;
        if matches!(self.token(end), Token::Word(_)) {
            end += 1;
            if *self.token(end) == Token::Period && matches!(self.token(end + 1), Token::Word(_)) {
                end += 2;
            }
        }
        let follows = match self.token(end) {
            Token::EOF | Token::RParen | Token::SemiColon => true,
            Token::Word(Word { quote_style: None, keyword, .. }) => AFTER_A_QUERY.contains(keyword),
            _ => false,
        };
        if end > at + 1 && follows {
            return Ok(Some((1, &["SELECT", "*", "FROM"])));
        }
        Err(Fault::new(
            RefusalKind::Syntax,
            "TABLE is followed by something else than a table's name",
            "use SELECT * FROM",
            self.span(at),
        ))
    }

    /// `INSERT DEFAULT VALUES` of a MERGE: `INSERT VALUES (DEFAULT)`, which leaves the columns behind the first to theirs.
    fn default_values(&self, at: usize) -> Found {
        let found = is(self.before(at, 2), Keyword::THEN)
            && is(self.before(at, 1), Keyword::INSERT)
            && is(self.token(at), Keyword::DEFAULT)
            && is(self.token(at + 1), Keyword::VALUES);
        found.then_some((2, &["VALUES", "(", "DEFAULT", ")"]))
    }

    /// `x ISNULL`: `x IS NULL`.
    fn is_null(&self, at: usize) -> Found {
        let is_word = matches!(self.token(at), Token::Word(Word { value, quote_style: None, .. }) if value.eq_ignore_ascii_case("isnull"));
        let stands_alone = *self.token(at + 1) != Token::LParen;
        (is_word && stands_alone && self.ends_operand(at)).then_some((1, &["IS", "NULL"]))
    }

    /// Tells whether an expression ends before `at`.
    fn ends_operand(&self, at: usize) -> bool {
        match self.before(at, 1) {
            Token::Word(word) => word.quote_style.is_some() || !BEFORE_AN_OPERAND.contains(&word.keyword),
            Token::RParen
            | Token::RBracket
            | Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::EscapedStringLiteral(_)
            | Token::HexStringLiteral(_)
            | Token::Placeholder(_) => true,
            _ => false,
        }
    }

    /// Refuses `x ISNULL + 1`, `x NOTNULL + 1` and `x NOT NULL + 1` in SQLite: spelled by IS it would be `x IS (NULL + 1)`.
    fn postfix_before_operator(&self, at: usize) -> Checked {
        let is_word = |word: &str| matches!(self.token(at), Token::Word(Word { value, quote_style: None, .. }) if value.eq_ignore_ascii_case(word));
        let taken = match () {
            () if is_word("isnull") || is_word("notnull") => 1,
            () if is_word("not") && is(self.token(at + 1), Keyword::NULL) => 2,
            () => return Ok(()),
        };
        let binds = match self.token(at + taken) {
            Token::Word(_) => is(self.token(at + taken), Keyword::COLLATE),
            Token::Plus
            | Token::Minus
            | Token::Mul
            | Token::Div
            | Token::Mod
            | Token::StringConcat
            | Token::Ampersand
            | Token::Pipe
            | Token::ShiftLeft
            | Token::ShiftRight
            | Token::Lt
            | Token::Gt
            | Token::LtEq
            | Token::GtEq
            | Token::Arrow
            | Token::LongArrow => true,
            _ => false,
        };
        if !binds || !self.ends_operand(at) {
            return Ok(());
        }
        Err(Fault::new(
            RefusalKind::Unsupported,
            "an operator behind ISNULL or NOTNULL is not supported",
            "put the test into parentheses",
            self.span(at),
        ))
    }

    /// `INDEXED BY x` and `NOT INDEXED` say how to read a table, not what: nothing.
    fn index_hint(&self, at: usize) -> Found {
        if self.is_indexed(at) && is(self.token(at + 1), Keyword::BY) && matches!(self.token(at + 2), Token::Word(_)) {
            return self.follows_a_table(at).then_some((3, &[]));
        }
        (is(self.token(at), Keyword::NOT) && self.is_indexed(at + 1) && self.follows_a_table(at)).then_some((2, &[]))
    }

    /// `x IN t`: `x IN (SELECT * FROM t)`.
    fn in_table(&self, at: usize) -> Found {
        let names = is(self.token(at), Keyword::IN) && self.name_length(at + 1).is_some();
        names.then_some((1, &["IN", "(", "SELECT", "*", "FROM"]))
    }

    /// Tells whether the table of `x IN t` ends at this token.
    fn ends_in_table(&self, at: usize) -> bool {
        [1, 3].into_iter().any(|length| {
            at >= length
                && is(self.before(at, length), Keyword::IN)
                && self.name_length(at + 1 - length) == Some(length)
        })
    }

    /// How many tokens the name of a table takes that begins here, if one does and it is no call.
    fn name_length(&self, at: usize) -> Option<usize> {
        let is_word = |at| matches!(self.token(at), Token::Word(_));
        let length = match (is_word(at), self.token(at + 1), is_word(at + 2)) {
            (true, Token::Period, true) => 3,
            (true, ..) => 1,
            _ => return None,
        };
        (*self.token(at + length) != Token::LParen).then_some(length)
    }

    /// `REPLACE INTO`, which the parser reads as the first words only: `INSERT OR REPLACE INTO`.
    fn replace(&self, at: usize) -> Found {
        let found = is(self.token(at), Keyword::REPLACE)
            && is(self.token(at + 1), Keyword::INTO)
            && !is(self.before(at, 1), Keyword::OR);
        found.then_some((1, &["INSERT", "OR", "REPLACE"]))
    }

    fn is_indexed(&self, at: usize) -> bool {
        matches!(self.token(at), Token::Word(Word { value, quote_style: None, .. }) if value.eq_ignore_ascii_case("indexed"))
    }

    /// Tells whether a table's name, and an alias if it has one, stand before `at`.
    fn follows_a_table(&self, at: usize) -> bool {
        let name = |steps| match self.before(at, steps) {
            Token::Word(word) => word.quote_style.is_some() || !BEFORE_AN_OPERAND.contains(&word.keyword),
            _ => false,
        };
        let begins = |steps| match self.before(at, steps) {
            Token::Comma | Token::LParen => true,
            Token::Word(Word { quote_style: None, keyword, .. }) => {
                matches!(
                    keyword,
                    Keyword::FROM
                        | Keyword::JOIN
                        | Keyword::UPDATE
                        | Keyword::ABORT
                        | Keyword::IGNORE
                        | Keyword::REPLACE
                )
            }
            _ => false,
        };
        let is_table = |steps: usize| {
            let qualified = *self.before(at, steps + 1) == Token::Period && name(steps + 2) && begins(steps + 3);
            name(steps) && (begins(steps + 1) || qualified)
        };
        let has_as = name(1) && is(self.before(at, 2), Keyword::AS);
        is_table(1) || name(1) && !has_as && is_table(2) || has_as && is_table(3)
    }

    /// Refuses a second ON CONFLICT, for which the parser's tree has no place.
    fn several_conflicts(&self, at: usize) -> Checked {
        let is_conflict = |at: usize| is(self.token(at), Keyword::ON) && is(self.token(at + 1), Keyword::CONFLICT);
        if is_conflict(at) && (0..at).any(is_conflict) {
            return Err(Fault::new(
                RefusalKind::Unsupported,
                "several ON CONFLICT clauses are not supported",
                "keep the one that is met, or write ON CONFLICT DO NOTHING for all keys",
                self.span(at),
            ));
        }
        Ok(())
    }
}

fn is(token: &Token, keyword: Keyword) -> bool {
    matches!(token, Token::Word(word) if word.quote_style.is_none() && word.keyword == keyword)
}

/// Tells whether TABLE behind this word is a definition's or the like.
fn begins_definition(word: &Word) -> bool {
    word.quote_style.is_none()
        && matches!(
            word.keyword,
            Keyword::CREATE
                | Keyword::ALTER
                | Keyword::DROP
                | Keyword::TRUNCATE
                | Keyword::LOCK
                | Keyword::ON
                | Keyword::COMMENT
                | Keyword::TEMP
                | Keyword::TEMPORARY
                | Keyword::UNLOGGED
                | Keyword::FOREIGN
                | Keyword::ANALYZE
                | Keyword::INTO
        )
}

/// What may stand behind a query in a statement.
const AFTER_A_QUERY: &[Keyword] = &[
    Keyword::UNION,
    Keyword::INTERSECT,
    Keyword::EXCEPT,
    Keyword::ORDER,
    Keyword::LIMIT,
    Keyword::OFFSET,
    Keyword::FETCH,
    Keyword::FOR,
    Keyword::ON,
    Keyword::RETURNING,
];

/// Words that an operand follows, and no name of a table or column is in the databases without quotes.
const BEFORE_AN_OPERAND: &[Keyword] = &[
    Keyword::SELECT,
    Keyword::DISTINCT,
    Keyword::ALL,
    Keyword::FROM,
    Keyword::JOIN,
    Keyword::WHERE,
    Keyword::ON,
    Keyword::USING,
    Keyword::SET,
    Keyword::GROUP,
    Keyword::ORDER,
    Keyword::BY,
    Keyword::HAVING,
    Keyword::LIMIT,
    Keyword::OFFSET,
    Keyword::RETURNING,
    Keyword::VALUES,
    Keyword::AND,
    Keyword::OR,
    Keyword::NOT,
    Keyword::IS,
    Keyword::IN,
    Keyword::LIKE,
    Keyword::ILIKE,
    Keyword::GLOB,
    Keyword::BETWEEN,
    Keyword::ESCAPE,
    Keyword::COLLATE,
    Keyword::CASE,
    Keyword::WHEN,
    Keyword::THEN,
    Keyword::ELSE,
    Keyword::AS,
    Keyword::UNION,
    Keyword::INTERSECT,
    Keyword::EXCEPT,
    Keyword::INTO,
    Keyword::UPDATE,
    Keyword::DELETE,
    Keyword::INSERT,
    Keyword::EXISTS,
];
