use proc_macro2::{Span, TokenStream};
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta, Token, meta::ParseNestedMeta, spanned::Spanned};

use crate::fault::Faults;

/// `#[tenant(table = "…")]` on the struct.
#[derive(Default)]
pub(crate) struct StructAttrs {
    pub(crate) table: Option<LitStr>,
    /// A table was given, whether or not it could be read.
    pub(crate) names_table: bool,
}

/// `#[tenant(column)]` or `#[tenant(column = "…")]` on a field.
#[derive(Default)]
pub(crate) struct FieldAttrs {
    pub(crate) column: Option<Column>,
}

pub(crate) struct Column {
    pub(crate) span: Span,
    pub(crate) name: Option<LitStr>,
}

/// What `#[tenant(…)]` may say in one place, and how the rest is reported there.
struct Site {
    form: &'static str,
    item: &'static str,
    misplaced_item: &'static str,
    misplaced: &'static str,
    unknown: &'static str,
}

impl StructAttrs {
    const SITE: Site = Site {
        form: "#[tenant(table = \"…\")]",
        item: "table",
        misplaced_item: "column",
        misplaced: "`column` belongs on the field that holds the tenant's id",
        unknown: "unknown attribute; a struct takes `table = \"…\"`",
    };

    pub(crate) fn read(attrs: &[Attribute], faults: &mut Faults) -> Self {
        let mut this = Self::default();
        each_item(attrs, &Self::SITE, faults, |meta, faults| {
            if this.names_table {
                faults.at(&meta.path, "the table is named twice; keep one `table`");
            }
            this.names_table = true;
            if !meta.input.peek(Token![=]) {
                faults.at(&meta.path, "the table needs a name; write `table = \"…\"`");
                return skip_value(meta);
            }
            this.table = value(meta, faults)?;
            Ok(())
        });
        this
    }
}

impl FieldAttrs {
    const SITE: Site = Site {
        form: "#[tenant(column)]",
        item: "column",
        misplaced_item: "table",
        misplaced: "`table` belongs on the struct",
        unknown: "unknown attribute; a field takes `column` or `column = \"…\"`",
    };

    pub(crate) fn read(attrs: &[Attribute], faults: &mut Faults) -> Self {
        let mut this = Self::default();
        each_item(attrs, &Self::SITE, faults, |meta, faults| {
            if this.column.is_some() {
                faults.at(&meta.path, "the column is given twice; keep one `column`");
            }
            let name = value(meta, faults)?;
            this.column = Some(Column { span: meta.path.span(), name });
            Ok(())
        });
        this
    }
}

/// Calls `read` for each of the site's items in each `#[tenant(…)]`; others are reported and skipped.
fn each_item(
    attrs: &[Attribute],
    site: &Site,
    faults: &mut Faults,
    mut read: impl FnMut(&ParseNestedMeta<'_>, &mut Faults) -> syn::Result<()>,
) {
    let mut read_item = |meta: &ParseNestedMeta<'_>, faults: &mut Faults| {
        if meta.path.is_ident(site.item) {
            return read(meta, faults);
        }
        let misplaced = meta.path.is_ident(site.misplaced_item);
        faults.at(&meta.path, if misplaced { site.misplaced } else { site.unknown });
        skip_value(meta)
    };
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("tenant")) {
        match &attr.meta {
            Meta::List(list) if !list.tokens.is_empty() => {
                if let Err(error) = attr.parse_nested_meta(|meta| read_item(&meta, faults)) {
                    faults.add(error);
                }
            }
            meta => faults.at(meta, format!("the attribute says nothing; write `{}`", site.form)),
        }
    }
}

/// Reads `= "…"` if it is there; another expression is reported and skipped.
fn value(meta: &ParseNestedMeta<'_>, faults: &mut Faults) -> syn::Result<Option<LitStr>> {
    if !meta.input.peek(Token![=]) {
        return Ok(None);
    }
    match meta.value()?.parse::<Expr>()? {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(Some(text)),
        other => {
            faults.at(other, "a name is a string; put it in double quotes");
            Ok(None)
        }
    }
}

/// Steps over what follows an unknown item, so that the items after it are read, too.
fn skip_value(meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    if meta.input.peek(Token![=]) {
        meta.value()?.parse::<Expr>()?;
    } else if meta.input.peek(syn::token::Paren) {
        let content;
        syn::parenthesized!(content in meta.input);
        content.parse::<TokenStream>()?;
    }
    Ok(())
}
