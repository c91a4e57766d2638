#!/bin/sh
# Puts the directory that the two scenarios need into a SIP server: upload.sh [HTTP port of the SIP server, 9000]
# [HTTP port of the control server, 9001].
set -eu
server="http://127.0.0.1:${1:-9000}"
control="http://127.0.0.1:${2:-9001}"

put() {
  curl --silent --show-error --fail --output /dev/null --max-time 10 \
    -X PUT -H 'Content-Type:application/json' "$server/dir/$1" -d "$2"
}

put bling.babblevoice.com "{ \"control\": \"$control\", \"users\": [ { \"username\": \"1003\", \"secret\": \"1123654789\"}]}"
put 127.0.0.1 "{ \"control\": \"$control\", \"users\": [] }"
