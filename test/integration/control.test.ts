import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ProjectControl, Registration } from '../../control/index.js';
import { fromDist, rootDir } from '../support/dist.js';
import { eventually } from '../support/eventually.js';
import { FakeProjectRtp, FakeProjectSip, serveFake } from '../support/fake-mediaswitch.js';
import { freePort } from '../support/gateway-process.js';

// The control server over real sockets, and as its users load it.

const { createProjectControl } = await fromDist<typeof import('../../control/index.js')>('control/index.js');
const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function served(fake: FakeProjectSip | FakeProjectRtp): Promise<number> {
  const { port, close } = await serveFake(fake);
  undo.push(close);
  return port;
}

describe('the HTTP server', () => {
  let control: ProjectControl;
  let base: string;
  const told: Registration[] = [];

  beforeEach(async () => {
    told.length = 0;
    control = createProjectControl({ logger: () => undefined });
    control.us = { host: '127.0.0.1', port: 0 };
    control.onreg = (registration) => told.push(registration);
    await control.run();
    undo.push(() => control.close());
    base = `http://127.0.0.1:${control.us.port}`;
  });

  const users = { method: 'POST', body: JSON.stringify({ domain: 'bling.babblevoice.com', user: '1000' }) };

  test('mediaswitch row 20: the README’s requests get their answers, whatever the type of the body', async () => {
    for (const type of ['application/json', 'text/json', 'text/plain']) {
      const reply = await fetch(`${base}/reg`, { ...users, headers: { 'content-type': type } });
      expect([reply.status, await reply.text()]).toEqual([200, '']);
    }
    expect(told).toHaveLength(3);
    expect((await fetch(`${base}/reg`, { ...users, method: 'DELETE' })).status).toBe(200);
    const calls = await fetch(`${base}/calls`);
    expect([calls.status, calls.headers.get('content-type'), await calls.json()]).toEqual([
      200,
      'application/json',
      [],
    ]);
    expect((await fetch(`${base}/nothing`)).status).toBe(404);
  });

  test('mediaswitch row 20: what the original SIP server sends is taken: a whole URL as target, and no Host', async () => {
    const socket = connect(control.us.port, '127.0.0.1');
    undo.push(() => socket.destroy());
    const body = JSON.stringify({ host: '192.0.2.7', port: 5060 });
    socket.write(
      `PUT ${base}/reg/example.com/1003 HTTP/1.1\r\nContent-Type: text/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    const [answer] = await once(socket.setEncoding('utf8'), 'data');
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(told).toEqual([{ domain: 'example.com', user: '1003', host: '192.0.2.7', port: 5060 }]);
  });

  test('web pages get nothing done here, and bodies have a limit', async () => {
    expect((await fetch(`${base}/reg`, { ...users, headers: { origin: 'http://evil.example' } })).status).toBe(403);
    const socket = connect(control.us.port, '127.0.0.1');
    undo.push(() => socket.destroy());
    socket.write('GET /calls HTTP/1.1\r\nHost: rebound.example\r\n\r\n');
    const [answer] = await once(socket.setEncoding('utf8'), 'data');
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    const long = await fetch(`${base}/reg`, { method: 'POST', body: ' '.repeat(300_000) });
    expect(long.status).toBe(413);
    expect(told).toEqual([]);
  });

  test('run fails where somebody else listens', async () => {
    const second = createProjectControl({ logger: () => undefined });
    undo.push(() => second.close());
    second.us = { ...control.us };
    await expect(second.run()).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  test('run fails for a range that is none', async () => {
    const second = createProjectControl({ logger: () => undefined });
    second.us = { host: '127.0.0.1', port: 0 };
    second.sip = { host: 'sip.example', port: 9000 };
    second.allow = ['10.0.0.0/64'];
    await expect(second.run()).rejects.toThrow('not an address range: 10.0.0.0/64');
  });

  test('a server that cannot be reached is a 500, not an exception', async () => {
    control.sip = { host: '127.0.0.1', port: await freePort() };
    await expect(control.sipserver({}, '/dialog', 'GET')).resolves.toMatchObject({ code: 500, answered: false });
  });
});

describe('mediaswitch row 21: as its users load it', () => {
  /** A folder in which hookline is installed. */
  function installed(): string {
    const folder = mkdtempSync(join(tmpdir(), 'control-'));
    undo.push(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(rootDir, join(folder, 'node_modules/hookline'));
    return folder;
  }

  const look = (name: string): string => `
    ${name}.codecs = ['722', 'ilbc'];
    ${name}.onnewcall = () => undefined;
    console.log(JSON.stringify([
      ${name}.codecs, ['directory', 'newcall', 'run', 'close', 'sipserver', 'rtpserver'].map((member) => typeof ${name}[member]),
      ${name}.us, typeof ${name}.createProjectControl, ${name}.constructor.name,
    ]));`;
  const seen = (maker: string): unknown[] => [
    ['722', 'ilbc'],
    Array.from({ length: 6 }, () => 'function'),
    { host: '127.0.0.1', port: 9001 },
    maker,
    'ProjectControl',
  ];

  test('require gives the object itself', () => {
    const script = `const projectcontrol = require('hookline/control'); ${look('projectcontrol')}`;
    expect(JSON.parse(execFileSync(process.execPath, ['-e', script], { cwd: installed(), encoding: 'utf8' }))).toEqual(
      seen('function'),
    );
  });

  test('import gives the same, by name and as the default', () => {
    const script = `
      import projectcontrol, { projectcontrol as named } from 'hookline/control';
      if (named !== projectcontrol) throw new Error('two objects');
      ${look('projectcontrol')}`;
    const args = ['--input-type=module', '-e', script];
    expect(JSON.parse(execFileSync(process.execPath, args, { cwd: installed(), encoding: 'utf8' }))).toEqual(
      seen('undefined'),
    );
  });

  test('both in one process are one object', () => {
    const script = `
      const required = require('hookline/control');
      import('hookline/control').then((door) => console.log(door.default === required));`;
    expect(execFileSync(process.execPath, ['-e', script], { cwd: installed(), encoding: 'utf8' })).toBe('true\n');
  });

  test('mediaswitch rows 20 to 23: examples/projectcontrol.cjs connects a call between two phones', async () => {
    const wire: string[] = [];
    const sip = new FakeProjectSip('sip', wire);
    const rtp = new FakeProjectRtp('rtp', wire);
    const us = await freePort();
    const ports = [await served(sip), us, await served(rtp)];
    // Events of the fake arrive in their order, as those of a call do.
    let last: Promise<unknown> = Promise.resolve();
    sip.tell = ({ method, target, body }) => {
      last = last.then(() => fetch(`http://127.0.0.1:${us}${target}`, { method, body }));
      return { status: 200 };
    };
    const args = ['-r', join(rootDir, 'test/support/control-ports.cjs'), 'examples/projectcontrol.cjs'];
    const env = { ...process.env, CONTROL_PORTS: ports.join(',') };
    const script: ChildProcess = spawn(process.execPath, args, {
      cwd: rootDir,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    undo.push(() => script.kill('SIGKILL'));
    let output = '';
    script.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const sees = (line: string) => eventually(line, () => wire.includes(line));

    await sees('sip PUT /dir/bling.babblevoice.com');
    const [pushed] = sip.bodiesOf('PUT /dir/bling.babblevoice.com');
    expect(pushed).toEqual({
      control: `http://127.0.0.1:${us}`,
      users: [{ username: '1003', secret: '1123654789' }],
    });
    await eventually('listening', async () =>
      fetch(`http://127.0.0.1:${us}/calls`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
    sip.invite('1000', '3', { domain: 'bling.babblevoice.com' });
    await sees('sip PUT /dialog/ring call-1');
    await eventually('the second call', () => sip.dialogs.has('call-2'));
    expect(sip.dialogs.get('call-2')).toMatchObject({ to: '1003', from: '1000', maxforwards: 69 });
    sip.rings('call-2');
    sip.answered('call-2', 5000);
    await sees('sip PUT /dialog/answer call-1');
    sip.answered('call-1');
    await eventually('both hear each other', () => rtp.channels.get('ch-2') === 'ch-1');
    expect(sip.bodiesOf('PUT /dialog/answer')).toMatchObject([{ sdp: { m: [{ payloads: [9, 8, 0, 97, 101] }] } }]);
    sip.end('call-1');
    await sees('sip PUT /dialog/hangup call-2');
    await eventually('no channel is left', () => rtp.channels.size === 0);
    await eventually('what the script prints', () => output === 'a call for 3\nthe call for 3 is over\n');
    await eventually('no call is left', () => sip.dialogs.size === 0);
    await last;
    await expect(fetch(`http://127.0.0.1:${us}/calls`).then((calls) => calls.json())).resolves.toEqual([]);
  });
});
