"""How something is told: one file a channel, found through ``registry``; each only sends and never decides when."""
