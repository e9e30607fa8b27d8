"""Sentences of the care of the ledger: copies, check, backup."""

MESSAGES: dict[str, str] = {
    "ledger.copy": "The ledger {file} is an older copy, or comes from another computer: what is open in it is first looked for on the platforms, and broadcasts wait for a person.",
    "planned.copy": "the ledger is an older copy: first looking whether the account already shows it",
    "unknown.copy": "the ledger is an older copy: looking whether it was released after the copy was made",
    "follow-up.copy": "the ledger is an older copy: looking whether it was done after the copy was made",
}
