import { describe, expect, test } from 'vitest';
import type { NativeSrtp } from '../../base/native-srtp.js';
import { SrtpReceiver, SrtpSender } from '../../media/srtp/context.js';
import type { SrtpKeying } from '../../media/srtp/keyed-streams.js';
import { srtpProfileNames, srtpProfiles } from '../../media/srtp/profiles.js';
import { MediaBench, mediaOf, SOUND_AT } from '../support/media-bench.js';
import { RtpPeer, sampleOf, steps } from '../support/rtp-peer.js';
import { srtpBackends } from '../support/srtp-backends.js';

type Profile = (typeof srtpProfileNames)[number];

function keying(fill: number, profile: Profile = 'AES_CM_128_HMAC_SHA1_80'): SrtpKeying {
  const { keyBytes, saltBytes } = srtpProfiles[profile];
  return { profile, keyAndSalt: new Uint8Array(keyBytes + saltBytes).fill(fill) };
}

const ours = keying(1);
const theirs = keying(2);
const srtp = { send: ours, receive: theirs };

/** Gives a peer the keys of the other end. */
function arm(peer: RtpPeer, keys: { send: SrtpKeying; receive: SrtpKeying } = srtp): void {
  peer.sealing ??= new SrtpSender();
  peer.opening ??= new SrtpReceiver();
  peer.sealing.setKeys(keys.receive);
  peer.opening.setKeys(keys.send);
}

/** A leg that has agreed on SRTP, its peer too. */
async function protectedBench(native: NativeSrtp | null): Promise<MediaBench> {
  const bench = await MediaBench.open({ nativeSrtp: native });
  bench.session.set(mediaOf({ srtp }));
  arm(bench.peer);
  return bench;
}

const loud = new Int16Array(160).fill(sampleOf[0x90]);

describe.each(srtpBackends)('SRTP on a leg, by $name', ({ native }) => {
  test.each(srtpProfileNames)('RFC 3711 §3.1 %s: both hear each other, RTCP is protected too', async (profile) => {
    const keys = { send: keying(1, profile), receive: keying(2, profile) };
    const bench = await MediaBench.open({ nativeSrtp: native });
    bench.session.set(mediaOf({ srtp: keys }));
    arm(bench.peer, keys);
    bench.beats(400, () => bench.peer.send(new Uint8Array(160).fill(0x80)), loud);
    bench.peer.sendRtcp([{ type: 'rr', ssrc: 1, reports: [] }]);
    bench.deliver();
    expect(bench.pulled.slice(10).every((sample) => sample === sampleOf[0x80])).toBe(true);
    expect(bench.peer.heard.slice(1).every(({ payload }) => payload.every((code) => code === 0x90))).toBe(true);
    expect(bench.peer.heard).toHaveLength(400);
    expect(bench.peer.reports.length).toBeGreaterThan(0);
    expect(bench.peer.refused).toBe(0);
    expect(bench.session.stats()).toMatchObject({
      packetsReceived: 400,
      packetsRefused: 0,
      srtpAuthFailures: 0,
      srtpReplayed: 0,
    });
    await bench.session.close();
    bench.deliver();
    expect(bench.peer.reports.at(-1)?.some(({ type }) => type === 'bye')).toBe(true);
  });

  test('RFC 3711 §3.3 RTP in the clear, under other keys, changed or replayed is neither heard nor moves anything', async () => {
    const bench = await protectedBench(native);
    bench.talk(10);
    const captured: Uint8Array[] = [];
    bench.network.filter = ({ data, to }) => {
      if (to.port === 10_000) captured.push(Uint8Array.from(data));
      return true;
    };
    bench.talk(1);
    bench.network.filter = null;
    const { sealing } = bench.peer;
    bench.peer.sealing = null;
    bench.beats(5, () => bench.peer.send(new Uint8Array(160).fill(0x00)));
    bench.peer.sealing = new SrtpSender();
    bench.peer.sealing.setKeys(keying(9));
    bench.beats(5, () => bench.peer.send(new Uint8Array(160).fill(0x00)));
    bench.peer.sealing = sealing;
    bench.beats(5, () => bench.peer.sendBytes(captured[0]!));
    const changed = Uint8Array.from(captured[0]!);
    changed[3]! += 9;
    bench.beats(1, () => bench.peer.sendBytes(changed));
    bench.peer.sendRtcpBytes(Uint8Array.of(0x80, 201, 0, 1, 0, 0, 0, 1));
    bench.deliver();
    expect(bench.pulled).not.toContain(sampleOf[0]);
    expect(bench.session.stats()).toMatchObject({
      packetsReceived: 11,
      packetsRefused: 17,
      srtpAuthFailures: 11,
      srtpReplayed: 5,
    });
    await bench.session.close();
  });

  test('design §9 packets of a stranger without the keys are not learned from, however many and in what order', async () => {
    const bench = await protectedBench(native);
    const stranger = await new RtpPeer({
      clock: bench.clock,
      network: bench.host('10.0.0.66'),
      address: '10.0.0.66',
      rtpPort: 6666,
    }).open(bench.peer.to);
    // The address of the SDP says nothing at all: without SRTP the fifth packet would be believed.
    bench.beats(50, () => stranger.send(new Uint8Array(160).fill(0x90)), loud);
    expect(stranger.heard).toEqual([]);
    expect(bench.pulled.every((heard) => heard === null)).toBe(true);
    expect(bench.session.stats()).toMatchObject({ packetsReceived: 0, srtpAuthFailures: 50 });
    // Who has the keys and comes through a NAT is learned as ever.
    arm(stranger);
    bench.beats(20, () => stranger.send(new Uint8Array(160).fill(0x90)), loud);
    bench.deliver();
    expect(stranger.heard.length).toBeGreaterThan(10);
    expect(bench.pulled.at(-1)).toBe(sampleOf[0x90]);
    await stranger.close();
    await bench.session.close();
  });

  test('once a source is locked, a stranger’s packets cost no cipher: they are refused by their address', async () => {
    const bench = await protectedBench(native);
    bench.talk(5);
    const stranger = await new RtpPeer({
      clock: bench.clock,
      network: bench.host('10.0.0.66'),
      address: '10.0.0.66',
      rtpPort: 6666,
    }).open(bench.peer.to);
    bench.beats(20, () => {
      bench.peer.send(new Uint8Array(160).fill(0x80));
      stranger.send(new Uint8Array(160).fill(0x90));
      stranger.sendRtcp([{ type: 'rr', ssrc: 1, reports: [] }]);
    });
    expect(bench.session.stats()).toMatchObject({ packetsReceived: 25, packetsRefused: 40, srtpAuthFailures: 0 });
    await stranger.close();
    await bench.session.close();
  });

  test('while only our offer is out nothing is known to protect with: nothing is heard, nothing goes out', async () => {
    const bench = await MediaBench.open({ nativeSrtp: native });
    bench.session.set(
      mediaOf({ remote: null, direction: 'recvonly', send: null, srtp: { send: null, receive: null } }),
    );
    bench.talk(10);
    bench.session.set(mediaOf({ srtp: { send: null, receive: null } }));
    bench.talk(10);
    bench.deliver();
    expect(bench.pulled.every((heard) => heard === null)).toBe(true);
    expect(bench.peer.heard).toEqual([]);
    expect(bench.session.stats()).toMatchObject({ packetsReceived: 0, packetsRefused: 20 });
    bench.session.set(mediaOf({ srtp }));
    arm(bench.peer);
    bench.talk(10);
    expect(bench.session.stats()).toMatchObject({ packetsReceived: 10 });
    await bench.session.close();
  });

  test('a key of the wrong length is no key: the leg is silent, not in the clear', async () => {
    const bench = await MediaBench.open({ nativeSrtp: native });
    const short = { profile: 'AES_CM_128_HMAC_SHA1_80', keyAndSalt: new Uint8Array(7) };
    bench.session.set(mediaOf({ srtp: { send: short, receive: short } }));
    bench.talk(10);
    bench.deliver();
    expect(bench.peer.heard).toEqual([]);
    expect(bench.session.stats()).toMatchObject({ packetsReceived: 0, packetsRefused: 10 });
    await bench.session.close();
  });
});

describe.each(srtpBackends)('SRTP and what happens to a call, by $name', ({ native }) => {
  test('RFC 3711 §3.3.1 the rollover counter goes on through hold and a re-INVITE that repeats the keys', async () => {
    const bench = await protectedBench(native);
    bench.peer.sequence = 65_500;
    // Ours begins at 65530 and wraps, as does the peer's.
    bench.beats(60, () => bench.peer.send(new Uint8Array(160).fill(0x80)), loud);
    bench.session.set(mediaOf({ direction: 'recvonly', held: true, srtp }));
    bench.beats(50);
    bench.session.set(mediaOf({ srtp: { send: { ...ours }, receive: { ...theirs } } }));
    bench.beats(50, () => bench.peer.send(new Uint8Array(160).fill(0x80)), loud);
    bench.deliver();
    expect(bench.peer.heard).toHaveLength(110);
    expect(steps(bench.peer.heard).sequences).toEqual(new Set([1]));
    expect(bench.peer.refused).toBe(0);
    expect(bench.session.stats()).toMatchObject({ packetsReceived: 110, packetsRefused: 0 });
    await bench.session.close();
  });

  test('RFC 4568 §7.1.4 re-keyed both ways: one sequence line, no packet of the old keys is lost on its way', async () => {
    const bench = await protectedBench(native);
    bench.beats(20, () => bench.peer.send(new Uint8Array(160).fill(0x80)), loud);
    bench.deliver();
    const next = { send: keying(3), receive: keying(4) };
    bench.session.set(mediaOf({ srtp: next }));
    // The answer is on its way: the peer still uses what it has.
    bench.talk(3);
    bench.deliver();
    arm(bench.peer, next);
    bench.beats(20, () => bench.peer.send(new Uint8Array(160).fill(0x80)), loud);
    bench.deliver();
    expect(bench.session.stats()).toMatchObject({ packetsReceived: 43, packetsRefused: 0 });
    // What we sent under the new keys before the peer had them is all that it missed.
    expect(bench.peer.heard).toHaveLength(40);
    expect(bench.peer.refused).toBe(3);
    // The old keys are over with the first packet of the new ones.
    bench.peer.sealing!.setKeys(theirs);
    bench.talk(3);
    expect(bench.session.stats()).toMatchObject({ packetsReceived: 43, srtpAuthFailures: 3 });
    await bench.session.close();
  });

  test('RFC 3550 §8.2 a new SSRC of the peer is heard under the same keys', async () => {
    const bench = await protectedBench(native);
    bench.talk(20);
    Object.assign(bench.peer, { ssrc: 99, sequence: 300, timestamp: 7 });
    bench.talk(20, 0x90);
    expect(bench.pulled.at(-1)).toBe(sampleOf[0x90]);
    expect(bench.session.stats()).toMatchObject({ packetsReceived: 40, packetsRefused: 0 });
    await bench.session.close();
  });

  test('RFC 4568 §7.3 early dialogs of a forked call have keys each; only the one that is heard now is opened', async () => {
    const bench = await protectedBench(native);
    const fork = await new RtpPeer({
      clock: bench.clock,
      network: bench.host('10.0.0.3'),
      address: '10.0.0.3',
      rtpPort: 4000,
    }).open(bench.peer.to);
    const forked = { send: ours, receive: keying(7) };
    arm(fork, forked);
    bench.talk(10);
    bench.beats(10, () => fork.send(new Uint8Array(160).fill(0x90)));
    expect(bench.session.stats()).toMatchObject({ packetsReceived: 10, packetsRefused: 10 });
    bench.session.set(mediaOf({ remote: { address: '10.0.0.3', rtpPort: 4000, rtcpPort: 4001 }, srtp: forked }));
    bench.beats(10, () => fork.send(new Uint8Array(160).fill(0x90)), loud);
    bench.deliver();
    expect(bench.pulled.at(-1)).toBe(sampleOf[0x90]);
    expect(fork.heard.at(-1)?.payload[SOUND_AT]).toBe(0x90);
    await fork.close();
    await bench.session.close();
  });

  test('a while in the clear between, and the same keys again: no packet index is used a second time', async () => {
    const bench = await protectedBench(native);
    bench.beats(10, undefined, loud);
    bench.deliver();
    bench.session.set(mediaOf());
    const opening = bench.peer.opening;
    bench.peer.opening = null;
    bench.beats(10, undefined, loud);
    bench.deliver();
    bench.session.set(mediaOf({ srtp }));
    bench.peer.opening = opening;
    bench.beats(10, undefined, loud);
    bench.deliver();
    expect(bench.peer.heard).toHaveLength(30);
    expect(steps(bench.peer.heard).sequences).toEqual(new Set([1]));
    await bench.session.close();
  });
});
