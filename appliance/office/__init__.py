"""The office: the clerk's desk, the bank's notifications, the ledger and the reports."""
