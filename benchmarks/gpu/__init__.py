"""The kit for a graphics card: ``prepare.sh`` collects what has to travel there, ``run.sh`` runs the plan."""
