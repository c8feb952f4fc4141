//! Statements that are no SELECT, INSERT, UPDATE, DELETE or MERGE, and how each is refused.

use sqlparser::{
    ast::Statement,
    keywords::Keyword,
    tokenizer::{Span, Token, TokenWithSpan},
};

use super::refusal::{Fault, RefusalKind as Kind};

pub(super) fn refuse_statement(statement: &Statement) -> Box<Fault> {
    refuse(kind_of(statement), Span::empty())
}

/// Refuses a statement that the parser did not understand, by its first word, if that says enough.
pub(super) fn refuse_unread(tokens: &[TokenWithSpan]) -> Option<Box<Fault>> {
    let first = tokens.iter().find(|token| !matches!(token.token, Token::Whitespace(_)))?;
    let Token::Word(word) = &first.token else { return None };
    let kind = match word.keyword {
        Keyword::SELECT
        | Keyword::INSERT
        | Keyword::REPLACE
        | Keyword::UPDATE
        | Keyword::DELETE
        | Keyword::MERGE
        | Keyword::WITH
        | Keyword::VALUES
        | Keyword::NoKeyword => return None,
        Keyword::SET | Keyword::RESET | Keyword::SHOW | Keyword::DISCARD | Keyword::PRAGMA => Kind::SessionState,
        Keyword::BEGIN
        | Keyword::START
        | Keyword::COMMIT
        | Keyword::END
        | Keyword::ROLLBACK
        | Keyword::ABORT
        | Keyword::SAVEPOINT
        | Keyword::RELEASE => Kind::TransactionControl,
        Keyword::CREATE
        | Keyword::ALTER
        | Keyword::DROP
        | Keyword::GRANT
        | Keyword::REVOKE
        | Keyword::COMMENT
        | Keyword::REINDEX => Kind::Definition,
        Keyword::TRUNCATE => Kind::Truncate,
        Keyword::COPY => Kind::Copy,
        Keyword::ATTACH | Keyword::DETACH => Kind::Attach,
        Keyword::EXPLAIN | Keyword::DESCRIBE => Kind::Explain,
        Keyword::TABLE => Kind::Unsupported,
        _ => Kind::Statement,
    };
    Some(refuse(kind, first.span))
}

fn kind_of(statement: &Statement) -> Kind {
    match statement {
        Statement::Set(_)
        | Statement::ShowVariable { .. }
        | Statement::ShowVariables { .. }
        | Statement::Reset(_)
        | Statement::Discard { .. }
        | Statement::Pragma { .. } => Kind::SessionState,
        Statement::StartTransaction { .. }
        | Statement::Commit { .. }
        | Statement::Rollback { .. }
        | Statement::Savepoint { .. }
        | Statement::ReleaseSavepoint { .. } => Kind::TransactionControl,
        Statement::Truncate(_) => Kind::Truncate,
        Statement::Copy { .. } | Statement::CopyIntoSnowflake { .. } => Kind::Copy,
        Statement::AttachDatabase { .. }
        | Statement::AttachDuckDBDatabase { .. }
        | Statement::DetachDuckDBDatabase { .. } => Kind::Attach,
        Statement::Explain { .. } | Statement::ExplainTable { .. } => Kind::Explain,
        Statement::CreateTable(_)
        | Statement::CreateIndex(_)
        | Statement::CreateView(_)
        | Statement::CreateFunction(_)
        | Statement::CreateTrigger(_)
        | Statement::CreateRole(_)
        | Statement::CreateSchema { .. }
        | Statement::CreateDatabase { .. }
        | Statement::CreateSequence { .. }
        | Statement::CreateType { .. }
        | Statement::CreateExtension(_)
        | Statement::CreatePolicy(_)
        | Statement::CreateDomain(_)
        | Statement::CreateVirtualTable { .. }
        | Statement::AlterTable(_)
        | Statement::AlterIndex { .. }
        | Statement::AlterView { .. }
        | Statement::AlterRole { .. }
        | Statement::AlterPolicy(_)
        | Statement::AlterType(_)
        | Statement::AlterSchema(_)
        | Statement::Drop { .. }
        | Statement::DropFunction(_)
        | Statement::DropTrigger(_)
        | Statement::DropPolicy(_)
        | Statement::DropExtension(_)
        | Statement::Grant(_)
        | Statement::Revoke(_)
        | Statement::Comment { .. } => Kind::Definition,
        _ => Kind::Statement,
    }
}

fn refuse(kind: Kind, place: Span) -> Box<Fault> {
    let (what, help) = match kind {
        Kind::SessionState => ("session state is out of reach here", "configure the connection where it is opened"),
        Kind::TransactionControl => ("transactions are not begun or ended by statements", "use the scope's `begin`"),
        Kind::Truncate => ("TRUNCATE empties a table for every tenant", "use DELETE without a WHERE"),
        Kind::Copy => ("COPY passes by every filter", "use SELECT or INSERT"),
        Kind::Attach => ("other databases are out of reach here", "use the tables of the catalog"),
        Kind::Explain => (
            "EXPLAIN shows figures of every tenant's rows",
            "explain the guarded statement on a connection of your own",
        ),
        Kind::Definition => ("definitions are not changed through a scope", "write a migration"),
        Kind::Unsupported => ("TABLE is not supported", "use SELECT * FROM"),
        _ => (
            "this statement is no SELECT, INSERT, UPDATE, DELETE or MERGE",
            "use one of these; docs/guard.md lists what is supported",
        ),
    };
    Fault::new(kind, what, help, place)
}
