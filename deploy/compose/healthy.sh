#!/usr/bin/env bash
# The image's health check: code 0 if the service that runs in this container takes requests.
exec 3<>"/dev/tcp/127.0.0.1/$PORT"
printf 'GET /health HTTP/1.0\r\n\r\n' >&3
read -r -t 2 _ status _ <&3
[ "$status" = 200 ] && exit 0
echo "/health says ${status:-nothing}" >&2
exit 1
