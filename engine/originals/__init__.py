"""The trained models that have to forget: kept on disk, trained, and ready to work on."""
