"""External programs: started, watched and stopped."""
