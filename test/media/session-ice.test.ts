import { describe, expect, test } from 'vitest';
import { attribute, readStun, stunType, writeStun } from '../../media/ice/stun.js';
import type { LegIce } from '../../media/sdp/leg-media.js';
import { dtlsMedia, dtlsOf, strangerOf } from '../support/dtls-bench.js';
import { identityOf } from '../support/dtls-pair.js';
import { MediaBench, mediaOf } from '../support/media-bench.js';
import { type RtpPeer, sampleOf, steps } from '../support/rtp-peer.js';

const ice: LegIce = { localUfrag: 'ours', localPassword: 'x'.repeat(22), remoteUfrag: 'them', isRemoteLite: false };
const loud = new Int16Array(160).fill(sampleOf[0x90]);
const code = new Uint8Array(160).fill(0x80);

function check(nominates: boolean, { localPassword, remoteUfrag } = ice): Buffer {
  const priority = Buffer.from([0x6e, 0, 1, 0xff]);
  const attributes = [
    [attribute.username, Buffer.from(`ours:${remoteUfrag}`)],
    [attribute.priority, priority],
    [attribute.iceControlling, Buffer.alloc(8, 1)],
    ...(nominates ? [[attribute.useCandidate, Buffer.alloc(0)] as const] : []),
  ] as const;
  return writeStun(stunType.request, Buffer.alloc(12, 5), attributes, localPassword);
}

/** Answers that a peer got to its checks. */
function answersTo(peer: RtpPeer): number[] {
  const types: number[] = [];
  peer.other = (data) => types.push(readStun(data)!.type);
  return types;
}

describe('RFC 8445 §12.1 a leg with ICE', () => {
  test('sends nothing before a check has shown where to, and then there, wherever the SDP said', async () => {
    const bench = await MediaBench.open();
    const mobile = await strangerOf(bench, '10.0.0.99', 6000);
    const answers = answersTo(mobile);
    bench.session.set(mediaOf({ ice, rtcpMux: true }));
    bench.beats(10, undefined, loud);
    mobile.sendBytes(check(false));
    bench.beats(10, undefined, loud);
    expect([answers, mobile.heard.length, bench.peer.heard.length]).toEqual([[stunType.success], 0, 0]);
    mobile.sendBytes(check(true));
    bench.beats(50, () => mobile.send(code), loud);
    bench.deliver();
    expect(mobile.heard).toHaveLength(50);
    expect(bench.pulled.at(-1)).toBe(sampleOf[0x80]);
    expect(bench.peer.heard).toEqual([]);
  });

  test('RFC 8445 §9 a restart moves it without a gap; the first place of it is not heard any more', async () => {
    const bench = await MediaBench.open();
    bench.session.set(mediaOf({ ice, rtcpMux: true }));
    bench.peer.sendBytes(check(true));
    bench.beats(20, () => bench.peer.send(code), loud);
    const next = await strangerOf(bench, '10.0.0.99', 6000);
    const restarted = { ...ice, remoteUfrag: 'anew' };
    bench.session.set(mediaOf({ ice: restarted, rtcpMux: true }));
    bench.beats(10, () => bench.peer.send(code), loud);
    next.sendBytes(check(true, restarted));
    bench.deliver();
    const heard = bench.peer.heard.length;
    bench.beats(50, () => next.send(code), loud);
    bench.deliver();
    expect([heard, bench.peer.heard.length, next.heard.length]).toEqual([30, 30, 50]);
    expect([...steps([...bench.peer.heard, ...next.heard]).sequences]).toEqual([1]);
    expect(bench.pulled.at(-1)).toBe(sampleOf[0x80]);
  });

  test('RFC 8445 §12.2 of two pairs that are nominated the one that the peer speaks on is heard, and spoken on', async () => {
    const bench = await MediaBench.open();
    const other = await strangerOf(bench, '10.0.0.99', 6000);
    bench.session.set(mediaOf({ ice, rtcpMux: true }));
    bench.peer.sendBytes(check(true));
    other.sendBytes(check(true));
    bench.beats(20, () => bench.peer.send(code), loud);
    bench.deliver();
    const before = bench.peer.heard.length;
    bench.beats(50, () => other.send(code), loud);
    bench.deliver();
    expect(bench.pulled.at(-1)).toBe(sampleOf[0x80]);
    expect(bench.peer.heard.length - before).toBeLessThanOrEqual(2);
    expect(other.heard.length).toBeGreaterThanOrEqual(48);
  });

  test('RFC 8445 §12.2 a pair that was checked and not nominated is heard, and not spoken on', async () => {
    const bench = await MediaBench.open();
    const other = await strangerOf(bench, '10.0.0.99', 6000);
    bench.session.set(mediaOf({ ice, rtcpMux: true }));
    bench.peer.sendBytes(check(true));
    other.sendBytes(check(false));
    bench.beats(50, () => other.send(code), loud);
    bench.deliver();
    expect(bench.pulled.at(-1)).toBe(sampleOf[0x80]);
    expect([bench.peer.heard.length, other.heard.length]).toEqual([50, 0]);
  });

  test('RFC 6347 §4.2.1 a cookie that comes back on another pair that was checked opens the handshake', async () => {
    const bench = await MediaBench.open();
    const other = await strangerOf(bench, '10.0.0.99', 6000);
    const end = dtlsOf(bench, bench.peer);
    const { other: take } = bench.peer;
    const ignoresStun = (data: Buffer): void => (data[0]! < 4 ? undefined : take?.(data, '', 0));
    for (const peer of [bench.peer, other]) peer.other = ignoresStun;
    bench.session.set(dtlsMedia('passive', { ice }));
    bench.peer.sendBytes(check(true));
    other.sendBytes(check(true));
    const { sendBytes } = bench.peer;
    end.begin(null);
    bench.peer.sendBytes = (bytes) => other.sendBytes(bytes);
    bench.beats(50, undefined, loud);
    bench.peer.sendBytes = sendBytes;
    expect(end.news).toEqual(['keys']);
  });

  test('strangers are neither learned nor told more than that they are wrong', async () => {
    const bench = await MediaBench.open();
    const stranger = await strangerOf(bench, '10.0.0.66', 6000);
    const answers = answersTo(stranger);
    bench.session.set(mediaOf({ ice, rtcpMux: true }));
    stranger.sendBytes(check(true, { ...ice, localPassword: 'z'.repeat(22) }));
    bench.beats(50, () => stranger.send(code), loud);
    expect(answers).toEqual([stunType.error]);
    expect(stranger.heard).toEqual([]);
    expect(bench.pulled.every((sample) => sample === null)).toBe(true);
  });

  test('RFC 8445 §6.1.1 with a lite peer nobody checks, and the address of the SDP counts', async () => {
    const bench = await MediaBench.open();
    bench.session.set(mediaOf({ ice: { ...ice, isRemoteLite: true }, rtcpMux: true }));
    bench.beats(50, () => bench.peer.send(code), loud);
    bench.deliver();
    expect(bench.peer.heard).toHaveLength(50);
  });

  test('RFC 8445 §8.1.1 a lite peer that answers our checks is where it answered, whatever the c-line says', async () => {
    const bench = await MediaBench.open();
    const place = await strangerOf(bench, '10.0.0.99', 6000);
    const remotePassword = 'y'.repeat(22);
    place.other = (data) => {
      const { type, transactionId } = readStun(data)!;
      if (type === stunType.request) place.sendBytes(writeStun(stunType.success, transactionId, [], remotePassword));
    };
    const places = [
      { address: '10.0.0.77', port: 5 },
      { address: '10.0.0.99', port: 6000 },
    ];
    bench.session.set(
      mediaOf({ ice: { ...ice, isRemoteLite: true, checks: { remotePassword, places } }, rtcpMux: true }),
    );
    bench.beats(50, undefined, loud);
    const before = bench.peer.heard.length;
    bench.beats(50, () => place.send(code), loud);
    bench.deliver();
    expect([bench.peer.heard.length - before, place.heard.length > 80]).toEqual([0, true]);
    expect(bench.pulled.at(-1)).toBe(sampleOf[0x80]);
  });

  test.each(['active', 'passive'] as const)(
    'RFC 8842 §7.3 DTLS as %s waits for it, and then goes where it says',
    async (role) => {
      const bench = await MediaBench.open();
      const mobile = await strangerOf(bench, '10.0.0.99', 6000);
      const end = dtlsOf(bench, mobile);
      const { other } = mobile;
      mobile.other = (data, ...from) => (data[0]! < 4 ? undefined : other?.(data, ...from));
      bench.session.set(dtlsMedia(role, { ice }));
      if (role === 'passive') end.begin(null);
      bench.beats(10, undefined, loud);
      expect(end.news).toEqual([]);
      mobile.sendBytes(check(role === 'active'));
      // It has checked well and may be heard, long before it is nominated.
      bench.beats(50, undefined, loud);
      expect(end.news).toEqual(['keys']);
      mobile.sendBytes(check(true));
      bench.beats(50, () => mobile.send(code), loud);
      bench.deliver();
      expect(mobile.heard.length).toBeGreaterThan(45);
      expect(bench.pulled.at(-1)).toBe(sampleOf[0x80]);
    },
  );

  test('RFC 8842 §5.5 begun anew, certificate and credentials: as client it waits for the new checks, and goes there', async () => {
    const bench = await MediaBench.open();
    const [before, anew] = [await strangerOf(bench, '10.0.0.98', 6000), await strangerOf(bench, '10.0.0.99', 6000)];
    const identity = identityOf(77);
    const hellos: string[] = [];
    const ends = [
      { peer: before, end: dtlsOf(bench, before) },
      { peer: anew, end: dtlsOf(bench, anew, { identity }) },
    ];
    for (const { peer } of ends) {
      const { other } = peer;
      peer.other = (data, address, port) => {
        if (data[0]! < 4) return;
        hellos.push(peer === before ? 'before' : 'anew');
        other?.(data, address, port);
      };
    }
    bench.session.set(dtlsMedia('active', { ice }));
    before.sendBytes(check(true));
    bench.beats(50, undefined, loud);
    expect(ends[0]!.end.news).toEqual(['keys']);
    hellos.length = 0;
    const restarted = { ...ice, remoteUfrag: 'them2' };
    bench.session.set(dtlsMedia('active', { ice: restarted, association: 'two', identity }));
    bench.beats(50, undefined, loud);
    // The end of the association before is all that it is told.
    expect(hellos.filter((name) => name === 'before').length).toBeLessThanOrEqual(1);
    anew.sendBytes(check(true, restarted));
    bench.beats(50, undefined, loud);
    expect(ends[1]!.end.news).toEqual(['keys']);
    bench.beats(50, () => anew.send(code), loud);
    expect(bench.pulled.at(-1)).toBe(sampleOf[0x80]);
    expect(hellos.filter((name) => name === 'before').length).toBeLessThanOrEqual(1);
  });
});
