"""What surrounds every page: navigation, the tray of running work, the shutdown."""
