"""A result to hand in: one HTML file that opens anywhere, without a server and without a network."""
