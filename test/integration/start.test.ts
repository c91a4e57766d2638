import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { settings } from '../../gateway/config/settings.js';
import { Program } from '../support/program.js';
import { udpBackends } from '../support/udp-backends.js';

const running: Program[] = [];
let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hookline-start-'));
});

afterEach(async () => {
  for (const program of running.splice(0)) await program.kill();
  rmSync(directory, { recursive: true, force: true });
});

function run(args: readonly string[], variables: Readonly<Record<string, string>> = {}): Program {
  const program = new Program('gateway/main.js', args, variables);
  running.push(program);
  return program;
}

/** What it says to people: all but its log, which tells where there is no addon as well. */
function saidBy({ stderr }: Program): string[] {
  return stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
}

/** Listens on ports that the system picks, so that it meets nobody. */
function freePorts(): string[] {
  const any = '127.0.0.1:0';
  const data = ['--data-dir', join(directory, 'data')];
  return ['sip', 'http', 'hooks', 'mediaswitch'].flatMap((name) => [`--${name}-listen`, any]).concat(data);
}

interface Listening {
  readonly kind: string;
  readonly address: string;
  readonly port: number;
}

async function listeningOf(program: Program): Promise<readonly Listening[]> {
  const { listening } = await program.event('ready');
  return listening as Listening[];
}

async function occupy(): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  return { port: typeof bound === 'object' && bound !== null ? bound.port : 0, server };
}

test('--help lists every setting and ends with 0', async () => {
  const program = run(['--help']);
  expect(await program.ended).toEqual({ code: 0, signal: null });
  for (const name of Object.keys(settings)) {
    const flag = `--${name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`;
    expect(program.stdout).toContain(`\n  ${flag} `);
  }
});

test('bad values stop the start with exit code 2, each named with its accepted range', async () => {
  writeFileSync(join(directory, 'h.yaml'), 'ring_timeout_ms: never\nringing: 5\n');
  const program = run(['--config', join(directory, 'h.yaml'), '--rtp-ports', '1-2', '--colour', 'red'], {
    HOOKLINE_DRAIN_MS: '-5',
  });
  expect(await program.ended).toEqual({ code: 2, signal: null });
  expect(program.stdout).toBe('');
  const lines = program.stderr.trim().split('\n');
  expect(lines).toEqual([
    expect.stringContaining('--colour: no such flag'),
    expect.stringContaining('ringing (in '),
    expect.stringMatching(/drain_ms \(HOOKLINE_DRAIN_MS\): "-5" .*from 0 to 86400000$/),
    expect.stringMatching(/rtp_ports \(--rtp-ports\): "1-2" .*from 1024 to 65535/),
    expect.stringMatching(/ring_timeout_ms \(in .*h\.yaml\): "never" .*from 1 to 3600000$/),
  ]);
});

test('HTTP on every address without api_secret or api_allow does not start', async () => {
  const program = run(['--http-listen', '0.0.0.0:0']);
  expect(await program.ended).toEqual({ code: 2, signal: null });
  expect(program.stderr).toMatch(/^hookline: http_listen: .*api_secret or api_allow/);
});

test.each(['sip', 'http', 'hooks', 'mediaswitch'])(
  'a taken %s port is one clear line and exit code 1',
  async (listener) => {
    const { port, server } = await occupy();
    try {
      const program = run([...freePorts(), `--${listener}-listen`, `127.0.0.1:${port}`, '--sip-transports', 'tcp']);
      expect(await program.ended).toEqual({ code: 1, signal: null });
      expect(saidBy(program)).toHaveLength(1);
      expect(saidBy(program)[0]).toMatch(
        new RegExp(`^hookline: .*127\\.0\\.0\\.1:${port} .*in use; --${listener}-listen`),
      );
    } finally {
      server.close();
    }
  },
);

test('a second gateway on the same data is told so; on the same ports too, it is told of the port', async () => {
  const first = run(freePorts());
  const http = (await listeningOf(first)).find(({ kind }) => kind === 'http');
  const sameData = run(freePorts());
  expect(await sameData.ended).toEqual({ code: 1, signal: null });
  expect(saidBy(sameData)).toEqual([
    expect.stringMatching(/^hookline: .*hookline\.db is in use by another process; --data-dir chooses another$/),
  ]);
  const samePorts = run([...freePorts(), '--http-listen', `127.0.0.1:${http?.port}`]);
  expect(await samePorts.ended).toEqual({ code: 1, signal: null });
  expect(samePorts.stderr).toContain(`127.0.0.1:${http?.port} is already in use; --http-listen chooses another`);
});

test.each([
  ['is no folder', 'recordings', (path: string) => writeFileSync(path, '')],
  ['may not be written', 'recordings', (path: string) => chmodSync(mkdirSync(path, { recursive: true })!, 0o555)],
  ['may not be read', 'sounds', (path: string) => chmodSync(mkdirSync(path, { recursive: true })!, 0o333)],
])('a folder of data_dir that %s stops the start with one clear line', async (_what, name, make) => {
  mkdirSync(join(directory, 'data'));
  const path = join(directory, 'data', name);
  make(path);
  // Root may write everywhere, unless it gives that up.
  const wrapper = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-all', '--inh-caps=-all'] : [];
  const program = new Program('gateway/main.js', freePorts(), {}, [], wrapper);
  running.push(program);
  expect(await program.ended).toEqual({ code: 1, signal: null });
  expect(saidBy(program)).toEqual([
    expect.stringMatching(new RegExp(`^hookline: ${path} cannot be used: E[A-Z]+: .*; --data-dir chooses another$`)),
  ]);
});

test('the start prints where everything listens, who may register and what to try, and answers /health and /ready', async () => {
  const program = run([...freePorts(), '--media-workers', '1']);
  const listening = await listeningOf(program);
  expect(listening.map(({ kind }) => kind).sort()).toEqual(['http', 'mediaswitch', 'tcp', 'udp', 'ws']);
  await program.prints('3. Ring it');
  for (const { address, port } of listening) expect(program.stdout).toContain(`${address}:${port}`);
  expect(program.stdout).toContain('any name, password = same name, from loopback and private addresses only');
  const http = listening.find(({ kind }) => kind === 'http');
  for (const path of ['health', 'ready']) {
    expect((await fetch(`http://127.0.0.1:${http?.port}/${path}`)).status).toBe(200);
  }
  const metrics = await (await fetch(`http://127.0.0.1:${http?.port}/metrics`)).text();
  // Counters of what only the real process has.
  for (const name of ['http_denied_total', 'http_resent_total', 'log_lines_dropped_total', 'process_timers']) {
    expect(metrics).toMatch(new RegExp(`^hookline_${name} \\d+$`, 'm'));
  }
});

test('where the API has a secret, the line about the browser makes an invitation: a shell types it', async () => {
  const program = run([...freePorts(), '--media-workers', '0', '--api-secret', 'a secret of the api']);
  await program.prints('4. Talk in a browser');
  await program.prints(')"\n');
  const line = /^4\. Talk in a browser: +(.*)$/m.exec(program.stdout)?.[1] ?? 'false';
  const env = { ...process.env, API_SECRET: 'a secret of the api' };
  const link = await new Promise<string>((resolve, reject) => {
    execFile('bash', ['-c', line], { env }, (error, stdout) =>
      error === null ? resolve(stdout.trim()) : reject(error),
    );
  });
  const { origin, pathname, searchParams } = new URL(link);
  expect([pathname, searchParams.get('room')]).toEqual(['/join', '9000']);
  const read = async (token: string): Promise<number> =>
    (await fetch(`${origin}/rooms/9000`, { headers: { authorization: `Bearer ${token}` } })).status;
  // Who may read that room is told that it is not there yet.
  expect([await read(searchParams.get('token') ?? ''), await read('x.y.z')]).toEqual([404, 401]);
});

test.each(udpBackends)('the ready line and GET /metrics tell that $name carries RTP and SIP', async ({ name }) => {
  const program = run([...freePorts(), '--media-workers', '0'], { HOOKLINE_MEDIA_BACKEND: name });
  const { listening, mediaBackend, mediaKernels } = await program.event('ready');
  expect([mediaBackend, mediaKernels]).toEqual([name, 'wasm']);
  const http = (listening as Listening[]).find(({ kind }) => kind === 'http');
  const metrics = await (await fetch(`http://127.0.0.1:${http?.port}/metrics`)).text();
  expect(metrics).toContain(`\nhookline_media_backend_native ${name === 'native' ? 1 : 0}\n`);
  expect(metrics).toContain(`\nhookline_media_srtp_native ${name === 'native' ? 1 : 0}\n`);
  expect(metrics).toContain('\nhookline_media_kernels_wasm 1\n');
  expect(metrics).toMatch(/^hookline_udp_icmp_errors_total 0$/m);
  await program.prints('3. Ring it');
  expect(program.stdout.includes('in batches, by the addon')).toBe(name === 'native');
});

test.each(['SIGTERM', 'SIGINT'] as const)('%s drains once and ends with 0', async (signal) => {
  const program = run(freePorts());
  await program.prints('3. Ring it');
  program.signal(signal);
  program.signal(signal);
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(program.log.filter(({ event }) => event === 'drain.began')).toHaveLength(1);
});

test('a damaged store is one clear line and exit code 1', async () => {
  const first = run(freePorts());
  await first.event('ready');
  first.signal('SIGTERM');
  await first.ended;
  writeFileSync(join(directory, 'data', 'hookline.db'), 'no database at all '.repeat(300));
  const second = run(freePorts());
  expect(await second.ended).toEqual({ code: 1, signal: null });
  expect(saidBy(second)).toEqual([expect.stringMatching(/^hookline: .*hookline\.db is damaged .*move it away/)]);
});
