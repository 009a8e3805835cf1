#!/bin/sh
# Replaces containers by new ones, made of the image and the settings of now, and loses no request: each new container takes
# requests before an old one is told to go.
#
#   deploy/compose/roll.sh              an upgrade: schemas, Nginx's configuration, then every service
#   deploy/compose/roll.sh service …    these services alone, after a change of their settings or to restart them
#
# Docker Compose is asked as it is from here: set COMPOSE_FILE, COMPOSE_PROJECT_NAME and the rest as for `docker compose`.
set -eu
cd "$(dirname "$0")/../.."
# Services of this profile are asked for by name, whether they run or not.
COMPOSE_PROFILES=${COMPOSE_PROFILES:+$COMPOSE_PROFILES,}history
export COMPOSE_PROFILES

# Of containers that ended and whose image is another now, Compose makes new ones, and then replaces all that depend on
# them: PostgreSQL, Redis, Nginx. Of those that are not there, it does not.
forget_ended() {
  said=$(docker compose rm --force secrets migrate 2>&1) || { echo "$said" >&2; exit 1; }
}

roll() {
  old=$(docker compose ps --quiet "$1")
  [ -n "$old" ] || { echo "$1 does not run" >&2; exit 1; }
  more=$(($(echo "$old" | wc -l) + 1))
  for container in $old; do
    # Not with --no-deps: Compose leaves the dependencies out of what it then compares with, and its next `up` would replace
    # the container again.
    docker compose up --detach --wait --no-recreate --quiet-pull --scale "$1=$more" "$1"
    # It finishes what it has; only then is its address taken away.
    docker stop --time 30 "$container" >/dev/null
    docker rm "$container" >/dev/null
    echo "$1: replaced $(echo "$container" | cut -c 1-12)"
  done
}

forget_ended
if [ $# -eq 0 ]; then
  docker compose run --rm --no-deps secrets
  docker compose run --rm --no-deps migrate
  docker compose exec -T nginx sh /configuration/nginx/container.sh reload
  # A release before 0.2.0 had no notifier.
  [ -n "$(docker compose ps --quiet notifier)" ] ||
    docker compose up --detach --wait --no-recreate --quiet-pull notifier
  # Readers of events first.
  set -- query-service projector notifier relay command-service
  # Where history tables are kept up.
  [ -z "$(docker compose ps --quiet history-tables)" ] || set -- history-tables "$@"
fi
for service; do roll "$service"; done
forget_ended
