//! The config that an open text belongs to: alone, or with the files that include it or that it includes.

use super::document::Document;
use crate::diagnostic::{Diagnostics, uri};
use crate::parse;
use crate::source::{Disk, Source, Span};
use lsp_types::Uri;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Directories above a text in which a `gateway.yml` may be that includes it.
const MOST_LEVELS: usize = 8;

/// What the editor has open, and what it said of the workspace.
#[derive(Default)]
pub(super) struct Workspace {
    /// By URI.
    pub(super) documents: BTreeMap<String, Document>,
    /// Where relative paths of `config` start.
    pub(super) directory: Option<PathBuf>,
    /// The config, or layers of it, if the editor's settings name one.
    pub(super) config: Option<String>,
}

/// A config, and each of its files.
pub(super) struct Project {
    pub(super) source: Source,
    files: Vec<(Document, Span)>,
}

impl Workspace {
    /// The config which a text is part of.
    ///
    /// That is the one of the settings, or a `gateway.yml` in the text's directory or one above it, or another text
    /// that is open, if it includes this one; else the text itself.
    pub(super) fn project(&self, document: &Document) -> Project {
        let Some(path) = document.path() else {
            let source = Source::new(document.name(), document.text.as_str());
            return Project::of(source, Path::new(""), self, Some(document));
        };
        let configured = self
            .directory
            .iter()
            .zip(&self.config)
            .map(|(directory, config)| (directory.clone(), config.clone()));
        let (parent, name) = split(&path);
        let above = parent
            .ancestors()
            .take(MOST_LEVELS)
            .map(|directory| (directory.to_owned(), "gateway.yml".to_owned()))
            .collect::<Vec<_>>();
        // One of this name is hardly part of another.
        let above = above.into_iter().filter(|_| name != "gateway.yml");
        let others = self.documents.values().filter_map(|other| other.path()).filter(|other| *other != path);
        let others = others.map(|other| split(&other));
        for (directory, config) in configured.chain(above).chain(others) {
            let project = self.read(&directory, &config);
            if project.files.iter().any(|(file, _)| is_same(file.path().as_deref(), &path)) {
                return project;
            }
        }
        self.read(&parent, &name)
    }

    fn read(&self, directory: &Path, config: &str) -> Project {
        let open = self.documents.values().filter_map(|document| Some((document.path()?, &document.text)));
        let disk = open.fold(Disk::at(directory), |disk, (path, text)| disk.with_open(path, text.as_str()));
        let mut sink = Diagnostics::new();
        let mut source = Source::read_with(config, disk, &mut sink);
        // Only for the files that are included; what is wrong with them is another question.
        let _ = parse::parse(&mut source, &mut sink);
        Project::of(source, directory, self, None)
    }
}

impl Project {
    fn of(source: Source, directory: &Path, workspace: &Workspace, only: Option<&Document>) -> Self {
        let files = source.files().iter().filter_map(|file| {
            let text = source.text()[file.span()].to_owned();
            let path = directory.join(&**file.path());
            let open = only.or_else(|| {
                workspace.documents.values().find(|document| is_same(document.path().as_deref(), &path))
            });
            let uri = match open {
                Some(document) => document.uri.clone(),
                None => Uri::from_str(&format!("file://{}", uri(path.to_str()?))).ok()?,
            };
            Some((Document::new(uri, None, text), file.span()))
        });
        Self { files: files.collect(), source }
    }

    /// Its files.
    pub(super) fn files(&self) -> impl Iterator<Item = &Document> {
        self.files.iter().map(|(file, _)| file)
    }

    /// The file which a span of the source is in, and the span there.
    pub(super) fn place(&self, span: &Span) -> Option<(&Document, Span)> {
        let next = self.files.partition_point(|(_, own)| own.start <= span.start);
        let (file, own) = self.files.get(next.checked_sub(1)?)?;
        let local = |byte: usize| byte.clamp(own.start, own.end) - own.start;
        Some((file, local(span.start)..local(span.end)))
    }
}

/// The directory of a file, and its name there.
fn split(path: &Path) -> (PathBuf, String) {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    (path.parent().map(Path::to_owned).unwrap_or_default(), name)
}

fn is_same(one: Option<&Path>, other: &Path) -> bool {
    let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    one.is_some_and(|one| one == other || whole(one) == whole(other))
}
