"""A whole campaign as one value, and what is made from it: ledger, ranking, explanations, exports."""
