"""Pure: how each provider proves and words its notifications. One module a provider, one credit model for all."""
