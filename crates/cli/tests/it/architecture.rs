//! What ARCHITECTURE.md promises, held against the workspace.
