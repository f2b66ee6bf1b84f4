//! Images in the store of a Docker or podman daemon.
