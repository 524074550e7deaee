"""The report of a campaign: one HTML page, and the ranked table on the terminal."""

from screening.report.page import report_page, write_report

__all__ = ["report_page", "write_report"]
