import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { distFile, rootDir } from '../support/dist.js';
import { freePort } from '../support/gateway-process.js';
import { requirePeers } from './support/peers.js';

/** Ports of a run: HTTP and SIP of the SIP server, and HTTP of the control server. */
interface Ports {
  readonly http: number;
  readonly sip: number;
  readonly control: number;
}

let directory = '';

beforeEach(() => {
  requirePeers('sipp');
  directory = mkdtempSync(join(tmpdir(), 'hookline-mediaswitch-'));
  cpSync(join(rootDir, 'test/interop/mediaswitch'), directory, { recursive: true });
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

/**
 * Whether a shell can have a network of its own, where every port is free: as root, on Linux. Elsewhere the commands run with other
 * ports, and are the same otherwise.
 */
const hasOwnNetwork = spawnSync('unshare', ['--net', 'ip', 'link', 'set', 'lo', 'up']).status === 0;

async function portsFor(literal: Ports): Promise<Ports> {
  if (hasOwnNetwork) return literal;
  return { http: await freePort(), sip: await freePort(), control: await freePort() };
}

/** What a user types, with the SIP server running and the directory uploaded; returns what all of it printed. */
function typed(ports: Ports, commands: readonly string[]): { readonly status: number | null; readonly output: string } {
  const { http, sip, control } = ports;
  const server = `node ${distFile('gateway/project-sip.js')} --fg --cp ${http} --sp ${sip}`;
  const script = [
    ...(hasOwnNetwork ? ['ip link set lo up'] : []),
    `${server} --data-dir :memory: --trusted 127.0.0.0/8 --media-workers 0 > server.log 2>&1 & server=$!`,
    `node answering-control.mjs ${control} ${http} > control.log 2>&1 & control=$!`,
    'trap "kill -INT $server; wait $server; kill $control; cat server.log control.log" EXIT',
    `until curl --silent --fail --output /dev/null http://127.0.0.1:${http}/reg; do kill -0 $server || exit 90; sleep 0.1; done`,
    `./upload.sh ${http === 9000 ? '' : `${http} ${control}`} || exit 91`,
    // As from a keyboard that nobody touches: sipp cannot wait for /dev/null.
    'mkfifo keyboard && exec 3<> keyboard',
    ...commands.map((command) => `${command} <&3 || exit 92`),
  ].join('\n');
  const [program, ...args] = hasOwnNetwork ? ['unshare', '--net', 'sh', '-c', script] : ['sh', '-c', script];
  const ended = spawnSync(program!, args, { cwd: directory, encoding: 'utf8', timeout: 60_000 });
  return { status: ended.status, output: ended.stdout + ended.stderr };
}

describe('mediaswitch row 31: the commands of the README', () => {
  test('mediaswitch row 31: registerclient.xml against port 9997, with and without traces', async () => {
    const ports = await portsFor({ http: 9000, sip: 9997, control: 9001 });
    const command = `sipp 127.0.0.1:${ports.sip} -sf registerclient.xml -inf registerclient.csv -m 1 -l 1`;
    const registered = `curl --silent --fail --write-out '\\n' http://127.0.0.1:${ports.http}/reg/bling.babblevoice.com/1003`;
    const { status, output } = typed(ports, [command, registered, `${command} -trace_msg -trace_err`, registered]);
    expect(status, output).toBe(0);
    const answers = output.split('\n').flatMap((line) => /\{"domain".*\}$/.exec(line)?.[0] ?? []);
    expect(answers).toHaveLength(2);
    expect(JSON.parse(answers[1]!)).toMatchObject({
      domain: 'bling.babblevoice.com',
      count: 1,
      registered: 1,
      users: { '1003': { registered: true, remote: { host: '127.0.0.1', agent: 'SIPp' } } },
    });
  });

  test('mediaswitch row 17: uaclateoffer.xml against port 5060, without credentials, from a trusted address', async () => {
    const ports = await portsFor({ http: 9000, sip: 5060, control: 9001 });
    const target = ports.sip === 5060 ? '127.0.0.1' : `127.0.0.1:${ports.sip}`;
    const { status, output } = typed(ports, [`sipp ${target} -sf uaclateoffer.xml -m 1 -l 1`]);
    expect(status, output).toBe(0);
    const events = output.split('\n').flatMap((line) => (line.startsWith('{"callid"') ? [JSON.parse(line)] : []));
    expect(events.map(({ answered, hangup }) => [answered, hangup])).toEqual([
      [false, false],
      [true, false],
      [true, true],
    ]);
    expect(events[0].sdp).toEqual({ them: {}, us: {} });
    expect(events[1].sdp.them.m[0]).toMatchObject({ media: 'audio', payloads: [0] });
    expect(events[1].sdp.us.m[0]).toMatchObject({ media: 'audio', port: 10_000 });
  });
});
