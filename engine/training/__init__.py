"""The only training loop, networks with their first weights, repeatable dropout, the clock."""
