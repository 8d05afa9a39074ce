//! The files that a config may be made of: found, read within limits, each of them once.

use super::{MOST_BYTES, MOST_FILES};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Where the files are, and which of them have been read.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    /// Relative paths start here; empty is the working directory.
    directory: PathBuf,
    /// Texts which are newer than what the disk has, by path.
    open: BTreeMap<PathBuf, Vec<u8>>,
    read: BTreeSet<PathBuf>,
    /// Those of `read` that are layers.
    layers: Vec<PathBuf>,
    /// Directories and patterns in them that have been followed: once more they would find nothing new.
    followed: BTreeSet<(PathBuf, String)>,
    /// Where a pattern looked for files: directories, and files that are not there.
    searched: BTreeSet<String>,
    /// Files whose bytes are a value of the config, by their paths; `None` if one cannot be read. Filled while values are read,
    /// which changes nothing of the config's text.
    attached: RefCell<BTreeMap<String, Option<Arc<[u8]>>>>,
}

/// Why a file is not included.
#[derive(Debug)]
pub enum NotIncluded {
    /// The config is not from a disk.
    NoFiles,
    /// Nothing has such a name.
    NoMatch,
    /// The pattern is none.
    BadPattern(String),
    /// There are too many files.
    TooMany,
    /// It cannot be read.
    Unreadable(String, std::io::Error),
    /// It is too large or no text, which has been reported.
    Unsuitable,
}

impl Disk {
    /// Relative paths start at this directory.
    pub fn at(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), ..Self::default() }
    }

    /// Takes a text for the content of a file, such as what an editor has not saved yet.
    pub fn with_open(mut self, path: impl AsRef<Path>, text: impl Into<Vec<u8>>) -> Self {
        let path = self.place(path.as_ref());
        self.open.insert(path, text.into());
        self
    }

    /// Takes what a reader has for the content of a file, such as stdin for `-`. Of what is too large only the beginning is
    /// read, which is too large as well.
    pub fn with_reader(self, path: impl AsRef<Path>, reader: impl Read) -> std::io::Result<Self> {
        let mut bytes = Vec::new();
        let most = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX);
        reader.take(most + 1).read_to_end(&mut bytes)?;
        Ok(self.with_open(path, bytes))
    }

    /// The content of a layer, of which no more than `most` bytes are read. It counts as read.
    pub(crate) fn layer(&mut self, path: &str, most: usize) -> std::io::Result<Vec<u8>> {
        let place = self.place(Path::new(path));
        self.layers.push(place.clone());
        self.read.insert(place.clone());
        self.bytes(&place, most)
    }

    /// The content of a file, unless it has been read.
    pub(crate) fn once(&mut self, path: &str, most: usize) -> std::io::Result<Option<Vec<u8>>> {
        let place = self.place(Path::new(path));
        if !self.read.insert(place.clone()) {
            return Ok(None);
        }
        // A pipe or a device might never end.
        if place.exists() && !place.is_file() {
            return Err(std::io::Error::other("not a regular file"));
        }
        self.bytes(&place, most).map(Some)
    }

    /// The path of a file which the file `from` names, and what it has, as far as `most` bytes and one more. A relative path
    /// starts at the directory of `from`.
    pub(crate) fn attached(
        &self,
        from: &str,
        path: &str,
        most: usize,
    ) -> (String, std::io::Result<Arc<[u8]>>) {
        let beside = Path::new(from).parent().unwrap_or(Path::new(""));
        let path = shown(&self.without_detours(&beside.join(path)));
        if let Some(Some(bytes)) = self.attached.borrow().get(&path) {
            return (path, Ok(bytes.clone()));
        }
        let place = self.place(Path::new(&path));
        let bytes = if place.exists() && !place.is_file() {
            Err(std::io::Error::other("not a regular file"))
        } else {
            self.bytes(&place, most + 1).map(Arc::from)
        };
        self.attached.borrow_mut().insert(path.clone(), bytes.as_ref().ok().cloned());
        (path, bytes)
    }

    /// Shows the bytes of all files that are attached, in the order of their paths.
    pub(crate) fn each_attached(&self, mut see: impl FnMut(&str, &[u8])) {
        for (path, bytes) in &*self.attached.borrow() {
            see(path, bytes.as_deref().unwrap_or_default());
        }
    }

    /// Counts only the layers as read.
    pub(crate) fn forget_includes(&mut self) {
        self.read = self.layers.iter().cloned().collect();
        self.followed.clear();
        self.searched.clear();
        self.attached.take();
    }

    fn bytes(&self, place: &Path, most: usize) -> std::io::Result<Vec<u8>> {
        if let Some(text) = self.open.get(place) {
            return Ok(text.clone());
        }
        let mut bytes = Vec::new();
        let most = u64::try_from(most).unwrap_or(u64::MAX);
        std::fs::File::open(place)?.take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The paths, in alphabetical order, which a pattern in the file `from` means: they start at its directory. None if
    /// the same was asked before.
    pub(crate) fn matching(&mut self, from: &str, pattern: &str) -> Result<Vec<String>, NotIncluded> {
        check_pattern(pattern)?;
        let beside = Path::new(from).parent().unwrap_or(Path::new(""));
        let fixed = pattern.split(WILD).next().unwrap_or_default();
        let is_wild = fixed.len() < pattern.len();
        if is_wild {
            let directory = beside.join(fixed.rfind('/').map_or("", |at| &fixed[..=at]));
            self.searched.insert(shown(&directory));
        }
        let follows = (beside.to_owned(), pattern.to_owned());
        if self.followed.contains(&follows) {
            return Ok(Vec::new());
        }
        let base = self.directory.join(beside);
        let base = base.to_str().map(glob::Pattern::escape).unwrap_or_default();
        let whole = Path::new(&base).join(pattern);
        let options = glob::MatchOptions {
            case_sensitive: true,
            require_literal_separator: true,
            require_literal_leading_dot: true,
        };
        let found = glob::glob_with(&whole.to_string_lossy(), options)
            .map_err(|error| NotIncluded::BadPattern(error.msg.to_owned()))?;
        let mut paths = Vec::new();
        for path in found {
            let path = path.map_err(|error| {
                NotIncluded::Unreadable(shown(error.path()), std::io::Error::from(error.error().kind()))
            })?;
            // What is named is read, or it is said why not; of what a pattern finds, files are meant.
            if path.is_dir() || (is_wild && !path.is_file()) {
                continue;
            }
            let path = shown(&self.without_detours(path.strip_prefix(&self.directory).unwrap_or(&path)));
            if path.chars().any(char::is_control) {
                let why = std::io::Error::other("a control character in its name");
                return Err(NotIncluded::Unreadable(path, why));
            }
            if paths.len() >= MOST_FILES {
                return Err(NotIncluded::TooMany);
            }
            paths.push(path);
        }
        if paths.is_empty() {
            // It may appear there.
            self.searched.insert(shown(&beside.join(fixed)));
            return Err(NotIncluded::NoMatch);
        }
        self.followed.insert(follows);
        Ok(paths)
    }

    /// Where the patterns looked: a file that appears there may be included.
    pub(crate) fn directories(&self) -> impl Iterator<Item = String> {
        self.searched.iter().map(|path| if path.is_empty() { ".".to_owned() } else { path.clone() })
    }

    /// The path without `directory/..`, unless that is another file: a directory may be a link.
    fn without_detours(&self, path: &Path) -> PathBuf {
        if !path.components().any(|part| part == Component::ParentDir) {
            return path.to_owned();
        }
        let mut short = PathBuf::new();
        for part in path.components() {
            match part {
                Component::ParentDir
                    if matches!(short.components().next_back(), Some(Component::Normal(_))) =>
                {
                    short.pop();
                }
                part => short.push(part),
            }
        }
        if self.place(&short) == self.place(path) { short } else { path.to_owned() }
    }

    /// One spelling for each file, so that none is read twice.
    fn place(&self, path: &Path) -> PathBuf {
        let path = self.directory.join(path);
        path.canonicalize().unwrap_or(path)
    }
}

/// What begins a part of a pattern that is not a name.
const WILD: [char; 3] = ['*', '?', '['];

/// Refuses what cannot be meant, or would be walked for ever.
fn check_pattern(pattern: &str) -> Result<(), NotIncluded> {
    let mut parts = pattern.split('/');
    let problem = if pattern.chars().any(char::is_control) {
        "a control character is in it"
    } else if parts.any(|part| part.contains(WILD)) && parts.any(|part| part == "..") {
        "`..` comes after a wildcard"
    } else {
        return Ok(());
    };
    Err(NotIncluded::BadPattern(problem.to_owned()))
}

/// A path without `./`, as diagnostics show it.
fn shown(path: &Path) -> String {
    let parts: PathBuf = path.components().filter(|part| *part != Component::CurDir).collect();
    parts.to_string_lossy().into_owned()
}
