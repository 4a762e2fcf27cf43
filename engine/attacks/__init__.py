"""Membership inference attacks. One file each; it binds ``ATTACK``. Attacks never import one another."""

FIRST = ("mia_loss", "mia_entropy", "rmia", "iam", "u_lira")
