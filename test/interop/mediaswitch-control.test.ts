import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rootDir } from '../support/dist.js';
import { eventually } from '../support/eventually.js';
import { freePort, rtpBase } from '../support/gateway-process.js';
import { Program } from '../support/program.js';
import type { Baresip } from './support/baresip.js';
import { converse, eachOther, voices } from './support/conversation.js';
import { requirePeers } from './support/peers.js';
import { Stage } from './support/stage.js';

// SIP server, control script and RTP server, each its own process with HTTP between, and phones that are not ours.

const HOST = '127.0.0.1';
let stage: Stage;
let sip: string;
let ports: { readonly sip: number; readonly us: number; readonly rtp: number };
let output: string;
let script: ChildProcess;

beforeEach(async () => {
  requirePeers('baresip', 'espeak-ng');
  stage = new Stage();
  ports = { sip: await freePort(), us: await freePort(), rtp: await freePort() };
  sip = `${HOST}:${await freePort()}`;
  // A busy machine is late, and would refuse calls for it.
  const patient = ['--max-lateness-ms', '0'];
  const common = [...patient, '--data-dir', ':memory:', '--http-listen', `${HOST}:${await freePort()}`];
  const from = rtpBase();
  await start([
    ...[
      '--sip-listen',
      sip,
      '--mediaswitch-listen',
      `${HOST}:${ports.sip}`,
      '--hook-url',
      `http://${HOST}:9`,
      ...common,
    ],
  ]);
  await start([
    ...patient,
    '--role',
    'media',
    '--rtp-http-listen',
    `${HOST}:${ports.rtp}`,
    '--rtp-ports',
    `${from}-${from + 99}`,
  ]);
  startScript();
  await prints('listening');
});

afterEach(() => stage.close());

async function start(args: readonly string[]): Promise<void> {
  const program = new Program('gateway/main.js', args);
  stage.onClose(() => program.kill());
  await program.event('ready');
}

function startScript(): void {
  output = '';
  const args = ['-r', join(rootDir, 'test/support/control-ports.cjs'), 'test/interop/support/control-script.cjs'];
  const env = { ...process.env, CONTROL_PORTS: `${ports.sip},${ports.us},${ports.rtp}` };
  script = spawn(process.execPath, args, { cwd: rootDir, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const child = script;
  stage.onClose(async () => child.kill('SIGKILL'));
  script.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
}

function prints(line: string): Promise<unknown> {
  return eventually(`the script prints ${line}, not only:\n${output}`, () => output.split('\n').includes(line));
}

function phone(user: string): Promise<Baresip> {
  return stage.baresip({
    gateway: { address: sip },
    user,
    password: `secret-${user}`,
    codec: 'PCMA',
    registerEveryS: 3600,
  });
}

async function json(port: number, path: string): Promise<unknown> {
  return (await fetch(`http://${HOST}:${port}${path}`)).json();
}

/** No call anywhere, and no channel. */
async function expectNothingLeft(): Promise<void> {
  await eventually('no call is left at the script', async () => String(await json(ports.us, '/calls')) === '');
  await eventually(
    'no dialog is left',
    async () => ((await json(ports.sip, '/dialog')) as { count: number }).count === 0,
  );
  const probe = await fetch(`http://${HOST}:${ports.rtp}/`, { method: 'POST', body: '{}' });
  const { uuid, channels } = (await probe.json()) as { uuid: string; channels: { active: number } };
  await fetch(`http://${HOST}:${ports.rtp}/channel/${uuid}`, { method: 'DELETE' });
  expect(channels.active).toBe(1);
}

test('mediaswitch rows 21 to 23: two phones talk over three processes, and one is transferred to a third', async () => {
  const [caller, callee, third] = [await phone('1000'), await phone('1003'), await phone('1004')];
  await prints('registered 1003');
  const answered = caller.call('1003');
  await callee.accept();
  await answered;
  expect(await converse(await voices(stage.directory, [caller, callee]), eachOther)).toEqual([]);

  await caller.command('transfer', `sip:1004@${sip}`);
  await prints('call for 1004');
  await third.accept();
  await third.event('CALL_ESTABLISHED');
  expect(await converse(await voices(stage.directory, [callee, third]), eachOther)).toEqual([]);

  await third.command('hangup');
  await callee.event('CALL_CLOSED');
  await expectNothingLeft();
});

test('mediaswitch row 20: the script is killed in a call, the call goes on, and its end is told to the next one', async () => {
  const [caller, callee] = [await phone('1000'), await phone('1003')];
  const answered = caller.call('1003');
  await callee.accept();
  await answered;
  expect(await converse(await voices(stage.directory, [caller, callee]), eachOther)).toEqual([]);
  script.kill('SIGKILL');
  startScript();
  await prints('listening');
  expect(await converse(await voices(stage.directory, [caller, callee]), eachOther)).toEqual([]);
  expect(await json(ports.us, '/calls')).toHaveLength(2);
  await caller.command('hangup');
  await prints('over 1003 0');
  await callee.event('CALL_CLOSED');
  await expectNothingLeft();
});
