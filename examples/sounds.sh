#!/bin/sh
# Sounds into a room and a recording out of it (docs/sounds.md). MUSIC is an MP3 file; somebody has to be in ROOM.
set -eu
API=${API:-http://127.0.0.1:8002}
ROOM=${ROOM:-meeting}
MUSIC=${MUSIC:-music.mp3}
id() { sed -n 's/.*"'"$1"'":"\([0-9a-f]*\)".*/\1/p'; }

curl -sSf -T "$MUSIC" -H 'content-type: audio/mpeg' "$API/sounds/music"
curl -sSf "$API/sounds"

MUSIC_ID=$(curl -sSf "$API/rooms/$ROOM/playbacks" --json '{"sound": "music", "loops": 0, "gain_db": -12, "duck_db": 15}' | id playback_id)
curl -sSf "$API/rooms/$ROOM/playbacks" --json '{"tone": "440*0.3/0/660*0.3:200/100/300"}'
curl -sSf "$API/rooms/$ROOM/playbacks" --json '{"text": "The meeting begins now.", "voice": "en"}'

RECORDING=$(curl -sSf "$API/rooms/$ROOM/recordings" --json '{"source": "mix", "format": "ogg", "split_s": 600}' | id recording_id)
sleep 2
curl -sSf -X PATCH "$API/recordings/$RECORDING" --json '{"paused": true}'
curl -sSf -X PATCH "$API/recordings/$RECORDING" --json '{"paused": false}'
curl -sSf -X DELETE "$API/playbacks/$MUSIC_ID"
curl -sSf -X DELETE "$API/recordings/$RECORDING"
curl -sSf -o "${OUT:-meeting.ogg}" "$API/recordings/$RECORDING/files/mix-001.ogg"
curl -sSf -X DELETE "$API/recordings/$RECORDING/files/mix-001.ogg"
