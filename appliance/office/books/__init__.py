"""The ledger's books, each about one noun. All of them write into the one transaction that `ledger` opened."""
