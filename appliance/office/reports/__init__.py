"""The office's reports: what was collected, whether it agrees with the bank, what goes to the treasury."""
