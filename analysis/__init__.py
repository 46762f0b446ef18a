"""Understand: from the ledger's records to clean tables and their exports."""
