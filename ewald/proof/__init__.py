"""Proofs that stand alone: problems of any origin (`ewald prove`), certificates, and their checker (`ewald verify`)."""
