use sqlparser::{
    ast::{
        AlterColumnOperation, AlterTable, AlterTableOperation, ColumnDef, ColumnOption, CreateIndex, CreateTable, Expr,
        IndexColumn, ObjectName, ObjectType, RenameTableNameKind, Statement, TableConstraint,
        UserDefinedTypeRepresentation,
    },
    keywords::Keyword,
    parser::Parser,
    tokenizer::{Token, TokenWithSpan, Tokenizer},
};

use super::{CatalogBuilder, CatalogError, Column, Table, TableKind, Unique, builder::Draft};
use crate::guard::Flavor;

/// Applies the statements of `sql` that matter, in their order.
pub(super) fn read(builder: &mut CatalogBuilder, sql: &str, control: bool) -> Result<(), CatalogError> {
    let dialect = builder.flavor()?.parser();
    let tokens = Tokenizer::new(dialect, sql)
        .tokenize_with_location()
        .map_err(|error| CatalogError::new(format!("the DDL can't be read: {error}; correct its quotes")))?;
    for statement in tokens.split(|token| token.token == Token::SemiColon) {
        if !matters(statement) {
            continue;
        }
        let line = statement.iter().find(|token| is_word(token)).map_or(0, |token| token.span.start.line);
        let parsed = Parser::new(dialect).with_tokens_with_locations(statement.to_vec()).parse_statements();
        let parsed = parsed.map_err(|error| {
            CatalogError::new(format!(
                "the statement at line {line} of the DDL is not understood: {error}; write it in plain SQL"
            ))
        })?;
        for statement in parsed {
            apply(builder, statement, control)
                .map_err(|CatalogError { message }| CatalogError::new(format!("{message} (line {line} of the DDL)")))?;
        }
    }
    Ok(())
}

fn is_word(token: &TokenWithSpan) -> bool {
    matches!(token.token, Token::Word(_))
}

/// Tells by its first words whether a statement changes what the guard relies on, so that function bodies, policies and
/// the like, which the parser needn't know, are passed over.
fn matters(statement: &[TokenWithSpan]) -> bool {
    let words: Vec<Keyword> = statement
        .iter()
        .filter_map(|token| if let Token::Word(word) = &token.token { Some(word.keyword) } else { None })
        .take(3)
        .collect();
    matches!(
        words[..],
        [Keyword::CREATE | Keyword::ALTER | Keyword::DROP, Keyword::TABLE, ..]
            | [Keyword::CREATE, Keyword::UNLOGGED | Keyword::FOREIGN, Keyword::TABLE, ..]
            | [Keyword::CREATE, Keyword::UNIQUE, Keyword::INDEX, ..]
            | [Keyword::DROP, Keyword::INDEX, ..]
            | [Keyword::CREATE, Keyword::TYPE, ..]
    )
}

fn apply(builder: &mut CatalogBuilder, statement: Statement, control: bool) -> Result<(), CatalogError> {
    match statement {
        Statement::CreateTable(table) => create_table(builder, table, control),
        Statement::AlterTable(alter) => alter_table(builder, alter),
        Statement::CreateIndex(index) => create_unique_index(builder, index),
        Statement::CreateType { name, representation: Some(UserDefinedTypeRepresentation::Enum { .. }) } => {
            let (_, name) = object(builder.flavor()?, &name)?;
            builder.enums.push(name);
            Ok(())
        }
        Statement::Drop { object_type: ObjectType::Table, names, .. } => {
            for name in &names {
                let (_, name) = object(builder.flavor()?, name)?;
                builder.tables.retain(|draft| draft.table.name != name);
            }
            Ok(())
        }
        Statement::Drop { object_type: ObjectType::Index, names, .. } => {
            for name in &names {
                let (_, name) = object(builder.flavor()?, name)?;
                for draft in &mut builder.tables {
                    draft.table.uniques.retain(|unique| unique.name.as_deref() != Some(&name));
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn create_table(builder: &mut CatalogBuilder, table: CreateTable, control: bool) -> Result<(), CatalogError> {
    let (schema, name) = object(builder.flavor()?, &table.name)?;
    if table.query.is_some() || table.like.is_some() || table.inherits.is_some() || table.partition_of.is_some() {
        return Err(CatalogError::new(format!(
            "table {name:?} takes its columns from elsewhere; write its columns out in CREATE TABLE"
        )));
    }
    if name.starts_with("pg_") || name.starts_with("sqlite_") {
        return Err(CatalogError::new(format!("table {name:?} has a name of the database's own; choose another")));
    }
    if let Some(draft) = builder.tables.iter().find(|draft| draft.table.name == name) {
        if table.if_not_exists && draft.table.schema == schema {
            return Ok(());
        }
        return Err(CatalogError::new(format!("table {name:?} is made twice; keep one of the statements")));
    }
    let mut made = Table {
        name,
        schema,
        kind: TableKind::Reference,
        tenant_column: None,
        columns: Vec::new(),
        primary_key: Vec::new(),
        primary_key_name: None,
        uniques: Vec::new(),
    };
    for column in table.columns {
        add_column(builder.flavor()?, &mut made, column)?;
    }
    for constraint in table.constraints {
        add_constraint(builder.flavor()?, &mut made, constraint);
    }
    builder.tables.push(Draft { table: made, control });
    Ok(())
}

fn add_column(flavor: Flavor, table: &mut Table, column: ColumnDef) -> Result<(), CatalogError> {
    let name = flavor.fold(&column.name);
    let declared_type = column.data_type.to_string().to_ascii_lowercase();
    let mut made = Column { not_null: false, has_default: declared_type.ends_with("serial"), declared_type, name };
    for option in column.options {
        match option.option {
            ColumnOption::NotNull => made.not_null = true,
            ColumnOption::Default(_) | ColumnOption::Generated { .. } | ColumnOption::Identity(_) => {
                made.has_default = true;
            }
            ColumnOption::PrimaryKey(_) => {
                table.primary_key = vec![made.name.clone()];
                table.primary_key_name = option.name.as_ref().map(|name| flavor.fold(name));
                made.not_null |= flavor == Flavor::Postgres;
                made.has_default |= flavor == Flavor::Sqlite && made.declared_type == "integer";
            }
            ColumnOption::Unique(_) => {
                let generated = option.name.as_ref().map(|name| flavor.fold(name));
                add_unique(table, generated, vec![made.name.clone()], true);
            }
            ColumnOption::OnConflict(_) => {
                return Err(CatalogError::new(format!(
                    "column {:?} of table {:?} has an ON CONFLICT clause, by which an INSERT can change other rows; \
                     write the clause in the INSERT instead",
                    made.name, table.name
                )));
            }
            _ => {}
        }
    }
    table.columns.push(made);
    Ok(())
}

fn add_constraint(flavor: Flavor, table: &mut Table, constraint: TableConstraint) {
    match constraint {
        TableConstraint::PrimaryKey(key) => {
            let (columns, _) = plain_columns(flavor, &key.columns);
            if flavor == Flavor::Postgres {
                for column in table.columns.iter_mut().filter(|column| columns.contains(&column.name)) {
                    column.not_null = true;
                }
            }
            table.primary_key = columns;
            table.primary_key_name = key.name.as_ref().map(|name| flavor.fold(name));
        }
        TableConstraint::Unique(unique) => {
            let (columns, whole) = plain_columns(flavor, &unique.columns);
            add_unique(table, unique.name.as_ref().map(|name| flavor.fold(name)), columns, whole);
        }
        TableConstraint::ForeignKey(_) | TableConstraint::Check(_) => {}
        // An exclusion constraint, or an index made elsewhere: which rows meet in it isn't known here.
        _ => table.uniques.push(Unique { name: None, columns: Vec::new(), whole: false, partial: false }),
    }
}

fn add_unique(table: &mut Table, name: Option<String>, columns: Vec<String>, whole: bool) {
    // The name that PostgreSQL makes up, which a later DROP CONSTRAINT says.
    let name = name.unwrap_or_else(|| format!("{}_{}_key", table.name, columns.join("_")));
    table.uniques.push(Unique { name: Some(name), columns, whole, partial: false });
}

fn create_unique_index(builder: &mut CatalogBuilder, index: CreateIndex) -> Result<(), CatalogError> {
    let flavor = builder.flavor()?;
    let name = index.name.as_ref().map(|name| object(flavor, name)).transpose()?.map(|(_, name)| name);
    let table = find(builder, &index.table_name)?;
    let (columns, plain) = plain_columns(flavor, &index.columns);
    let has_condition = index.predicate.is_some();
    table.uniques.push(Unique { name, columns, whole: plain && !has_condition, partial: plain && has_condition });
    Ok(())
}

fn alter_table(builder: &mut CatalogBuilder, alter: AlterTable) -> Result<(), CatalogError> {
    let flavor = builder.flavor()?;
    let if_exists = alter.if_exists;
    for operation in alter.operations {
        if let AlterTableOperation::RenameTable { table_name } = &operation {
            let (RenameTableNameKind::As(to) | RenameTableNameKind::To(to)) = table_name;
            let (_, to) = object(flavor, to)?;
            if builder.tables.iter().any(|draft| draft.table.name == to) {
                return Err(CatalogError::new(format!(
                    "a table is renamed to {to:?}, which another has; drop that one first"
                )));
            }
            find(builder, &alter.name)?.name = to;
            continue;
        }
        let tenant_column = builder.tenant_column.clone();
        let table = match find(builder, &alter.name) {
            Err(_) if if_exists => return Ok(()),
            found => found?,
        };
        // Without it the table would read as reference data, which every tenant sees.
        let lost = match &operation {
            AlterTableOperation::DropColumn { column_names, .. } => &column_names[..],
            AlterTableOperation::RenameColumn { old_column_name, .. } => std::slice::from_ref(old_column_name),
            _ => &[],
        };
        if lost.iter().any(|name| flavor.fold(name) == tenant_column) {
            return Err(CatalogError::new(format!(
                "table {:?} loses its tenant column {tenant_column:?}; keep the column, or drop the table",
                table.name
            )));
        }
        alter_one(flavor, table, operation)?;
    }
    Ok(())
}

fn alter_one(flavor: Flavor, table: &mut Table, operation: AlterTableOperation) -> Result<(), CatalogError> {
    match operation {
        AlterTableOperation::AddColumn { if_not_exists, column_def, .. } => {
            let known = table.has_column(&flavor.fold(&column_def.name));
            if known && if_not_exists { Ok(()) } else { add_column(flavor, table, column_def) }
        }
        AlterTableOperation::AddConstraint { constraint, .. } => {
            add_constraint(flavor, table, constraint);
            Ok(())
        }
        AlterTableOperation::DropColumn { column_names, .. } => {
            for name in column_names.iter().map(|name| flavor.fold(name)) {
                table.columns.retain(|column| column.name != name);
                table.uniques.retain(|unique| !unique.columns.contains(&name));
                if table.primary_key.contains(&name) {
                    table.primary_key.clear();
                }
            }
            Ok(())
        }
        AlterTableOperation::RenameColumn { old_column_name, new_column_name } => {
            let (old, new) = (flavor.fold(&old_column_name), flavor.fold(&new_column_name));
            let names = table.columns.iter_mut().map(|column| &mut column.name);
            let keys = table.uniques.iter_mut().flat_map(|unique| &mut unique.columns).chain(&mut table.primary_key);
            for name in names.chain(keys).filter(|name| **name == old) {
                name.clone_from(&new);
            }
            Ok(())
        }
        AlterTableOperation::AlterColumn { column_name, op } => {
            let name = flavor.fold(&column_name);
            if let Some(column) = table.columns.iter_mut().find(|column| column.name == name) {
                match op {
                    AlterColumnOperation::SetNotNull => column.not_null = true,
                    AlterColumnOperation::DropNotNull => column.not_null = false,
                    AlterColumnOperation::SetDefault { .. } | AlterColumnOperation::AddGenerated { .. } => {
                        column.has_default = true;
                    }
                    AlterColumnOperation::DropDefault => column.has_default = false,
                    AlterColumnOperation::SetDataType { data_type, .. } => {
                        column.declared_type = data_type.to_string().to_ascii_lowercase();
                    }
                }
            }
            Ok(())
        }
        AlterTableOperation::DropConstraint { name, .. } => {
            let name = flavor.fold(&name);
            table.uniques.retain(|unique| unique.name.as_deref() != Some(&name));
            if table.is_primary_key_named(&name) {
                table.primary_key.clear();
            }
            Ok(())
        }
        AlterTableOperation::EnableRowLevelSecurity
        | AlterTableOperation::ForceRowLevelSecurity
        | AlterTableOperation::DisableRowLevelSecurity
        | AlterTableOperation::NoForceRowLevelSecurity
        | AlterTableOperation::EnableTrigger { .. }
        | AlterTableOperation::DisableTrigger { .. }
        | AlterTableOperation::ReplicaIdentity { .. }
        | AlterTableOperation::ValidateConstraint { .. }
        | AlterTableOperation::OwnerTo { .. } => Ok(()),
        other => Err(CatalogError::new(format!(
            "{:?} on table {:?} is not understood; write the table's final form in CREATE TABLE",
            other.to_string(),
            table.name
        ))),
    }
}

fn plain_columns(flavor: Flavor, columns: &[IndexColumn]) -> (Vec<String>, bool) {
    let plain: Vec<String> = columns
        .iter()
        .filter_map(|column| match &column.column.expr {
            Expr::Identifier(name) => Some(flavor.fold(name)),
            _ => None,
        })
        .collect();
    let whole = plain.len() == columns.len();
    (plain, whole)
}

fn find<'b>(builder: &'b mut CatalogBuilder, name: &ObjectName) -> Result<&'b mut Table, CatalogError> {
    let (_, name) = object(builder.flavor()?, name)?;
    match builder.tables.iter_mut().find(|draft| draft.table.name == name) {
        Some(draft) => Ok(&mut draft.table),
        None => {
            Err(CatalogError::new(format!("table {name:?} is altered before it is made; give its CREATE TABLE first")))
        }
    }
}

fn object(flavor: Flavor, name: &ObjectName) -> Result<(Option<String>, String), CatalogError> {
    let parts: Option<Vec<String>> = name.0.iter().map(|part| part.as_ident().map(|part| flavor.fold(part))).collect();
    match parts.as_deref() {
        Some([name]) => Ok((None, name.clone())),
        Some([schema, name]) => Ok((Some(schema.clone()), name.clone())),
        _ => Err(CatalogError::new(format!("name {:?} is not understood; use name or schema.name", name.to_string()))),
    }
}
