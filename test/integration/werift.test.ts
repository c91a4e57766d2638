import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRealClock } from '../../base/clock.js';
import { createRealNetwork } from '../../base/network.js';
import { createRealRandom } from '../../base/random.js';
import { createDtlsIdentity } from '../../media/index.js';
import { eventually } from '../support/eventually.js';
import { freePort, GatewayProcess } from '../support/gateway-process.js';
import { levelOf, steadyLevelOf, Voice } from '../support/voice.js';
import { type WeriftOptions, WeriftPeer } from '../support/werift-peer.js';

/** A second implementation of WebRTC against the program itself: werift publishes, plays, and does both, without a browser. */

let directory: string;
let gateway: GatewayProcess | null = null;
const closers: (() => Promise<unknown>)[] = [];

async function start(...args: readonly string[]): Promise<void> {
  gateway = await GatewayProcess.start({ dataDir: directory, args: ['--drain-ms', '0', ...args] });
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hookline-werift-'));
});

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await gateway?.program.kill();
  gateway = null;
  rmSync(directory, { recursive: true, force: true });
});

type Door = 'whip' | 'whep' | 'webrtc';

/** Joins room `r` by one of the doors, up to a connection. */
async function comeBy(
  door: Door,
  options: WeriftOptions,
): Promise<{ peer: WeriftPeer; answer: string; location: string }> {
  const peer = new WeriftPeer(options);
  closers.push(() => peer.close());
  const json = { 'content-type': 'application/json' };
  const body = JSON.stringify({ room: 'r', ttl: 600 });
  const made = await fetch(`${gateway!.apiUrl}/token/${door}`, { method: 'POST', headers: json, body });
  const { data } = (await made.json()) as { data: { token: string } };
  const headers = { 'content-type': 'application/sdp', authorization: `Bearer ${data.token}` };
  const offer = await peer.offer();
  expect(offer.includes('a=ice-lite')).toBe(options.isLite === true);
  const response = await fetch(`${gateway!.apiUrl}/${door}/endpoint`, { method: 'POST', headers, body: offer });
  const answer = await response.text();
  expect(response.status, answer).toBe(201);
  await peer.accept(answer);
  await eventually(`${door} is connected`, () => peer.isConnected);
  if (options.direction !== 'recvonly') peer.speak();
  return { peer, answer, location: response.headers.get('location') ?? '' };
}

/** Waits until half a second of what it hears has these tones, and not those. */
function hears(peer: WeriftPeer, wanted: readonly number[], not: readonly number[] = []): Promise<unknown> {
  peer.takeHeard();
  let heard = new Int16Array();
  return eventually(`it hears ${wanted.join(' and ')}`, () => {
    const more = peer.takeHeard();
    heard = Int16Array.from([...heard, ...more]).slice(-peer.rateHz / 2);
    if (heard.length < peer.rateHz / 2) return false;
    const isHeard = wanted.every((hz) => steadyLevelOf(heard, hz, peer.rateHz) > -35);
    return isHeard && not.every((hz) => levelOf(heard, hz, peer.rateHz) < -45);
  });
}

describe.each(['opus', 'pcmu', 'g722'] as const)('RFC 8829 werift with %s', (codec) => {
  test('publishes by WHIP, and plays by WHEP what it published', async () => {
    await start();
    const { answer } = await comeBy('whip', { codec, toneHz: 450, direction: 'sendonly' });
    expect(answer).toMatch(/a=ice-lite[\s\S]*a=group:BUNDLE/);
    const { peer } = await comeBy('whep', { codec, direction: 'recvonly' });
    await hears(peer, [450]);
  });
});

test('RFC 8445 §6.1.1 a lite werift, which waits to be checked, is checked: both hear each other', async () => {
  const [clock, random, rtpPort] = [createRealClock(), createRealRandom(), await freePort()];
  const common = { clock, random, network: createRealNetwork(), address: '127.0.0.1', rtpPort, toneHz: 850 };
  const identity = createDtlsIdentity(random, clock.epochMs());
  const voice = new Voice({ ...common, identity, srtp: 'required', hasIce: true });
  await voice.open();
  closers.push(() => voice.close());
  const peer = new WeriftPeer({ codec: 'pcmu', toneHz: 450, direction: 'sendrecv', isLite: true });
  closers.push(() => peer.close());
  const offer = await peer.offer();
  expect(offer).toContain('a=ice-lite');
  const answer = voice.answer(Buffer.from(offer)).toString();
  expect(answer).not.toContain('a=ice-lite');
  await peer.accept(answer);
  await eventually('it is connected', () => peer.isConnected);
  peer.speak();
  await hears(peer, [850], [450]);
  let heard = new Int16Array();
  await eventually('the voice hears it', () => {
    heard = Int16Array.from([...heard, ...voice.takeHeard()]).slice(-4000);
    return heard.length === 4000 && steadyLevelOf(heard, 450) > -35;
  });
});

test.each([
  ['a pair of ports', () => Promise.resolve([])],
  ['the one port for all', async () => ['--webrtc-port', String(await freePort())]],
])('RFC 9725 lite clients, which wait to be checked, publish and play at %s', async (_, args) => {
  await start(...(await args()));
  const whip = await comeBy('whip', { codec: 'opus', toneHz: 450, direction: 'sendonly', isLite: true });
  expect(whip.answer).not.toContain('a=ice-lite');
  const both = await comeBy('webrtc', { codec: 'pcmu', toneHz: 850, direction: 'sendrecv', isLite: true });
  await hears(both.peer, [450], [850]);
  const whep = await comeBy('whep', { codec: 'opus', direction: 'recvonly' });
  await hears(whep.peer, [450, 850]);
});

test('two that go both ways hear each other and not themselves, at one port for all', async () => {
  await start('--webrtc-port', String(await freePort()));
  const one = await comeBy('webrtc', { codec: 'opus', toneHz: 450, direction: 'sendrecv' });
  const two = await comeBy('webrtc', { codec: 'pcmu', toneHz: 850, direction: 'sendrecv' });
  await hears(one.peer, [850], [450]);
  await hears(two.peer, [450], [850]);
  const gone = await fetch(`${gateway!.apiUrl}${one.location}`, { method: 'DELETE' });
  expect(await gone.json()).toEqual({ status: true, data: 'OK' });
  await eventually('one is left', async () => (await gateway!.metrics()).web_connections === 1);
});
