"""The dashboard: FireWorks' own web pages, whole without internet, and the campaign's page beside them."""
