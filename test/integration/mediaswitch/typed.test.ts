import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { distFile, rootDir } from '../../support/dist.js';
import { freePort, rtpBase } from '../../support/gateway-process.js';

// Contract 5a: what its users type, all three servers as processes of their own. /dir and /reg alone are in
// directory.test.ts, sipp in test/interop/mediaswitch.test.ts.

/** As root on Linux a shell has a network of its own, where the usual ports are free; elsewhere others take their place. */
const hasOwnNetwork = spawnSync('unshare', ['--net', 'ip', 'link', 'set', 'lo', 'up']).status === 0;
const usual = { 9000: 9000, 9001: 9001, 9002: 9002, 9997: 9997, 5099: 5099 };

async function portsHere(): Promise<typeof usual> {
  if (hasOwnNetwork) return usual;
  const ports = { ...usual };
  for (const port of [9000, 9001, 9002, 9997, 5099] as const) ports[port] = await freePort();
  return ports;
}

const json = "-H 'Content-Type:application/json'";
const bling = 'bling.babblevoice.com';
const curl = (method: string, to: string, body?: string): string =>
  `typed -X ${method} ${json} ${body === undefined ? '' : `-d '${body}' `}http://127.0.0.1:${to}`;
const invite =
  '[{ "domain": "bling.babblevoice.com", "to": "1003", "from": "1000", "maxforwards": 70, "callerid": { "number": "123", "name": "123", "private": false }, "control": { "host": "127.0.0.1", "port": 9001 } }]';
const push = '{ "control": "http://127.0.0.1:9001", "users": [ { "username": "1003", "secret": "1123654789"}]}';
const ring = (callid: string): string => `{ "callid": "${callid}", "alertinfo": "somealertinfo" }`;
const seen = '{ "host": "127.0.0.1", "port": 45646, "agent": "Z 5.2.28 rv2.8.114" }';

/** What is typed, and what is answered: the status, then the body. */
const lines: readonly (readonly [string, RegExp])[] = [
  [curl('PUT', `9000/dir/${bling}`, push), /^201 $/],
  ...['9000/dialog/invite', '9000/invite'].map((to) => [curl('POST', to, invite), /^480 /] as const),
  ['sipp 127.0.0.1:9997 -p 5099 -sf registerclient.xml -inf registerclient.csv -m 1 -l 1 > sipp.log <&3', /^$/],
  // Somebody has to be where the phone was, or its port would refuse the INVITE.
  [
    `node -e "require('dgram').createSocket('udp4').bind(5099, '127.0.0.1', () => console.log())" > phone.log & phone=$!`,
    /^$/,
  ],
  ['until test -s phone.log; do sleep 0.05; done', /^$/],
  ...['9000/dialog/invite', '9000/invite'].map(
    (to) => [curl('POST', to, invite), /^200 \{"callid":"[^"]+"\}$/] as const,
  ),
  // The Call-ID of the answer is what the shell was told last.
  [curl('POST', '9000/dialog/ring', ring(`'$callid'`)), /^200 $/],
  [curl('POST', '9000/dir', ring(`'$callid'`)), /^200 $/],
  ...['9000/dialog/ring', '9000/dir'].map((to) => [curl('POST', to, ring('nobody')), /^404 /] as const),
  [curl('GET', '9000/dialog'), /^200 \{"count":2,"counter":2\}$/],
  ...(['POST', 'DELETE'] as const).map(
    (method) => [curl(method, '9001/reg', `{ "domain": "${bling}", "user": "1000" }`), /^200 $/] as const,
  ),
  [curl('PUT', `9001/reg/${bling}/1003`, seen), /^200 $/],
  [curl('DELETE', `9001/reg/${bling}/1003`), /^200 $/],
  [curl('GET', '9001/calls'), /^200 \[.*\]$/],
  [curl('POST', '9002/', '{}'), /^200 \{.*"channels":\{"active":1,"available":\d+\}.*\}$/],
  [`node ${distFile('gateway/project-sip.js')} --test > checks.log`, /^$/],
];

test('mediaswitch rows 9, 10, 12, 20, 25: each line of contract 5a, typed into a shell, gives the answer it states', async () => {
  const ports = await portsHere();
  const here = (text: string): string =>
    text.replaceAll(/\b(9000|9001|9002|9997|5099)\b/g, (port) => String(ports[Number(port) as keyof typeof usual]));
  const rtp = rtpBase();
  const directory = mkdtempSync(join(tmpdir(), 'hookline-typed-'));
  cpSync(join(rootDir, 'test/interop/mediaswitch'), directory, { recursive: true });
  const control = `node -r ${join(rootDir, 'test/support/control-ports.cjs')} -e "require('hookline/control').run()"`;
  const sip = `node ${distFile('gateway/project-sip.js')} --fg --cp 9000 --sp 9997 --data-dir :memory: --media-workers 0`;
  const script = [
    ...(hasOwnNetwork ? ['ip link set lo up'] : []),
    `${sip} > server.log 2>&1 & servers=$!`,
    `node ${distFile('gateway/project-rtp.js')} --fg --port 9002 --rtp-ports ${rtp}-${rtp + 9} > rtp.log 2>&1 & servers="$servers $!"`,
    `(cd ${rootDir} && exec env CONTROL_PORTS=9000,9001,9002 ${control}) > control.log 2>&1 & servers="$servers $!"`,
    `trap 'kill -KILL $servers $phone; cat *.log >&2' EXIT`,
    'for url in 9000/reg 9001/calls 9002/health; do',
    '  tries=300; until curl -sf -o answer http://127.0.0.1:$url; do tries=$((tries - 1)); ((tries > 0)) || exit 90; sleep 0.1; done',
    'done',
    'mkfifo keyboard && exec 3<> keyboard',
    'typed() {',
    '  curl -s -o answer -w "%{http_code} " "$@" && cat answer && echo',
    `  said=$(sed -n 's/.*"callid":"\\([^"]*\\)".*/\\1/p' answer); callid=\${said:-$callid}; : > answer`,
    '}',
    ...lines.map(([line]) => `${line} || exit 91`),
  ].join('\n');
  const [program, ...args] = hasOwnNetwork ? ['unshare', '--net', 'bash', '-c'] : ['bash', '-c'];
  const options = { cwd: directory, encoding: 'utf8', timeout: 60_000 } as const;
  const { status, stdout, stderr } = spawnSync(program!, [...args, here(script)], options);
  rmSync(directory, { recursive: true, force: true });
  expect(status, stdout + stderr).toBe(0);
  const answers = stdout.trimEnd().split('\n');
  const typed = lines.filter(([line]) => line.startsWith('typed '));
  expect(answers, stdout).toHaveLength(typed.length);
  for (const [n, [line, answer]] of typed.entries())
    expect([line, answers[n]]).toEqual([line, expect.stringMatching(answer)]);
});
