import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { createRealClock } from '../../base/clock.js';
import { createRealNetwork } from '../../base/network.js';
import { pcma, pcmu } from '../../media/codec/g711.js';
import { readWav, tone } from '../../media/index.js';
import { eventually } from '../support/eventually.js';
import { freePort, rtpBase } from '../support/gateway-process.js';
import { hostPids } from '../support/media-faults.js';
import { toneFile } from '../support/memory-sounds.js';
import { Program } from '../support/program.js';
import { RtpPeer } from '../support/rtp-peer.js';
import { levelOf } from '../support/voice.js';

const run = promisify(execFile);
const clock = createRealClock();
const network = createRealNetwork();
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

interface Node {
  readonly program: Program;
  readonly url: string;
  readonly sounds: string;
}

async function startNode(pairs = 20, args: readonly string[] = ['--role', 'media']): Promise<Node> {
  const folder = mkdtempSync(join(tmpdir(), 'rtp-server-'));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  const sounds = join(folder, 'sounds');
  mkdirSync(sounds);
  const rtp = rtpBase();
  const flags = ['--rtp-http-listen', '127.0.0.1:0', '--public-ip', '127.0.0.1', '--media-workers', '1'];
  flags.push('--rtp-ports', `${rtp}-${rtp + pairs * 2 - 1}`, '--sounds', sounds, '--drain-ms', '0');
  const program = new Program('gateway/main.js', [...flags, ...args], { HOOKLINE_MAX_LATENESS_MS: '0' });
  cleanups.push(() => program.kill());
  const { listening } = await program.event('ready');
  const at = (listening as { kind: string; port: number }[]).find(({ kind }) => kind === 'rtp-http');
  return { program, url: `http://127.0.0.1:${at?.port}`, sounds };
}

/** What curl prints, and the status. */
async function curl(...args: string[]): Promise<[number, string]> {
  const { stdout } = await run('curl', ['-s', '-w', '\n%{http_code}', ...args]);
  const end = stdout.lastIndexOf('\n');
  return [Number(stdout.slice(end + 1)), stdout.slice(0, end)];
}

const json = ['-H', 'Content-Type:application/json'];

async function put(url: string, body?: unknown): Promise<number> {
  const data = body === undefined ? [] : ['-d', JSON.stringify(body)];
  return (await curl('-X', 'PUT', ...json, ...data, url))[0];
}

/** A phone with real sockets at a channel: says a tone, keeps what it hears. */
async function phoneAt(node: Node, toneHz: number, codec: 'pcmu' | 'pcma', control: string | null = null) {
  const body = JSON.stringify(control === null ? {} : { control });
  const [, opened] = await curl('-X', 'POST', ...json, '-d', body, `${node.url}/`);
  const { uuid, port } = JSON.parse(opened) as { uuid: string; port: number };
  const rtpPort = await freePort();
  const peer = new RtpPeer({ clock, network, address: '127.0.0.1', rtpPort });
  await peer.open({ address: '127.0.0.1', rtpPort: port, rtcpPort: port + 1 });
  cleanups.push(() => peer.close());
  const law = codec === 'pcmu' ? pcmu : pcma;
  const payloadType = law.staticPayloadType ?? 0;
  const pcm = tone({ frequenciesHz: [toneHz], sampleRateHz: 8000, durationMs: 1000 });
  const encoder = law.createEncoder();
  let at = 0;
  const timer = setInterval(() => {
    const payload = new Uint8Array(160);
    encoder.encode(pcm, at, 160, payload, 0);
    at = (at + 160) % pcm.length;
    peer.send(payload, { payloadType });
  }, 20);
  cleanups.push(() => clearInterval(timer));
  const audio = { payloads: [payloadType, 101] };
  expect(await put(`${node.url}/channel/${uuid}`, { ip: '127.0.0.1', port: rtpPort, audio })).toBe(200);
  /** Waits until the last 300 ms that were heard hold that tone. */
  const hears = (hz: number): Promise<unknown> =>
    eventually(`${hz} Hz`, () => {
      const packets = peer.heard.slice(-15).filter((packet) => packet.payloadType === payloadType);
      if (packets.length < 15) return false;
      const sound = new Int16Array(packets.length * 160);
      for (const [i, { payload }] of packets.entries()) law.createDecoder().decode(payload, 0, 160, sound, i * 160);
      return levelOf(sound, hz) > -30;
    });
  return { uuid, peer, hears, stop: () => clearInterval(timer) };
}

/** A control server that keeps what it is told. */
async function controlServer(): Promise<{ readonly url: string; readonly told: [string, Record<string, unknown>][] }> {
  const told: [string, Record<string, unknown>][] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    request.on('end', () => {
      told.push([`${request.method} ${request.url}`, JSON.parse(text) as Record<string, unknown>]);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, told };
}

describe('hookline --role media', () => {
  test('mediaswitch row 25: POST / with {} as contract §5a has it; 503 when all ports are taken; wrong ids are 404', async () => {
    const node = await startNode(2);
    const [status, text] = await curl('-X', 'POST', ...json, '-d', '{}', `${node.url}/`);
    expect(status).toBe(200);
    const { uuid, channel, ip, port, channels } = JSON.parse(text) as Record<string, unknown>;
    expect([channel, ip, Number(port) % 2, channels]).toEqual([uuid, '127.0.0.1', 0, { active: 1, available: 1 }]);
    expect((await curl('-X', 'POST', `${node.url}/channel/`))[0]).toBe(200);
    const [full, why] = await curl('-X', 'POST', '-d', '{}', `${node.url}/`);
    expect([full, JSON.parse(why)]).toEqual([503, { error: 'Currently out of channels' }]);
    expect((await curl('-X', 'POST', '-d', '{', `${node.url}/`))[0]).toBe(400);
    expect((await curl('-X', 'DELETE', `${node.url}/channel/nobody`))[0]).toBe(404);
    const [, left] = await curl('-X', 'DELETE', `${node.url}/channel/${uuid}`);
    expect(JSON.parse(left)).toEqual({ channels: { active: 1, available: 1 } });
    expect((await curl(`${node.url}/health`))[0]).toBe(200);
    expect((await curl(`${node.url}/ready`))[0]).toBe(200);
    expect((await curl(`${node.url}/metrics`))[1]).toContain('hookline_rtp_channels 1');
    expect((await curl('-H', 'Host: evil.example', '-X', 'POST', `${node.url}/`))[0]).toBe(403);
  });

  test('mediaswitch rows 26, 28, 29: PCMU and PCMA mixed, digits, a recording, the end told to control, SIGTERM', async () => {
    const node = await startNode();
    const control = await controlServer();
    const a = await phoneAt(node, 500, 'pcmu', control.url);
    const b = await phoneAt(node, 900, 'pcma');
    expect(await put(`${node.url}/channel/${a.uuid}/mix/${b.uuid}`)).toBe(200);
    await a.hears(900);
    await b.hears(500);
    expect(await put(`${node.url}/channel/${a.uuid}/record`, { file: 'call.wav', maxduration: 1000 })).toBe(200);
    expect(await put(`${node.url}/channel/${b.uuid}/dtmf`, { digits: '5' })).toBe(200);
    await eventually('an event packet', () => b.peer.heard.some(({ payloadType }) => payloadType === 101));
    await eventually('the end of the recording', () => control.told.find(([, body]) => body.reason === 'timeout'));
    const read = readWav(readFileSync(join(node.sounds, 'call.wav')));
    if (!read.ok) throw new Error(read.fault);
    expect([read.value.channels, read.value.samples.length]).toEqual([2, 16_000]);
    const left = read.value.samples.filter((_, i) => i % 2 === 0).subarray(2000, 6000);
    expect(levelOf(left, 500)).toBeGreaterThan(-20);
    expect((await curl('-X', 'DELETE', `${node.url}/channel/${a.uuid}`))[0]).toBe(200);
    const [path, body] = await eventually('close', () => control.told.find(([, told]) => told.event === 'close'));
    expect(path).toBe(`POST /channel/${a.uuid}`);
    expect(body).toMatchObject({ reason: 'requested', stats: { in: { jitter_ms: expect.any(Number) } } });
    node.program.signal('SIGTERM');
    expect(await node.program.ended).toEqual({ code: 0, signal: null });
  });

  test('mediaswitch row 26: play from the directory of the sounds, and nothing from outside of it', async () => {
    const node = await startNode();
    writeFileSync(join(node.sounds, 'in.wav'), toneFile('pcma', 700, 500));
    writeFileSync(join(node.sounds, '..', 'out.wav'), toneFile('pcma', 1300, 500));
    symlinkSync(join(node.sounds, '..', 'out.wav'), join(node.sounds, 'link.wav'));
    const a = await phoneAt(node, 500, 'pcma');
    const outside = ['../out.wav', join(node.sounds, '..', 'out.wav'), 'link.wav', 'x/../../out.wav', 'gone.wav'];
    const soup = { files: outside.map((wav) => ({ wav })) };
    expect(await put(`${node.url}/channel/${a.uuid}/play/`, soup)).toBe(200);
    await eventually(
      'five that are missing',
      () => node.program.log.filter((l) => l.event === 'rtp.sound-missing').length === 5,
    );
    for (const file of ['../out2.wav', '/tmp/x.wav', 'link.wav']) {
      expect(await put(`${node.url}/channel/${a.uuid}/record`, { file })).toBe(400);
    }
    expect(await put(`${node.url}/channel/${a.uuid}/play`, { loop: true, files: [{ pcma: 'in.wav' }] })).toBe(200);
    await a.hears(700);
  });

  test('mediaswitch rows 25, 28: a media host that dies ends its channels, tells control, and the next channel works', async () => {
    const node = await startNode(20, ['--role', 'media', '--media-isolation', 'process']);
    const control = await controlServer();
    const a = await phoneAt(node, 500, 'pcmu', control.url);
    const b = await phoneAt(node, 900, 'pcmu', control.url);
    expect(await put(`${node.url}/channel/${a.uuid}/mix/${b.uuid}`)).toBe(200);
    await a.hears(900);
    process.kill(hostPids(node)[0]!, 'SIGKILL');
    const closed = (uuid: string) =>
      control.told.filter(([path, { event }]) => path === `POST /channel/${uuid}` && event === 'close');
    await eventually('both ends', () => closed(a.uuid).length === 1 && closed(b.uuid).length === 1);
    expect(await put(`${node.url}/channel/${a.uuid}/mix/${b.uuid}`)).toBe(404);
    const c = await phoneAt(node, 700, 'pcma');
    const d = await phoneAt(node, 1100, 'pcmu');
    expect(await put(`${node.url}/channel/${c.uuid}/mix/${d.uuid}`)).toBe(200);
    await Promise.all([c.hears(1100), d.hears(700)]);
    expect((await curl(`${node.url}/metrics`))[1]).toContain('hookline_rtp_channels 2');
  });

  test('kill -9 leaves nothing behind: its ports can be had at once', async () => {
    const node = await startNode();
    const a = await phoneAt(node, 500, 'pcmu');
    const port = a.peer.to.rtpPort;
    await node.program.kill();
    const handlers = { onMessage: () => undefined, onError: () => undefined };
    const socket = await eventually('the port', () =>
      network.bindUdp({ address: '127.0.0.1', port }, handlers).catch(() => null),
    );
    await socket.close();
    await expect(fetch(node.url)).rejects.toThrow();
  });
});

test('role all with rtp_http_listen serves the same routes over the same pool', async () => {
  const data = mkdtempSync(join(tmpdir(), 'rtp-all-'));
  cleanups.push(() => rmSync(data, { recursive: true }));
  const sip = ['--sip-listen', `127.0.0.1:${await freePort()}`, '--http-listen', '127.0.0.1:0', '--data-dir', data];
  const node = await startNode(20, [...sip, '--hooks-listen', '127.0.0.1:0']);
  const a = await phoneAt(node, 500, 'pcmu');
  const b = await phoneAt(node, 900, 'pcmu');
  expect(await put(`${node.url}/channel/${a.uuid}/mix/${b.uuid}`)).toBe(200);
  await a.hears(900);
});
