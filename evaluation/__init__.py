"""What evaluators get from a checked mart: gross to net, GVA, value for money, networks, disclosure control, packs.

Pure functions over Arrow tables or a read-only connection to a mart; nothing here decides when it runs.
"""
