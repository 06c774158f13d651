"""What a PostgreSQL database promises, proved again: every foreign key, and the health of what surrounds them.

From the ground up: ``findings`` (what is told), ``catalogue`` (which keys there are), ``selector`` (how to prove one),
``orphans`` (prove all), ``health*`` (the other checks), ``suggest`` (keys nobody declared), ``pack`` (all of it).
"""
