#!/bin/sh
# Replaces the containers of services by new ones, made of the image and the settings of now, and loses no request: each
# new container takes requests before an old one is told to go.
#
#   deploy/compose/roll.sh [service …]     default: all of them, in the order of an upgrade
#
# Docker Compose is asked as it is from here: set COMPOSE_FILE, COMPOSE_PROJECT_NAME and the rest as for `docker compose`.
set -eu
cd "$(dirname "$0")/../.."

[ $# -gt 0 ] || set -- query-service projector relay command-service

for service; do
  old=$(docker compose ps --quiet "$service")
  [ -n "$old" ] || { echo "$service does not run" >&2; exit 1; }
  more=$(($(echo "$old" | wc -l) + 1))
  for container in $old; do
    # Not with --no-deps: Compose leaves the dependencies out of what it then compares with, and its next `up` would replace
    # the container again.
    docker compose up --detach --wait --no-recreate --quiet-pull --scale "$service=$more" "$service"
    # It finishes what it has; only then is its address taken away.
    docker stop --time 30 "$container" >/dev/null
    docker rm "$container" >/dev/null
    echo "$service: replaced $(echo "$container" | cut -c 1-12)"
  done
done
