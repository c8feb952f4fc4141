//! Functions in FROM.

use sqlparser::{
    ast::{Array, DataType, Expr, FunctionArg, FunctionArgExpr, Ident, ObjectName, Spanned, TableAlias, Value},
    tokenizer::Span,
};

use super::{Walker, absent, unsupported};
use crate::guard::{
    refusal::{Checked, Fault, RefusalKind},
    scope::List,
};

impl Walker<'_> {
    pub(super) fn table_function(
        &mut self,
        name: &ObjectName,
        args: &mut [FunctionArg],
        with_ordinality: bool,
        alias: Option<&mut TableAlias>,
    ) -> Checked {
        let place = name.span();
        if self.flavor.is_rows_from(name) {
            return self.rows_from(name, args, with_ordinality, alias);
        }
        let (folded, ident) = self.function_name(name)?;
        let columns = self.function_columns(&folded, place)?;
        for arg in args {
            self.function_arg(arg)?;
        }
        let columns = (!gives_rows(&folded)).then_some(columns);
        self.enter_function(&ident, columns, with_ordinality, alias, place)
    }

    /// `ROWS FROM (f(…), g(…))`: the columns of all functions side by side.
    fn rows_from(
        &mut self,
        name: &ObjectName,
        functions: &mut [FunctionArg],
        with_ordinality: bool,
        alias: Option<&mut TableAlias>,
    ) -> Checked {
        let place = name.span();
        let mut columns: Option<Vec<String>> = Some(Vec::new());
        let alone = functions.len() == 1;
        let mut first = None;
        for function in functions {
            let FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Function(function))) = function else {
                return Err(unsupported("something else than a function in ROWS FROM", place));
            };
            let plain = function.over.is_none() && function.filter.is_none() && function.within_group.is_empty();
            absent(plain, "a clause of an aggregate in ROWS FROM", place)?;
            let (folded, ident) = self.function_name(&function.name)?;
            let own = self.function_columns(&folded, function.name.span())?;
            self.function(function)?;
            if gives_rows(&folded) {
                columns = None;
            } else if let Some(columns) = &mut columns {
                match own {
                    [] if alone => {
                        columns.push(alias.as_ref().map_or(folded, |alias| self.fold(&alias.name)));
                    }
                    [] => columns.push(folded),
                    own => columns.extend(own.iter().map(|&column| column.to_owned())),
                }
            }
            first.get_or_insert(ident);
        }
        let Some(first) = first else { return Err(unsupported("ROWS FROM without a function", place)) };
        if with_ordinality && let Some(columns) = &mut columns {
            columns.push("ordinality".to_owned());
        }
        self.enter_named(&first, alias, (columns.map(Into::into), List::Part), None, place)
    }

    /// Finds the columns of a function that may stand in FROM.
    fn function_columns(&self, folded: &str, place: Span) -> Checked<&'static [&'static str]> {
        let known = self.flavor.table_functions().iter().find(|(known, _)| *known == folded);
        let Some((_, columns)) = known else {
            let kind =
                if self.flavor.is_system_table(folded) { RefusalKind::SystemCatalog } else { RefusalKind::Function };
            return Err(Fault::new(
                kind,
                format!("function {folded:?} can't stand in FROM"),
                "use generate_series, unnest or a JSON function; docs/guard.md lists them",
                place,
            ));
        };
        Ok(columns)
    }

    pub(super) fn enter_function(
        &mut self,
        name: &Ident,
        columns: Option<&[&str]>,
        with_ordinality: bool,
        alias: Option<&mut TableAlias>,
        place: Span,
    ) -> Checked {
        let scalar = alias.as_ref().map_or_else(|| self.fold(name), |alias| self.fold(&alias.name));
        let Some(columns) = columns else { return self.enter_named(name, alias, (None, List::Part), None, place) };
        let mut columns: Vec<String> = columns.iter().map(|&column| column.to_owned()).collect();
        if columns.is_empty() {
            columns.push(scalar);
        }
        if with_ordinality {
            columns.push("ordinality".to_owned());
        }
        self.enter_named(name, alias, (Some(columns.into()), List::Part), None, place)
    }
}

/// Tells whether an array is certain to hold no rows.
pub(super) fn holds_plain_values(array: &Expr) -> bool {
    match array {
        Expr::Nested(inner) => holds_plain_values(inner),
        // The types that are admitted are all plain.
        Expr::Cast { data_type, .. } => matches!(data_type, DataType::Array(_)),
        Expr::Array(Array { elem, named: _ }) => {
            let literal = |value: &Expr| match value {
                Expr::Value(value) => !matches!(value.value, Value::Placeholder(_)),
                Expr::Cast { .. } => true,
                nested => holds_plain_values(nested),
            };
            elem.iter().all(literal)
        }
        _ => false,
    }
}

/// An array of rows gives the rows' columns, and then `x.x` may call a function `x` of a row.
fn gives_rows(function: &str) -> bool {
    function == "unnest"
}
