"""Superset on one machine, for looking at a release; everything secret comes from the environment."""

import os

SECRET_KEY = os.environ["SUPERSET_SECRET_KEY"]
SQLALCHEMY_DATABASE_URI = f"sqlite:///{os.environ['SUPERSET_HOME']}/superset.db"
# Serves this machine only (see start.sh): there is no https to insist on.
TALISMAN_ENABLED = False
