"""Campaigns that choose: what is known decides what is computed next."""
