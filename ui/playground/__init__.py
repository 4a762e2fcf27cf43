"""The Playground: chosen points of the plane are forgotten, in three maps that move."""
