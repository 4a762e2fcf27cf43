"""A person's own data: looked into, declared in a TOML file, and then a data set like any other."""
