"""The record: vault (files by SHA-256) and journal (hash-chained events). It is the truth; the database is made anew from it."""
