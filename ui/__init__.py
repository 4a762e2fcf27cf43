"""What the pages share. No computation here: pages read the store and send specs to the queue."""
