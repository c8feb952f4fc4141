use sqlparser::{
    ast::{
        TableSample, TableSampleKind, TableSampleMethod, TableSampleModifier, TableSampleQuantity, TableSampleSeed,
        TableSampleSeedModifier,
    },
    tokenizer::Span,
};

use super::{Walker, absent, unsupported};
use crate::guard::{dialect::Flavor, refusal::Checked};

impl Walker<'_> {
    /// Walks TABLESAMPLE. It takes its rows from everybody's, each with the same chance, so that the tenant's are among them as
    /// they would be alone.
    pub(super) fn sample(&mut self, sample: Option<&mut TableSampleKind>, place: Span) -> Checked {
        let Some(sample) = sample else { return Ok(()) };
        absent(self.flavor == Flavor::Postgres, "TABLESAMPLE", place)?;
        let TableSampleKind::AfterTableAlias(sample) = sample else {
            return Err(unsupported("a sample before the alias of a table", place));
        };
        let TableSample { modifier, name, quantity, seed, bucket, offset } = &mut **sample;
        let known = matches!(name, Some(TableSampleMethod::Bernoulli | TableSampleMethod::System));
        absent(matches!(modifier, TableSampleModifier::TableSample) && known, "this method of TABLESAMPLE", place)?;
        absent(bucket.is_none() && offset.is_none(), "this form of TABLESAMPLE", place)?;
        if let Some(TableSampleSeed { modifier, value }) = seed {
            absent(matches!(modifier, TableSampleSeedModifier::Repeatable), "this form of TABLESAMPLE", place)?;
            self.value(&value.value, value.span)?;
        }
        let Some(TableSampleQuantity { parenthesized: true, value, unit: None }) = quantity else {
            return Err(unsupported("this form of TABLESAMPLE", place));
        };
        // It sees nothing of this FROM.
        self.look_back(false);
        self.expr(value)?;
        self.look_back(true);
        Ok(())
    }
}
