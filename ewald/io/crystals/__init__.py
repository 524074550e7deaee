"""Crystal files as they are published, and what a user says of their sites."""
