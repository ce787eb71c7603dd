//! The rule files in the binary.

use include_dir::{Dir, include_dir};

use crate::input::{Diagnostics, Document};

static AZURE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/rules/azure");

/// The embedded rule files, in the order of their paths.
pub(super) fn documents() -> Result<Vec<Document>, Diagnostics> {
    read(&["vocabularies", "resources", "components"])
}

/// Whether a document is one of those, and not one that was laid over it.
pub(super) fn is_one(document: &Document) -> bool {
    let path = document.name().strip_prefix("rules/azure/");
    path.and_then(|path| AZURE.get_file(path)).is_some_and(|file| file.contents() == document.text().as_bytes())
}

/// The embedded price lists, in the order of their paths.
pub(super) fn prices() -> Result<Vec<Document>, Diagnostics> {
    read(&["prices"])
}

fn read(folders: &[&str]) -> Result<Vec<Document>, Diagnostics> {
    let mut files: Vec<_> = folders
        .iter()
        .filter_map(|folder| AZURE.get_dir(folder))
        .flat_map(Dir::files)
        .filter(|file| file.path().extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort_by_key(|file| file.path());
    files
        .into_iter()
        .map(|file| Document::new(format!("rules/azure/{}", file.path().display()), file.contents().to_vec()))
        .collect()
}
