#!/bin/sh
# Nginx in a container: fills in nginx.conf.template and runs it. It needs a shell, sed, awk and Nginx, and so is the same
# in images made of Alpine and of Debian.
#
#   container.sh start     render, and run Nginx; a certificate that changes is taken over within ten seconds
#   container.sh reload    render again, have Nginx check it, and let it take over: no request is dropped
#   container.sh healthy   ask for /health, as a load balancer would
#
#   COMMAND_SERVICE, QUERY_SERVICE         name:port of the nodes; the name has an address for each of them
#   SIGNUPS_PER_MINUTE, LOGINS_PER_MINUTE  see the template
#   LOAD_BALANCERS                         addresses and networks, separated by commas: what they say of who asks is believed
#   PROXY_PROTOCOL                         `on`: they say it by the PROXY protocol, and every connection begins with it; else
#                                          `off`, or unset
#   HSTS_SECONDS                           how long browsers remember that this host speaks TLS (a year; 0: they forget it)
#   TLS_DIRECTORY/tls.crt, tls.key         a certificate that is there (/tls) is served on port 443, and port 80 sends there
#   HTTP_PORT, HTTPS_PORT, RUN_DIRECTORY   80, 443 (each may have an address before it) and /run/nginx
set -eu

here=$(dirname "$0")
run=${RUN_DIRECTORY:-/run/nginx}
tls=${TLS_DIRECTORY:-/tls}
http=${HTTP_PORT:-80}
# Docker's own, the same in every container. Answers are kept for a second: so soon a node that came is used, and one
# that went is forgotten. Until then a request that is sent to it goes on to the next.
resolver='resolver 127.0.0.11 valid=1s ipv6=off; resolver_timeout 10s;'

# Is Nginx at least version $1?
at_least() {
  nginx -v 2>&1 | sed 's/.*nginx\///; s/[^0-9.].*//' | awk -F. -v want="$1" '{
    split(want, w, ".")
    for (i = 1; i <= 3; i++) if ($i + 0 != w[i] + 0) exit !($i + 0 > w[i] + 0)
  }'
}

# The nodes, found by name again and again while Nginx runs. Since 1.27.3 an upstream does that by itself; before, only a
# name that stands in a variable is looked up again, and connections to the nodes are not kept.
discovery() {
  if at_least 1.27.3; then
    COMMAND_NODES=commands
    QUERY_NODES=queries
    COMMAND_SERVERS="zone commands 256k; server $COMMAND_SERVICE resolve max_fails=0;"
    QUERY_SERVERS="zone queries 256k; server $QUERY_SERVICE resolve max_fails=0;"
    NGINX_DISCOVERY=$resolver
  else
    COMMAND_NODES='$command_nodes'
    QUERY_NODES='$query_nodes'
    COMMAND_SERVERS='server 127.0.0.1:9;'
    QUERY_SERVERS='server 127.0.0.1:9;'
    NGINX_DISCOVERY="$resolver map '' \$command_nodes { default $COMMAND_SERVICE; } map '' \$query_nodes { default $QUERY_SERVICE; }"
  fi
  # A client that keeps its connection open across a reload still gets its next answer on it, marked `Connection: close`.
  if at_least 1.27.4; then NGINX_DISCOVERY="$NGINX_DISCOVERY keepalive_min_timeout 10s;"; fi
  export COMMAND_NODES QUERY_NODES COMMAND_SERVERS QUERY_SERVERS NGINX_DISCOVERY
}

listening() {
  proxy=''
  if [ "${PROXY_PROTOCOL:-}" = on ]; then proxy=' proxy_protocol'; fi
  if [ -e "$tls/tls.crt" ]; then
    how="ssl$proxy reuseport backlog=16384"
    if at_least 1.25.1; then http2='http2 on;'; else how="$how http2" http2=''; fi
    NGINX_LISTEN="listen ${HTTPS_PORT:-443} $how; $http2 ssl_certificate $tls/tls.crt; ssl_certificate_key $tls/tls.key; ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:tls:10m; ssl_session_timeout 1h;"
    NGINX_PLAIN_SERVER="server { listen $http$proxy reuseport; server_name _; location = /health { proxy_pass http://$QUERY_NODES; } location / { return 308 https://\$host\$request_uri; } }"
  else
    NGINX_LISTEN="listen $http$proxy reuseport backlog=16384;"
    NGINX_PLAIN_SERVER=''
  fi
  export NGINX_LISTEN NGINX_PLAIN_SERVER HSTS="max-age=${HSTS_SECONDS:-31536000}"
}

# Who asks, where load balancers stand in front of Nginx.
real_ip() {
  NGINX_REAL_IP=''
  if [ -n "${LOAD_BALANCERS:-}" ]; then
    NGINX_REAL_IP=$(echo "$LOAD_BALANCERS" | tr ',' '\n' | sed 's/[[:space:]]//g; /^$/d; s/.*/set_real_ip_from &;/')
    if [ "${PROXY_PROTOCOL:-}" = on ]; then header=proxy_protocol; else header=X-Forwarded-For; fi
    NGINX_REAL_IP="$NGINX_REAL_IP real_ip_header $header;"
  fi
  export NGINX_REAL_IP
}

# Strict, unlike envsubst: a name without a value is an error and not an empty text.
render() {
  : "${COMMAND_SERVICE:?name:port of the command nodes}" "${QUERY_SERVICE:?name:port of the query nodes}"
  # A setting that does nothing would count all customers as one, under the load balancer's address.
  case "${PROXY_PROTOCOL:-off}" in
    off) ;;
    on) : "${LOAD_BALANCERS:?names the load balancers, whose PROXY protocol is believed; PROXY_PROTOCOL is on}" ;;
    *)
      echo "PROXY_PROTOCOL: expected on or off, got \"$PROXY_PROTOCOL\"" >&2
      exit 78
      ;;
  esac
  discovery
  listening
  real_ip
  files=$(ulimit -Hn)
  if [ "$files" = unlimited ] || [ "$files" -gt 65536 ]; then files=65536; fi
  export NGINX_WORKERS=auto NGINX_MAX_FILES="$files" NGINX_USER_DIRECTIVE='' NGINX_RUN_DIR=$run NGINX_ACCESS_LOG=/dev/stdout
  export SIGNUPS_PER_MINUTE="${SIGNUPS_PER_MINUTE:-60}" LOGINS_PER_MINUTE="${LOGINS_PER_MINUTE:-60}"
  awk '/^#/ { print; next } {
    out = ""
    while (match($0, /[$][{][A-Z_]+[}]/)) {
      name = substr($0, RSTART + 2, RLENGTH - 3)
      if (!(name in ENVIRON)) { print "nginx.conf.template names " name ", which has no value" >"/dev/stderr"; exit 1 }
      out = out substr($0, 1, RSTART - 1) ENVIRON[name]
      $0 = substr($0, RSTART + RLENGTH)
    }
    print out $0
  }' "$here/nginx.conf.template" >"$run/$1"
}

reload() {
  render next.conf
  nginx -t -q -p "$run" -c "$run/next.conf" -e stderr || return 1
  mv "$run/next.conf" "$run/nginx.conf"
  kill -HUP "$(cat "$run/nginx.pid")"
}

certificate() {
  cat "$tls/tls.crt" "$tls/tls.key" 2>/dev/null | cksum
}

# Takes over a certificate that was renewed. Nginx checks first that it and the key belong together: of two files that are
# written one after the other, the first alone changes nothing.
watch_certificate() {
  served=$1
  while sleep "${TLS_CHECK_SECONDS:-10}"; do
    kill -0 $$ 2>/dev/null || exit 0
    now=$(certificate)
    if [ "$now" = "$served" ]; then continue; fi
    if reload; then
      served=$now
      echo 'the certificate has changed and is served now' >&2
    else
      echo 'the certificate has changed and can not be served: the one before it still is' >&2
    fi
  done
}

case "${1:-}" in
  start)
    # Before it is read: one that is replaced meanwhile is noticed.
    before=$(certificate)
    render nginx.conf
    if [ -e "$tls/tls.crt" ]; then watch_certificate "$before" & fi
    exec nginx -p "$run" -c "$run/nginx.conf" -e stderr -g 'daemon off;'
    ;;
  reload)
    reload
    ;;
  healthy)
    # As a load balancer of its own would, where they speak the PROXY protocol: of nobody in particular.
    greeting=''
    if [ "${PROXY_PROTOCOL:-}" = on ]; then greeting='PROXY UNKNOWN\r\n'; fi
    if [ -z "$greeting" ] && command -v wget >/dev/null; then
      exec wget -q -T 3 -O /dev/null "http://127.0.0.1:${http##*:}/health"
    fi
    if command -v bash >/dev/null; then
      exec bash -c 'exec 3<>/dev/tcp/127.0.0.1/'"${http##*:}"'; printf "'"$greeting"'GET /health HTTP/1.0\r\n\r\n" >&3; read -r -t 3 _ status _ <&3; [ "$status" = 200 ]'
    fi
    printf "${greeting}GET /health HTTP/1.0\r\n\r\n" | nc -w 3 127.0.0.1 "${http##*:}" | head -n 1 | grep -q ' 200 '
    ;;
  *)
    sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
