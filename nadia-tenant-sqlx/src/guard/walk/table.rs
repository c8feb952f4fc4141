use std::rc::Rc;

use sqlparser::{
    ast::{Ident, ObjectName, Spanned, TableFactor},
    tokenizer::Span,
};

use super::{Walker, absent};
use crate::{
    catalog::{Table, TableKind},
    guard::{
        Access,
        refusal::{Checked, Fault, RefusalKind},
        scope::{Columns, Qualifier, find_cte},
    },
};

/// What a name in FROM stands for.
pub(super) enum Relation<'g> {
    Table { table: &'g Table, name: Ident },
    Cte { columns: Columns, name: Ident },
}

pub(super) fn columns_of(table: &Table) -> Columns {
    Some(table.columns().iter().map(|column| column.name().to_owned()).collect::<Rc<[String]>>())
}

impl<'g> Walker<'g> {
    /// Resolves a table to read, and checks that it may be read.
    ///
    /// The schema is left out of a name that means the same without it.
    pub(super) fn relation(&mut self, name: &mut ObjectName) -> Checked<Relation<'g>> {
        self.count_table(name.span())?;
        if let [part] = &name.0[..]
            && let Some(ident) = part.as_ident()
            && let Some(columns) = find_cte(&self.ctes, &self.fold(ident))
        {
            return Ok(Relation::Cte { columns: columns.clone(), name: ident.clone() });
        }
        let (table, ident) = self.table(name)?;
        if name.0.len() > 1 && self.qualifier(table).is_dropped {
            if find_cte(&self.ctes, &self.fold(&ident)).is_some() {
                return Err(Fault::new(
                    RefusalKind::Name,
                    format!("a common table expression is named as table {:?} is", name.to_string()),
                    "rename the CTE; without its schema the table's name would mean that one",
                    name.span(),
                ));
            }
            name.0.remove(0);
        }
        Ok(Relation::Table { table, name: ident })
    }

    /// Resolves the target of a write. A CTE never hides it.
    pub(super) fn target(&mut self, name: &mut ObjectName) -> Checked<(&'g Table, Ident)> {
        self.count_table(name.span())?;
        if self.access == Access::CrossTenant {
            return Err(read_only("this writes", name.span()));
        }
        self.is_write = true;
        let (table, ident) = self.table(name)?;
        if table.kind() == TableKind::Reference {
            return Err(Fault::new(
                RefusalKind::ReferenceWrite,
                format!("reference table {:?} is shared by all tenants and can only be read", table.name()),
                "change it in a migration, or give it the tenant column",
                name.span(),
            ));
        }
        if name.0.len() > 1 && self.qualifier(table).is_dropped {
            name.0.remove(0);
        }
        Ok((table, ident))
    }

    /// Returns the schema that may stand before the table's name.
    ///
    /// One that the catalog doesn't name is the home of a place with all its tables in one schema. A tenant's own place may have them
    /// elsewhere, and the connection finds them there by the plain name.
    pub(super) fn qualifier(&self, table: &Table) -> Qualifier {
        Qualifier {
            schema: table.schema().unwrap_or(self.flavor.home_schema()).to_owned(),
            is_dropped: table.schema().is_none() && self.access != Access::Control,
        }
    }

    fn count_table(&mut self, place: Span) -> Checked {
        self.tables += 1;
        if self.tables > self.most_tables {
            return Err(Fault::new(
                RefusalKind::Limit,
                format!("the statement names more than {} tables", self.most_tables),
                "split the statement",
                place,
            ));
        }
        Ok(())
    }

    fn table(&mut self, name: &ObjectName) -> Checked<(&'g Table, Ident)> {
        let place = name.span();
        let idents: Option<Vec<&Ident>> = name.0.iter().map(|part| part.as_ident()).collect();
        let (schema, ident) = match idents.as_deref() {
            Some([table]) => (None, *table),
            Some([schema, table]) => (Some(self.fold(schema)), *table),
            _ => return Err(unknown(name)),
        };
        let folded = self.fold(ident);
        let in_system = schema.as_deref().is_some_and(|schema| self.flavor.is_system_schema(schema));
        if in_system || self.flavor.is_system_table(&folded) {
            return Err(Fault::new(
                RefusalKind::SystemCatalog,
                format!("table {:?} belongs to the database", name.to_string()),
                "read the tables of the catalog only",
                place,
            ));
        }
        let Some(table) = self.catalog.table(&folded) else { return Err(unknown(name)) };
        if let Some(schema) = schema
            && schema != table.schema().unwrap_or(self.flavor.home_schema())
        {
            return Err(unknown(name));
        }
        match (self.access, table.kind()) {
            (Access::Tenant | Access::CrossTenant, TableKind::Tenant | TableKind::Reference)
            | (Access::Control, TableKind::Control) => {
                self.resolved += 1;
                Ok((table, ident.clone()))
            }
            (Access::Tenant, TableKind::Control) => Err(Fault::new(
                RefusalKind::ControlTable,
                format!("table {folded:?} is the platform's own and out of a tenant's reach"),
                "use the control scope, outside of a tenant's request",
                place,
            )),
            (Access::CrossTenant, TableKind::Control) => Err(Fault::new(
                RefusalKind::ControlTable,
                format!("table {folded:?} is the platform's own and holds no tenants' rows"),
                "use the control scope",
                place,
            )),
            (Access::Control, TableKind::Tenant | TableKind::Reference) => Err(Fault::new(
                RefusalKind::NotControl,
                format!("table {folded:?} is no control table"),
                "use a tenant's scope",
                place,
            )),
        }
    }
}

/// Refuses what changes or locks rows where statements read over all tenants.
pub(super) fn read_only(what: &str, place: Span) -> Box<Fault> {
    Fault::new(
        RefusalKind::ReadOnly,
        format!("{what}, and over all tenants statements only read"),
        "use SELECT, or a scope of the tenant whose rows it is about",
        place,
    )
}

fn unknown(name: &ObjectName) -> Box<Fault> {
    Fault::new(
        RefusalKind::UnknownTable,
        format!("table {:?} is not in the catalog", name.to_string()),
        "correct the name, or add the table's DDL to the catalog",
        name.span(),
    )
}

/// Refuses what a table in FROM, or the target of a write, may carry besides its name, alias and arguments.
///
/// The one place that takes a table apart whole: a field that a later parser adds fails to compile here.
pub(super) fn without_extras(factor: &TableFactor) -> Checked {
    let TableFactor::Table {
        name,
        alias: _,
        args: _,
        with_hints,
        version,
        with_ordinality: _,
        partitions,
        json_path,
        sample: _,
        index_hints,
    } = factor
    else {
        return Ok(());
    };
    let place = name.span();
    absent(with_hints.is_empty(), "a table hint", place)?;
    absent(version.is_none(), "a table version", place)?;
    absent(partitions.is_empty(), "a partition list", place)?;
    absent(json_path.is_none(), "a path after a table", place)?;
    absent(index_hints.is_empty(), "an index hint", place)
}
