#!/bin/sh
# ROLLBACK_PROCEDURE.md as a program: the previous version goes live again. deploycheck runs it with --deploy-allow-rollback.
set -eu
: "${1:?the version to go back to}"
railway redeploy --yes
