"""Page Lessons: six lessons, each predict, run, compare, explain."""
