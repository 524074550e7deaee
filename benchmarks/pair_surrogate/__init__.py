"""Does an energy that learns from a campaign's own relaxations rank arrangements better than bare charges?"""
