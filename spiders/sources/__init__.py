"""One file a source; nothing is registered by hand."""
