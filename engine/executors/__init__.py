"""Where the specs of a sweep run, one executor a file: each yields the finished runs as they come."""
