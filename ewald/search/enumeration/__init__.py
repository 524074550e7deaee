"""Lists arrangements with numpy alone: all of a small space, the distinct ones, random ones; nothing is compiled."""
