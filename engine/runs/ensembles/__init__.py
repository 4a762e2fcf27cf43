"""What the models of ensembles say, as it is kept and as it ships; read by runs and by studies alike."""
