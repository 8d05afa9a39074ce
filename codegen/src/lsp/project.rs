//! The config that an open text belongs to: alone, or with the files that include it or that it includes.

use super::document::Document;
use crate::analyse_unproven;
use crate::diagnostic::Diagnostics;
use crate::encoded;
use crate::model::Model;
use crate::source::{Disk, Source, Span};
use lsp_types::Uri;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::str::FromStr;

/// Directories above a text in which a `gateway.yml` may be that includes it.
const MOST_LEVELS: usize = 8;

/// What the editor has open, and what it said of the workspace.
#[derive(Default)]
pub(super) struct Workspace {
    /// By URI.
    pub(super) documents: BTreeMap<String, Document>,
    /// Its folders: relative paths of `config` start in each.
    pub(super) directories: Vec<PathBuf>,
    /// The config, or layers of it, if the editor's settings name one.
    pub(super) config: Option<String>,
}

/// A config, each of its files, and what is wrong with it.
pub(super) struct Project {
    /// Their edits have not been tried: the editor asks for those of a few lines.
    pub(super) problems: Diagnostics,
    pub(super) source: Source,
    /// What it means, if there is no error in it.
    pub(super) model: Option<Model>,
    files: Vec<File>,
}

/// A file of a config.
pub(super) struct File {
    pub(super) document: Document,
    /// What the editor calls it: it may have it open by several names, or not at all.
    pub(super) uris: Vec<Uri>,
    /// Where it is in the source.
    span: Span,
}

/// What has been read already, since something changed.
#[derive(Default)]
pub(super) struct Reads(RefCell<BTreeMap<(PathBuf, String), Rc<Project>>>);

impl Workspace {
    /// The config which a text is part of.
    ///
    /// That is the one of the settings, or a `gateway.yml` in the text's directory or one above it, or another text
    /// that is open, if it includes this one; else the text itself.
    pub(super) fn project(&self, document: &Document, reads: &Reads) -> Rc<Project> {
        let Some(path) = document.path() else {
            let source = Source::new(document.name(), document.text.as_str());
            return Rc::new(self.analysed(source, Diagnostics::new(), Path::new(""), Some(document)));
        };
        let directories = self.directories.iter();
        let configured = directories.flat_map(|directory| Some((directory.clone(), self.config.clone()?)));
        let (parent, name) = split(&path);
        let above = parent.ancestors().take(MOST_LEVELS);
        // One of this name is hardly part of another.
        let above = above.filter(|_| name != "gateway.yml");
        let above = above.map(|directory| (directory.to_owned(), "gateway.yml".to_owned()));
        let others = self.documents.values().filter(|other| other.includes());
        let others = others.filter_map(Document::path).filter(|other| *other != path);
        let others = others.map(|other| split(&other));
        for (directory, config) in configured.chain(above).chain(others) {
            let project = self.read(directory, config, reads);
            if project.files.iter().any(|file| is_same(file.document.path().as_deref(), &path)) {
                return project;
            }
        }
        self.read(parent, name, reads)
    }

    fn read(&self, directory: PathBuf, config: String, reads: &Reads) -> Rc<Project> {
        let key = (directory, config);
        if let Some(project) = reads.0.borrow().get(&key) {
            return project.clone();
        }
        let open = self.documents.values().filter_map(|document| Some((document.path()?, &document.text)));
        let disk = open.fold(Disk::at(&key.0), |disk, (path, text)| disk.with_open(path, text.as_str()));
        let mut problems = Diagnostics::new();
        let source = Source::read_with(&key.1, disk, &mut problems);
        let project = Rc::new(self.analysed(source, problems, &key.0, None));
        reads.0.borrow_mut().insert(key, project.clone());
        project
    }

    /// Of a config that could not be read, no more is said than that.
    fn analysed(
        &self,
        mut source: Source,
        mut problems: Diagnostics,
        directory: &Path,
        only: Option<&Document>,
    ) -> Project {
        let model = analyse_unproven(&mut source, &mut problems).ok();
        let files = source.files().iter().filter_map(|file| {
            let path = directory.join(&**file.path());
            let mut uris: Vec<Uri> = match only {
                Some(document) => vec![document.uri.clone()],
                None => {
                    let open = self.documents.values();
                    let open = open.filter(|document| is_same(document.path().as_deref(), &path));
                    open.map(|document| document.uri.clone()).collect()
                }
            };
            if uris.is_empty() {
                uris.push(Uri::from_str(&format!("file://{}", encoded::path(path.to_str()?))).ok()?);
            }
            let text = source.text()[file.span()].to_owned();
            let document = Document::new(uris.first()?.clone(), None, text);
            Some(File { document, uris, span: file.span() })
        });
        let files = files.collect();
        Project { files, problems, source, model }
    }
}

impl Project {
    /// Its files.
    pub(super) fn files(&self) -> &[File] {
        &self.files
    }

    /// The file which a span of the source is in, and the span there.
    pub(super) fn place(&self, span: &Span) -> Option<(&File, Span)> {
        let next = self.files.partition_point(|file| file.span.start <= span.start);
        let file = self.files.get(next.checked_sub(1)?)?;
        let local = |byte: usize| byte.clamp(file.span.start, file.span.end) - file.span.start;
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
