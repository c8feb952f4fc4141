use std::{fmt, sync::Arc};

use sqlparser::tokenizer::Span;

/// Why a statement was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusalKind {
    /// Longer, deeper or of more parts than the guard reads.
    Limit,
    /// The parser does not understand it.
    Syntax,
    /// No statement, or more than one in one text.
    StatementCount,
    /// It changes or reads the session's state: `SET`, `RESET`, `set_config`, `PRAGMA`.
    SessionState,
    /// `BEGIN`, `COMMIT`, `ROLLBACK`, savepoints.
    TransactionControl,
    /// It defines or drops something, or grants rights.
    Definition,
    /// `TRUNCATE`.
    Truncate,
    /// `COPY`.
    Copy,
    /// `ATTACH` or `DETACH`.
    Attach,
    /// `EXPLAIN`.
    Explain,
    /// Any other statement that is no SELECT, INSERT, UPDATE, DELETE or MERGE.
    Statement,
    /// A table that is not in the catalog.
    UnknownTable,
    /// A table of the database's own.
    SystemCatalog,
    /// A control table in a tenant's statement.
    ControlTable,
    /// A tenant's or reference table in a control statement.
    NotControl,
    /// A write to a reference table.
    ReferenceWrite,
    /// A write or a row lock where statements only read: over all tenants.
    ReadOnly,
    /// A function outside the allow-list.
    Function,
    /// A type outside the allow-list.
    Type,
    /// A name that resolves to nothing in the statement's tables, or to more than one thing.
    Name,
    /// A column of the database's own: `ctid`, `rowid` and the like.
    SystemColumn,
    /// A write that names the tenant column.
    TenantColumn,
    /// A conflict that another tenant's row could cause.
    Conflict,
    /// A placeholder of a form that can't be counted.
    Placeholder,
    /// SQL that the parser understands and the guard does not support.
    Unsupported,
    /// The rewritten statement did not pass its own check: a fault of the guard, never of the caller.
    Internal,
}

/// Says why a statement was refused, where, and what to do instead.
///
/// `Display` shows the statement with the place underlined, as a compiler does:
///
/// ```text
/// error: table "pg_authid" belongs to the database
///  --> statement:1:15
///   |
/// 1 | SELECT * FROM pg_authid
///   |               ^^^^^^^^^
///   = help: read the tables of the catalog only
/// ```
///
/// It shows the statement's text, values written into it included: log it, don't send it to a client.
#[derive(Clone)]
pub struct Refusal(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: RefusalKind,
    message: String,
    help: String,
    line: u64,
    column: u64,
    width: usize,
    text: String,
}

/// A refusal that does not know the statement's text yet.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) kind: RefusalKind,
    pub(super) message: String,
    pub(super) help: &'static str,
    pub(super) span: Span,
}

/// What the parts of the guard return: boxed, since they recurse.
pub(super) type Checked<T = ()> = Result<T, Box<Fault>>;

impl Fault {
    pub(super) fn new(kind: RefusalKind, message: impl Into<String>, help: &'static str, span: Span) -> Box<Self> {
        Box::new(Self { kind, message: message.into(), help, span })
    }
}

/// The most characters of a line that a refusal shows.
const SHOWN: usize = 160;

impl Refusal {
    pub(super) fn new(fault: Fault, sql: &str) -> Self {
        let Fault { kind, message, help, span } = fault;
        let (line, column) = (span.start.line.max(1), span.start.column.max(1));
        let whole = usize::try_from(line - 1).ok().and_then(|at| sql.lines().nth(at)).unwrap_or("");
        let start = usize::try_from(column - 1).unwrap_or(0);
        // A long line is cut around the place.
        let skipped = start.saturating_sub(SHOWN / 2);
        let text: String =
            whole.chars().skip(skipped).take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
        let shown = text.chars().count();
        let known = span.start.line > 0;
        let end = if span.end.line == span.start.line {
            usize::try_from(span.end.column).unwrap_or(0).saturating_sub(1).max(start + 1)
        } else {
            skipped + shown
        };
        let width =
            if known { end.saturating_sub(start).min((skipped + shown).saturating_sub(start)).max(1) } else { 0 };
        let text = format!("{text}\n{}", " ".repeat(start - skipped));
        Self(Arc::new(Inner { kind, message, help: help.to_owned(), line, column, width, text }))
    }

    /// Returns the reason.
    #[must_use]
    pub fn kind(&self) -> RefusalKind {
        self.0.kind
    }

    /// Returns the line of the place, from 1.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.0.line
    }

    /// Returns the column of the place in characters, from 1.
    #[must_use]
    pub fn column(&self) -> u64 {
        self.0.column
    }

    /// Returns what is wrong, without the place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns what to do instead.
    #[must_use]
    pub fn help(&self) -> &str {
        &self.0.help
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { message, help, line, column, width, text, .. } = &*self.0;
        write!(f, "error: {message}")?;
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        if let Some((text, indent)) = text.split_once('\n').filter(|(text, _)| !text.is_empty()) {
            writeln!(f, "\n{margin}--> statement:{line}:{column}\n{margin} |")?;
            write!(f, "{number} | {text}")?;
            if *width > 0 {
                write!(f, "\n{margin} | {indent}{}", "^".repeat(*width))?;
            }
        }
        write!(f, "\n{margin} = help: {help}")
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusal")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("line", &self.0.line)
            .field("column", &self.0.column)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Refusal {}
