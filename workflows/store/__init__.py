"""Campaigns, their results and the ledger of decisions, in MongoDB.

Every result has one key: campaign, revision, subject, stage, hash of its inputs. The first one written under a key
stays, so a stage may be run twice without harm; one with other inputs supersedes it and the old one is kept as
history. Bulk data stay in files; documents hold their paths, sizes and checksums.
"""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
