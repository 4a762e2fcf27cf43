"""The page "Who is exposed?": the attacker's seat."""
