import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { rootDir } from '../../support/dist.js';
import { eventually } from '../../support/eventually.js';
import { FakeProjectRtp, serveFake } from '../../support/fake-mediaswitch.js';
import { freePort, type GatewayProcess } from '../../support/gateway-process.js';
import { LoopbackWorld } from '../../support/loopback-world.js';

// The SIP server and the control script are processes of their own, and the script is killed in a call.

const users = ['1000', '1003'].map((username) => ({ username, secret: `secret-${username}` }));
const script = `
  const projectcontrol = require('hookline/control');
  projectcontrol.directory('127.0.0.1', ${JSON.stringify(users)});
  projectcontrol.onnewcall = (call) => call.newcall({ to: { user: call.destination } });
  projectcontrol.onrestored = (call) => {
    const leg = call.originator ? 'callee' : 'caller';
    console.log('restored ' + leg);
    call.onhangup = () => console.log('over ' + leg);
  };
  projectcontrol.run().then(() => console.log('listening'));`;

let world: LoopbackWorld;
let output: string[];

afterEach(() => world.close());

function run(ports: readonly number[]): ChildProcess {
  output = [];
  const args = ['-r', join(rootDir, 'test/support/control-ports.cjs'), '-e', script];
  const env = { ...process.env, CONTROL_PORTS: ports.join(',') };
  const child = spawn(process.execPath, args, { cwd: rootDir, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = output;
  child.stdout?.setEncoding('utf8').on('data', (text: string) => lines.push(...text.trim().split('\n')));
  world.closeLater(async () => child.kill('SIGKILL'));
  return child;
}

const prints = (line: string) => eventually(`${line}, not only ${output}`, () => output.includes(line));

async function asked(url: string): Promise<unknown> {
  return (await fetch(url)).json();
}

test('mediaswitch row 20: a script that is killed in a call knows it again: both legs, their channels, their end', async () => {
  world = new LoopbackWorld();
  const rtp = new FakeProjectRtp('rtp', []);
  const served = await serveFake(rtp);
  world.closeLater(async () => served.close());
  const gateway: GatewayProcess = await world.startGateway();
  const us = await freePort();
  const ports = [Number(new URL(gateway.apiUrl).port), us, served.port];
  const first = run(ports);
  await prints('listening');
  await eventually('the directory', async () => (await fetch(`${gateway.apiUrl}/dir/127.0.0.1`)).ok);
  const phone = (user: string) => world.addPhone(gateway.sip, user, { password: `secret-${user}` });
  const [caller, callee] = [await phone('1000'), await phone('1003')];
  for (const each of [caller, callee]) expect((await each.register(3600)).statusCode).toBe(200);
  callee.onInvite = 'answer';
  const call = await caller.dial('1003');
  await eventually(
    `both are mixed: ${call.log}`,
    () => rtp.channels.size === 2 && [...rtp.channels.values()].every((other) => other !== null),
  );
  await eventually('answered', () => call.log.includes('answered'));
  const calls = await eventually('both legs', async () => {
    const listed = (await asked(`http://127.0.0.1:${us}/calls`)) as string[];
    const views = (await Promise.all(
      listed.map((callid) => asked(`${gateway.apiUrl}/dialog/${encodeURIComponent(callid)}`)),
    )) as { note?: { mixed: string | null } }[];
    return views.length === 2 && views.every(({ note }) => Boolean(note?.mixed)) ? listed : null;
  });

  first.kill('SIGKILL');
  await once(first, 'exit');
  run(ports);
  await prints('listening');
  expect(output.toSorted()).toEqual(['listening', 'restored callee', 'restored caller']);
  expect(((await asked(`http://127.0.0.1:${us}/calls`)) as string[]).toSorted()).toEqual(calls.toSorted());
  expect(await asked(`${gateway.apiUrl}/dialog`)).toEqual({ count: 2, counter: 2 });

  call.hangUp();
  await prints('over caller');
  await prints('over callee');
  await eventually('the other phone hears it', () => callee.call?.log.at(-1) === 'ended bye');
  await eventually('no channel', () => rtp.channels.size === 0);
  expect(await asked(`http://127.0.0.1:${us}/calls`)).toEqual([]);
});
