import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Browser as Chromium, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { rootDir } from '../support/dist.js';
import { eventually } from '../support/eventually.js';
import { steadyLevelOf } from '../support/voice.js';
import type { Gateway } from './support/gateway.js';
import { requirePeers } from './support/peers.js';
import { tone } from './support/sound.js';
import { Stage } from './support/stage.js';

/** A page that joins by WHIP, WHEP or both, says a tone, and looks at what it hears. It uses nothing but the browser. */
const script = `
globalThis.analysers = [];
globalThis.join = async ({ url, token, toneHz, way, videoFirst, codec, lines = 1 }) => {
  const audio = new AudioContext();
  await audio.resume();
  const pc = new RTCPeerConnection();
  globalThis.pc = pc;
  const out = audio.createMediaStreamDestination();
  const oscillator = audio.createOscillator();
  const gain = audio.createGain();
  oscillator.frequency.value = toneHz;
  gain.gain.value = 0.25;
  oscillator.connect(gain).connect(out);
  oscillator.start();
  pc.ontrack = ({ streams, track }) => {
    if (track.kind !== 'audio') return;
    globalThis.stream = streams[0] ?? new MediaStream([track]);
    // Chromium decodes what an element plays, and only that.
    const element = new Audio();
    element.muted = true;
    element.srcObject = globalThis.stream;
    element.play();
    globalThis.analyser = audio.createAnalyser();
    analysers.push(analyser);
    analyser.fftSize = 32768;
    analyser.smoothingTimeConstant = 0;
    audio.createMediaStreamSource(globalThis.stream).connect(analyser);
  };
  if (videoFirst) pc.addTransceiver('video', { direction: 'recvonly' });
  const transceiver = pc.addTransceiver(way === 'recvonly' ? 'audio' : out.stream.getAudioTracks()[0], { direction: way });
  if (codec) {
    const { codecs } = RTCRtpReceiver.getCapabilities('audio');
    transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => mimeType.toLowerCase() === 'audio/' + codec));
  }
  for (let i = 1; i < lines; i += 1) pc.addTransceiver('audio', { direction: 'recvonly' });
  await pc.setLocalDescription();
  const headers = { 'Content-Type': 'application/sdp', Authorization: 'Bearer ' + token };
  const response = await fetch(url, { method: 'POST', headers, body: pc.localDescription.sdp });
  if (response.status !== 201) return { status: response.status, text: await response.text() };
  globalThis.location201 = new URL(response.headers.get('Location'), url).href;
  globalThis.etag = response.headers.get('ETag');
  await pc.setRemoteDescription({ type: 'answer', sdp: await response.text() });
  while (pc.connectionState !== 'connected') {
    if (pc.connectionState === 'failed') return { status: 0, text: 'failed' };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { status: 201, text: pc.remoteDescription.sdp };
};
globalThis.levels = (tones, analyser = globalThis.analyser) => {
  if (!analyser) return tones.map(() => -200);
  const bins = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(bins);
  const perBin = analyser.context.sampleRate / analyser.fftSize;
  return tones.map((hz) => Math.max(...bins.slice(Math.round(hz / perBin) - 2, Math.round(hz / perBin) + 3)));
};
globalThis.levelsOfTracks = (tones) => analysers.map((each) => levels(tones, each));
globalThis.restart = async () => {
  pc.restartIce();
  const offer = await pc.createOffer();
  await pc.setLocalDescription(offer);
  const lines = offer.sdp.split('\\r\\n').filter((line) => /^(?:m=|a=(?:mid|ice-))/.test(line));
  const headers = { 'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': '*' };
  const response = await fetch(location201, { method: 'PATCH', headers, body: lines.join('\\r\\n') });
  const fragment = await response.text();
  const of = (name) => new RegExp('^a=' + name + ':(.*)$', 'm').exec(fragment)[1].trim();
  const sdp = pc.remoteDescription.sdp
    .replace(/a=ice-ufrag:.*/g, 'a=ice-ufrag:' + of('ice-ufrag'))
    .replace(/a=ice-pwd:.*/g, 'a=ice-pwd:' + of('ice-pwd'));
  await pc.setRemoteDescription({ type: 'answer', sdp });
  return response.status;
};
globalThis.packets = async () => {
  for (const report of (await pc.getStats()).values()) {
    if (report.type === 'candidate-pair' && report.nominated) return { state: report.state, answers: report.responsesReceived };
  }
  return null;
};
globalThis.leave = async () => (await fetch(location201, { method: 'DELETE' })).text();
`;

interface JoinOptions {
  readonly path: string;
  readonly token: string;
  readonly toneHz?: number;
  readonly way: 'sendonly' | 'recvonly' | 'sendrecv';
  readonly videoFirst?: boolean;
  readonly codec?: string;
  /** m-lines for sound. */
  readonly lines?: number;
}

const example = readFileSync(join(rootDir, 'examples/webrtc-page.html'));

let pages: Server;
let browser: Chromium;
let stage: Stage;
let gateway: Gateway;

beforeAll(async () => {
  requirePeers('chromium');
  pages = createServer((request, response) => {
    const isScript = request.url === '/page.js';
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
    if (request.url?.startsWith('/example') === true) response.end(example);
    else response.end(isScript ? script : '<!doctype html><title>web</title><script src="/page.js"></script>');
  });
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', () => resolve()));
  // Without a microphone's permission addresses hide behind mDNS, and loopback is none of them.
  const args = ['--no-sandbox', '--disable-gpu', '--mute-audio', '--autoplay-policy=no-user-gesture-required'];
  args.push(
    '--allow-loopback-in-peer-connection',
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
  );
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  browser = await chromium.launch({ executablePath, headless: true, args });
});

afterAll(async () => {
  await browser.close();
  await new Promise((resolve) => pages.close(resolve));
});

beforeEach(() => {
  stage = new Stage();
});

afterEach(() => stage.close());

const origin = (): string => `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;

async function start(...more: readonly string[]): Promise<void> {
  gateway = await stage.gateway('--cors-origin', origin(), ...more);
}

async function tokenFor(door: string, more: object = {}): Promise<string> {
  const made = (await gateway.api('POST', `/token/${door}`, { room: '9000', ttl: 600, ...more })) as { token: string };
  return made.token;
}

async function come({ path, ...options }: JoinOptions): Promise<{ page: Page; answer: string }> {
  const page = await browser.newPage();
  stage.onClose(() => page.close());
  await page.goto(origin());
  const joined = await page.evaluate(
    (given) => (globalThis as unknown as { join(o: object): Promise<{ status: number; text: string }> }).join(given),
    { toneHz: 0, ...options, url: `${gateway.url}${path}` },
  );
  expect(joined).toMatchObject({ status: 201 });
  return { page, answer: joined.text };
}

/** Which of the tones a page hears, once it is as wanted. */
function hears(page: Page, tones: readonly number[], wanted: readonly number[]): Promise<unknown> {
  return eventually(`it hears ${wanted.join(' and ') || 'nothing'} of ${tones.join(', ')}`, async () => {
    const levels = await page.evaluate(
      (given) => (globalThis as unknown as { levels(t: readonly number[]): number[] }).levels(given),
      tones,
    );
    return String(tones.filter((_, at) => levels[at]! > -50)) === String(wanted) && levels;
  });
}

const tones = [450, 850, 1250];

describe('RFC 9725 Chromium', () => {
  test('a WHIP publisher, a WHEP player, a page with both ways and baresip: each hears the others and not itself', async () => {
    await start();
    const phone = await stage.baresip({ gateway, user: '1001', codec: 'G722' });
    await phone.say(tone(stage.directory, 1250, 60));
    await phone.call('9000');
    const whip = await come({ path: '/whip/endpoint', token: await tokenFor('whip'), toneHz: 450, way: 'sendonly' });
    const whep = await come({ path: '/whep/endpoint', token: await tokenFor('whep'), way: 'recvonly' });
    const both = await come({
      ...{ path: '/webrtc/endpoint', token: await tokenFor('webrtc', { peer: 'anna' }) },
      ...{ toneHz: 850, way: 'sendrecv' as const },
    });
    await hears(whep.page, tones, tones);
    await hears(both.page, tones, [450, 1250]);
    await hears(whip.page, tones, []);
    const from = phone.recordedMs();
    await phone.hearMore(3000);
    const heard = phone.heard().subarray(Math.round((from + 1000) * 8));
    const levels = tones.map((hz) => Math.round(steadyLevelOf(heard, hz)));
    expect(tones.filter((_, at) => levels[at]! > -35)).toEqual([450, 850]);
    expect(both.answer).toMatch(/a=rtpmap:\d+ opus\/48000\/2/i);
    await phone.hangUp();
  });

  test('scenario 5: the publisher’s tab is closed, and the phone gets its BYE; a player keeps nobody', async () => {
    await start();
    const phone = await stage.baresip({ gateway, user: '1001' });
    await phone.call('9000');
    const whip = await come({ path: '/whip/endpoint', token: await tokenFor('whip'), toneHz: 450, way: 'sendonly' });
    await come({ path: '/whep/endpoint', token: await tokenFor('whep'), way: 'recvonly' });
    await phone.hearMore(1000);
    await whip.page.close();
    await phone.event('CALL_CLOSED');
    // The line comes by a pipe, and the BYE may be quicker.
    await eventually('one has ended', () => gateway.logged('web.ended').length === 1);
  });

  test.each(['g722', 'pcmu', 'pcma'])('%s, where the page prefers it', async (codec) => {
    await start();
    const speaks = { path: '/whip/endpoint', token: await tokenFor('whip'), toneHz: 450, way: 'sendonly' as const };
    const listens = { path: '/whep/endpoint', token: await tokenFor('whep'), way: 'recvonly' as const };
    const { answer } = await come({ ...speaks, codec });
    const { page } = await come({ ...listens, codec });
    expect(answer).toMatch(new RegExp(`a=rtpmap:\\d+ ${codec}/8000`, 'i'));
    await hears(page, tones, [450]);
  });

  test('?tracks=2: each voice on a track of its own, sent on as it is or encoded; no mix; who leaves is not heard any more', async () => {
    await start();
    const speaks = async (toneHz: number, codec?: string) => {
      const token = await tokenFor('whip', { peer: `says ${toneHz}` });
      return come({ path: '/whip/endpoint', token, toneHz, way: 'sendonly', ...(codec && { codec }) });
    };
    await speaks(450);
    const second = await speaks(850, 'pcma');
    const listens = { path: '/whep/endpoint?tracks=2', token: await tokenFor('whep'), way: 'recvonly' as const };
    const { page, answer } = await come({ ...listens, lines: 3 });
    expect(answer.match(/^m=audio \d+/gm)).toHaveLength(3);
    expect(answer).toMatch(/m=audio 0 /);
    const heardOn = async (wanted: string) =>
      eventually(`its tracks have ${wanted}`, async () => {
        const levels = await page.evaluate(
          (given) =>
            (globalThis as unknown as { levelsOfTracks(t: readonly number[]): number[][] }).levelsOfTracks(given),
          tones,
        );
        const heard = levels.map((track) => tones.filter((_, at) => track[at]! > -50).join('+'));
        return heard.filter(Boolean).sort().join(' and ') === wanted && heard;
      });
    await heardOn('450 and 850');
    await second.page.close();
    await heardOn('450');
    await speaks(1250);
    await heardOn('1250 and 450');
  });

  test('a number of tracks that cannot be is refused', async () => {
    await start();
    for (const tracks of ['0', '9', 'all']) {
      const response = await fetch(`${gateway.url}/whep/endpoint?tracks=${tracks}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/sdp', Authorization: `Bearer ${await tokenFor('whep')}` },
        body: 'v=0',
      });
      expect([response.status, await response.json()]).toMatchObject([400, { error: 'BAD_REQUEST' }]);
    }
  });

  test('RFC 9143 video before the audio is refused, and the audio taken', async () => {
    await start();
    await come({ path: '/whip/endpoint', token: await tokenFor('whip'), toneHz: 450, way: 'sendonly' });
    const options = {
      path: '/webrtc/endpoint',
      token: await tokenFor('webrtc'),
      toneHz: 850,
      way: 'sendrecv' as const,
    };
    const { page, answer } = await come({ ...options, videoFirst: true });
    expect(answer).toMatch(/m=video 0 /);
    await hears(page, tones, [450]);
  });

  test('RFC 9725 §4.3.2 restarts ICE, and goes on hearing; the shared port', async () => {
    const { freePort } = await import('../support/gateway-process.js');
    const port = await freePort();
    await start('--webrtc-port', String(port));
    await come({ path: '/whip/endpoint', token: await tokenFor('whip'), toneHz: 450, way: 'sendonly' });
    const { page, answer } = await come({ path: '/whep/endpoint', token: await tokenFor('whep'), way: 'recvonly' });
    expect(answer).toMatch(new RegExp(`a=candidate:1 1 udp \\d+ \\S+ ${port} typ host`, 'i'));
    await hears(page, tones, [450]);
    const call = (name: string) =>
      page.evaluate((what) => (globalThis as never as Record<string, () => unknown>)[what]!(), name);
    expect(await call('restart')).toBe(200);
    await eventually('checks of the new session are answered', async () => {
      const pair = (await call('packets')) as { state: string; answers: number } | null;
      return pair?.state === 'succeeded' && pair.answers > 0;
    });
    await hears(page, tones, [450]);
    expect((await gateway.metrics()).web_restarts_total).toBe(1);
    expect(await call('leave')).toBe('{"status":true,"data":"OK"}');
    await eventually('one connection', async () => (await gateway.metrics()).web_connections === 1);
  });

  test('examples/webrtc-page.html joins with its microphone, is heard, and says when it goes', async () => {
    await start();
    const { page: listener } = await come({ path: '/whep/endpoint', token: await tokenFor('whep'), way: 'recvonly' });
    const context = await browser.newContext({ permissions: ['microphone'] });
    const page = await context.newPage();
    stage.onClose(() => context.close());
    const query = new URLSearchParams({ gateway: gateway.url, token: await tokenFor('webrtc', { peer: 'anna' }) });
    await page.goto(`${origin()}/example?${query}`);
    await page.click('button');
    await page.waitForFunction(`document.title === 'In the room'`);
    // Chromium's fake microphone beeps once a second.
    await eventually('the beep is heard', async () => {
      const levels = await listener.evaluate(
        (given) => (globalThis as unknown as { levels(t: readonly number[]): number[] }).levels(given),
        Array.from({ length: 40 }, (_, at) => 100 + 50 * at),
      );
      return levels.some((level) => level > -60);
    });
    await page.close();
    await eventually('it has left', async () => (await gateway.metrics()).web_connections === 1);
    expect(gateway.logged('web.ended')).toMatchObject([{ cause: 'left' }]);
  });
});
