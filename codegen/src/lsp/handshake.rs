//! What client and server tell each other before anything else: what the server can do, which folders and which config
//! the editor has, and whether it watches files.

use super::document::Document;
use super::project::Workspace;
use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CodeLensOptions, CompletionOptions,
    DocumentLinkOptions, HoverProviderCapability, InitializeParams, OneOf, RenameOptions, ServerCapabilities,
    TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions,
    Uri, WorkDoneProgressOptions, WorkspaceFoldersServerCapabilities, WorkspaceServerCapabilities,
};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The editor may say which config it is about: `initializationOptions: {"config": "base.yml:prod.yml"}`.
// Old editors have a root instead of folders.
#[allow(deprecated)]
pub(super) fn workspace(parameters: InitializeParams) -> Workspace {
    let mut folders: Vec<Uri> =
        parameters.workspace_folders.into_iter().flatten().map(|folder| folder.uri).collect();
    if folders.is_empty() {
        folders.extend(parameters.root_uri);
    }
    let options = parameters.initialization_options.unwrap_or_default();
    Workspace {
        documents: BTreeMap::new(),
        directories: folders.into_iter().filter_map(directory).collect(),
        config: options["config"].as_str().map(str::to_owned),
    }
}

/// Where the disk has a folder of the editor's.
pub(super) fn directory(folder: Uri) -> Option<PathBuf> {
    Document::new(folder, None, String::new()).path()
}

/// Whether the editor lets the server say which files it should watch.
pub(super) fn can_watch(parameters: &InitializeParams) -> bool {
    let workspace = parameters.capabilities.workspace.as_ref();
    let watched = workspace.and_then(|workspace| workspace.did_change_watched_files.as_ref());
    watched.and_then(|watched| watched.dynamic_registration) == Some(true)
}

pub(super) fn capabilities() -> ServerCapabilities {
    ServerCapabilities {
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::FULL),
            save: Some(TextDocumentSyncSaveOptions::Supported(true)),
            ..TextDocumentSyncOptions::default()
        })),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some([" ", ":", "{", "/"].map(str::to_owned).to_vec()),
            ..CompletionOptions::default()
        }),
        definition_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
            ..CodeActionOptions::default()
        })),
        references_provider: Some(OneOf::Left(true)),
        rename_provider: Some(OneOf::Right(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        })),
        document_symbol_provider: Some(OneOf::Left(true)),
        document_link_provider: Some(DocumentLinkOptions {
            resolve_provider: Some(false),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        }),
        code_lens_provider: Some(CodeLensOptions { resolve_provider: Some(false) }),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(OneOf::Left(true)),
            }),
            file_operations: None,
        }),
        ..ServerCapabilities::default()
    }
}
