"""What every other part stands on: device, machine, folders, whole files, random numbers, versions."""
