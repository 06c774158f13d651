"""The settings about alerts: channels, routes, maintenance, ladders, contacts, rosters and incidents."""
