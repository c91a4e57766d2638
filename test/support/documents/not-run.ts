/** Examples that no test can run, by their first line, and why. Their shell syntax is checked all the same. */
export const notRun: Readonly<Record<string, string>> = {
  'git clone URL-OF-THIS-REPOSITORY hookline': 'the tests run inside a clone',
  'sudo apt-get install baresip-core espeak-ng sox curl':
    'needs root; scripts/lib/peers.mjs installs what of it the tests use, and a test compares both',
  'play phones/1001/dump-*-dec.wav': 'needs a sound card; what the recordings hold is checked after each call',
  'node examples/voice-bot.mjs ws://127.0.0.1:8002/streams/9000':
    'runs until it is stopped; test/interop/streams.test.ts starts it, with phones that speak with it',
  'npm test': 'it is what runs the tests',
  'npm run bench -- media': 'takes 12 minutes; its parts have tests',
  'npm run bench -- rooms': 'takes some minutes; test/integration/crowd.test.ts does all of it once',
  'npm run bench -- webrtc': 'takes some minutes; its browsers are those of test/integration/shared-port.test.ts',
  'HOOKLINE_API_SECRET=secret-of-the-nodes hookline --role media --rtp-http-listen 192.0.2.11:9002 --sip-listen 192.0.2.11 --rtp-ports 10000-19999':
    'needs two machines; test/integration/remote-media.test.ts has them as processes',
  'HOOKLINE_MEDIA_SECRET=secret-of-the-nodes hookline --media-url ws://192.0.2.11:9002 --media-url ws://192.0.2.12:9002':
    'needs three machines; test/integration/remote-media.test.ts has them as processes',
  'journalctl -u hookline -o cat | grep tkui_kzFNOTU1-dAG8FNtdLI': 'needs systemd',
  'systemctl kill --kill-whom=main -s HUP hookline': 'needs systemd; the signal is sent by test/integration',
  'systemctl kill --kill-whom=main -s USR2 hookline': 'needs systemd; the signal is sent by test/integration',
};
