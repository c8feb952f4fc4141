use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgOperator, FunctionArgumentClause, FunctionArgumentList,
    FunctionArguments, Ident, ObjectName, Spanned, WindowFrame, WindowFrameBound, WindowSpec, WindowType,
};

use super::{Walker, absent, unsupported};
use crate::guard::{
    dialect::Flavor,
    functions,
    refusal::{Checked, Fault, RefusalKind},
};

impl Walker<'_> {
    pub(super) fn function(&mut self, function: &mut Function) -> Checked {
        let place = function.name.span();
        let Function { name, uses_odbc_syntax, parameters, args, within_group, filter, null_treatment, over } =
            function;
        absent(!*uses_odbc_syntax, "a call in braces", place)?;
        absent(matches!(parameters, FunctionArguments::None), "a second list of arguments", place)?;
        absent(null_treatment.is_none(), "IGNORE NULLS", place)?;
        let (folded, _) = self.function_name(name)?;
        self.check_function(&folded, name)?;
        match args {
            FunctionArguments::None => {}
            // `ARRAY(SELECT …)`
            FunctionArguments::Subquery(query) => {
                absent(folded == "array", "a query as the argument of a function", place)?;
                self.query(query)?;
            }
            FunctionArguments::List(FunctionArgumentList { duplicate_treatment: _, args, clauses }) => {
                for arg in args {
                    self.function_arg(arg)?;
                }
                for clause in clauses {
                    match clause {
                        FunctionArgumentClause::OrderBy(list) => self.order_list(list)?,
                        _ => return Err(unsupported("this clause in a call", place)),
                    }
                }
            }
        }
        self.order_list(within_group)?;
        self.maybe(filter.as_deref_mut())?;
        match over {
            None | Some(WindowType::NamedWindow(_)) => Ok(()),
            Some(WindowType::WindowSpec(spec)) => self.window(spec),
        }
    }

    /// Takes a function's name, which may have `pg_catalog.` before it.
    pub(super) fn function_name(&self, name: &ObjectName) -> Checked<(String, Ident)> {
        let idents: Option<Vec<&Ident>> = name.0.iter().map(|part| part.as_ident()).collect();
        match idents.as_deref() {
            Some([function]) => Ok((self.fold(function), (*function).clone())),
            Some([schema, function]) if self.flavor == Flavor::Postgres && self.fold(schema) == "pg_catalog" => {
                Ok((self.fold(function), (*function).clone()))
            }
            _ => Err(Fault::new(
                RefusalKind::Function,
                format!("function {:?} is qualified by a schema", name.to_string()),
                "allow the function by its plain name, and call it by that",
                name.span(),
            )),
        }
    }

    fn check_function(&self, folded: &str, name: &ObjectName) -> Checked {
        if self.flavor.functions().binary_search(&folded).is_ok() {
            return Ok(());
        }
        // `pg_catalog.x` is never a function of the user's.
        if name.0.len() == 1 && self.functions.contains(folded) {
            return Ok(());
        }
        let in_from = self.flavor.table_functions().iter().any(|(known, _)| *known == folded);
        if in_from && self.flavor == Flavor::Postgres {
            return Ok(());
        }
        if functions::SESSION.contains(&folded) {
            return Err(Fault::new(
                RefusalKind::SessionState,
                format!("function {folded:?} reaches the session's state"),
                "configure the connection where it is opened",
                name.span(),
            ));
        }
        Err(Fault::new(
            RefusalKind::Function,
            format!("function {folded:?} is not on the guard's list"),
            "use a built-in function of plain values, or allow it by `Guard::allow_function` if it reads no table",
            name.span(),
        ))
    }

    pub(super) fn function_arg(&mut self, arg: &mut FunctionArg) -> Checked {
        let arg = match arg {
            FunctionArg::Unnamed(arg) => arg,
            FunctionArg::Named { name: _, arg, operator: FunctionArgOperator::RightArrow } => arg,
            FunctionArg::Named { name, .. } => return Err(unsupported("this form of argument", name.span)),
            FunctionArg::ExprNamed { name, .. } => return Err(unsupported("this form of argument", name.span())),
        };
        match arg {
            FunctionArgExpr::Expr(expr) => self.expr(expr),
            FunctionArgExpr::Wildcard => Ok(()),
            FunctionArgExpr::QualifiedWildcard(name) => {
                let place = name.span();
                let entry = self.row(name)?.clone();
                self.keeps_row(&entry, place)
            }
            FunctionArgExpr::WildcardWithOptions(options) => {
                Err(unsupported("an option of a wildcard", options.wildcard_token.0.span))
            }
        }
    }

    pub(super) fn window(&mut self, spec: &mut WindowSpec) -> Checked {
        let WindowSpec { window_name: _, partition_by, order_by, window_frame } = spec;
        self.exprs(partition_by)?;
        self.order_list(order_by)?;
        if let Some(WindowFrame { units: _, start_bound, end_bound }) = window_frame {
            for bound in [Some(start_bound), end_bound.as_mut()].into_iter().flatten() {
                let offset: Option<&mut Box<Expr>> = match bound {
                    WindowFrameBound::CurrentRow => None,
                    WindowFrameBound::Preceding(offset) | WindowFrameBound::Following(offset) => offset.as_mut(),
                };
                self.maybe(offset.map(|offset| &mut **offset))?;
            }
        }
        Ok(())
    }
}
