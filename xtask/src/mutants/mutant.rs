//! One deliberate mistake, described in `xtask/mutants/NAME.toml`.

use std::{fs, path::Path};

use toml::Table;

use crate::error::{Context, Failure, Result};

/// A change of the text of one file, and the test that has to notice it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mutant {
    /// The name of its file.
    pub(crate) name: String,
    /// What is taken away, in a few words.
    pub(crate) breaks: String,
    /// The changed file, from the root of the workspace.
    pub(crate) file: String,
    find: String,
    replace: String,
    pub(crate) test: NamedTest,
}

/// One test, named so exactly that nothing else runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NamedTest {
    pub(crate) package: String,
    /// The integration test binary, or `lib` for the unit tests.
    pub(crate) binary: String,
    /// The full path of the test in its binary.
    pub(crate) name: String,
}

impl Mutant {
    /// Reads all mutants of a folder, by name.
    pub(crate) fn load_all(folder: &Path) -> Result<Vec<Self>> {
        let mut mutants = Vec::new();
        for entry in fs::read_dir(folder).at("reading", folder)? {
            let path = entry.at("reading", folder)?.path();
            let (Some(name), Some("toml")) =
                (path.file_stem().and_then(|s| s.to_str()), path.extension().and_then(|s| s.to_str()))
            else {
                continue;
            };
            let text = fs::read_to_string(&path).at("reading", &path)?;
            mutants.push(Self::parse(name, &text).at("reading", &path)?);
        }
        mutants.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(mutants)
    }

    fn parse(name: &str, text: &str) -> Result<Self> {
        let mut table: Table = text.parse().doing("not TOML")?;
        let mut take = |key: &str| match table.remove(key) {
            Some(toml::Value::String(value)) if !value.is_empty() => Ok(value),
            _ => Err(Failure::from(format!("`{key}` must be a text"))),
        };
        let mutant = Self {
            name: name.to_owned(),
            breaks: take("breaks")?,
            file: take("file")?,
            find: take("find")?,
            replace: take("replace")?,
            test: NamedTest { package: take("package")?, binary: take("binary")?, name: take("test")? },
        };
        match table.keys().next() {
            None => Ok(mutant),
            Some(key) => Err(format!("`{key}` means nothing here").into()),
        }
    }

    /// Makes the mistake in the text of the file.
    ///
    /// # Errors
    ///
    /// When the text to find is not there exactly once: the code went on and the mutant is stale.
    pub(crate) fn apply(&self, text: &str) -> Result<String> {
        match text.matches(&self.find).count() {
            1 => Ok(text.replacen(&self.find, &self.replace, 1)),
            count => Err(format!(
                "mutant {} is stale: its text to find is {count} times in {}; bring `find` up to date",
                self.name, self.file
            )
            .into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "breaks = 'a wall'\nfile = 'src/a.rs'\nfind = 'x == y'\nreplace = 'true'\n\
        package = 'p'\nbinary = 'it'\ntest = 'a::b'\n";

    #[test]
    fn changes_the_one_place() {
        let mutant = Mutant::parse("wall", TEXT).unwrap();
        assert_eq!(mutant.apply("if x == y {}").unwrap(), "if true {}");
    }

    #[test]
    fn refuses_text_that_is_missing_or_ambiguous() {
        let mutant = Mutant::parse("wall", TEXT).unwrap();
        assert!(mutant.apply("if y == x {}").unwrap_err().to_string().contains("0 times"));
        assert!(mutant.apply("x == y || x == y").unwrap_err().to_string().contains("2 times"));
    }

    #[test]
    fn refuses_keys_that_are_missing_or_unknown() {
        let unknown = format!("{TEXT}tset = 'c'\n");
        assert!(Mutant::parse("wall", &unknown).unwrap_err().to_string().contains("`tset`"));
        let missing = TEXT.replace("find", "fnd");
        assert!(Mutant::parse("wall", &missing).unwrap_err().to_string().contains("`find`"));
    }
}
