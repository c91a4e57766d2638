import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { type NativeSrtp, nativeSrtpOf } from '../../../base/native-srtp.js';
import { SrtpReceiver, SrtpSender } from '../../../media/srtp/context.js';
import { SrtpPath } from '../../../media/srtp/path.js';
import { type SrtpProfileName, srtpProfileNames, srtpProfiles } from '../../../media/srtp/profiles.js';
import { addonFile } from '../../../native/build.mjs';
import { nativeAddon } from '../../support/native-addon.js';

function keying(profile: SrtpProfileName, fill = 1) {
  const { keyBytes, saltBytes } = srtpProfiles[profile];
  return { profile, keyAndSalt: new Uint8Array(keyBytes + saltBytes).fill(fill) };
}

const rtp = Buffer.concat([Buffer.from('800000010000000012345678', 'hex'), Buffer.alloc(40, 7)]);
const rtcp = Buffer.concat([Buffer.from('80c9000412345678', 'hex'), Buffer.alloc(12, 7)]);
/** Of AES_CM_128_HMAC_SHA1_80. */
const keys = new Uint8Array(50).fill(3);

function sealed(sender: SrtpSender, plain: Buffer): Buffer {
  const data = Buffer.concat([plain, Buffer.alloc(20)]);
  const length = plain === rtp ? sender.protectRtp(data, plain.length) : sender.protectRtcp(data, plain.length);
  return data.subarray(0, length);
}

describe.skipIf(nativeAddon === null)('SRTP of the addon', () => {
  const native = nativeAddon as NativeSrtp;
  const open = new Set<number>();
  /** The addon's, with the handles that are open. */
  const watched: NativeSrtp = changed({
    srtpOpen: (...given) => {
      const handle = native.srtpOpen(...given);
      if (handle >= 0) open.add(handle);
      return handle;
    },
    srtpClose: (handle) => {
      native.srtpClose(handle);
      open.delete(handle);
    },
  });

  /** Its functions can neither be enumerated nor written over. */
  function changed(changes: Partial<NativeSrtp>): NativeSrtp {
    return Object.create(native, Object.getOwnPropertyDescriptors(changes)) as NativeSrtp;
  }

  afterEach(() => {
    for (const handle of open) native.srtpClose(handle);
    open.clear();
  });

  test('is there on every Node that has OpenSSL 3', () => {
    const has = process.versions.openssl.startsWith('3.');
    expect([nativeAddon!.hasSrtp, nativeSrtpOf(nativeAddon!) !== null]).toEqual([has, has]);
  });

  test.each(srtpProfileNames)('%s: what either protects the other opens, bit for bit', (profile) => {
    const senders = [null, watched].map((each) => new SrtpSender({ native: each }));
    const receivers = [watched, null].map((each) => new SrtpReceiver({ native: each }));
    for (const context of [...senders, ...receivers]) context.setKeys(keying(profile));
    for (const plain of [rtp, rtcp]) {
      const packets = senders.map((sender) => sealed(sender, plain));
      expect(packets[0]).toEqual(packets[1]);
      for (const [i, receiver] of receivers.entries()) {
        const data = Buffer.from(packets[i]!);
        const length =
          plain === rtp ? receiver.unprotectRtp(data, data.length) : receiver.unprotectRtcp(data, data.length);
        expect(data.subarray(0, length)).toEqual(plain);
      }
    }
    expect(open.size).toBe(2);
  });

  test.each(srtpProfileNames)('%s: of any bytes it says and leaves what node:crypto does', (profile) => {
    const sender = new SrtpSender();
    const receivers = [null, watched].map((each) => new SrtpReceiver({ native: each }));
    for (const context of [sender, ...receivers]) context.setKeys(keying(profile));
    const genuine = [sealed(sender, rtp), sealed(sender, rtcp)];
    const changes = fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 3 });
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 90 }),
      fc.tuple(fc.constantFrom(...genuine), changes, fc.nat(80)).map(([packet, changed, cut]) => {
        const data = Buffer.from(packet.subarray(0, packet.length - (cut > 60 ? cut - 60 : 0)));
        for (const [at, value] of changed) if (at < data.length) data[at] = value;
        return data;
      }),
    );
    fc.assert(
      fc.property(bytes, fc.boolean(), (content, isRtp) => {
        const results = receivers.map((receiver) => {
          const data = Buffer.from(content);
          const length = isRtp ? receiver.unprotectRtp(data, data.length) : receiver.unprotectRtcp(data, data.length);
          return { length, data, fault: length > 0 ? null : receiver.fault };
        });
        expect(results[1]).toEqual(results[0]);
      }),
      { numRuns: 1000 },
    );
    expect(receivers[1]!.stats).toEqual(receivers[0]!.stats);
    expect(receivers[0]!.stats.packets).toBeGreaterThan(0);
  });

  test('keys are given back when others have taken their place, and all of them at the end', () => {
    const [sender, receiver] = [new SrtpSender({ native: watched }), new SrtpReceiver({ native: watched })];
    const profile = 'AEAD_AES_128_GCM';
    for (const context of [sender, receiver]) context.setKeys(keying(profile));
    receiver.unprotectRtp(sealed(sender, rtp), rtp.length + 16);
    for (const context of [sender, receiver]) context.setKeys(keying(profile, 2));
    expect(open.size).toBe(4);
    // The first packet under the new ones.
    expect(receiver.unprotectRtp(sealed(sender, rtp), rtp.length + 16)).toBe(rtp.length);
    expect(open.size).toBe(3);
    sender.setKeys(keying(profile, 3));
    sender.setKeys(keying('AES_CM_128_HMAC_SHA1_32', 4));
    expect(open.size).toBe(3);
    sender.setKeys(null);
    for (const context of [sender, receiver]) context.close();
    expect(open.size).toBe(0);
    expect(receiver.unprotectRtp(Buffer.from(rtp), rtp.length)).toBe(0);
    expect(receiver.fault).toBe('unknown-profile');
  });

  test('a leg that was closed takes no more keys', () => {
    const path = new SrtpPath(undefined as never, watched);
    const both = { send: keying('AES_CM_128_HMAC_SHA1_80'), receive: keying('AES_CM_128_HMAC_SHA1_80', 2) };
    path.set(both);
    expect(open.size).toBe(2);
    path.close();
    path.set(both);
    expect(open.size).toBe(0);
    expect(path.openRtp(Buffer.from(rtp), rtp.length)).toBe(0);
  });

  test('where it has no room for more keys, node:crypto takes them', () => {
    const full = changed({ srtpOpen: () => -1 });
    const [sender, receiver] = [new SrtpSender({ native: full }), new SrtpReceiver({ native: watched })];
    for (const context of [sender, receiver]) context.setKeys(keying('AES_CM_128_HMAC_SHA1_80'));
    const data = sealed(sender, rtp);
    expect(receiver.unprotectRtp(data, data.length)).toBe(rtp.length);
    sender.close();
  });

  test('has 16,384 contexts in a thread, and those that are closed are free again', async () => {
    // In a thread of its own: others have contexts open in this one.
    const worker = new Worker(
      `const { parentPort } = require('node:worker_threads');
       const addon = require(${JSON.stringify(addonFile)});
       const keys = new Uint8Array(50);
       const open = () => addon.srtpOpen(16, 10, keys, keys);
       const handles = new Set();
       for (let handle = open(); handle >= 0; handle = open()) handles.add(handle);
       for (const handle of handles) addon.srtpClose(handle);
       const again = open();
       parentPort.postMessage({ contexts: handles.size, again, isNew: !handles.has(again) });`,
      { eval: true },
    );
    const [told] = await once(worker, 'message');
    expect(told).toEqual({ contexts: 16_384, again: expect.any(Number), isNew: true });
    expect(told.again).toBeGreaterThanOrEqual(0);
  });

  test('throws a TypeError for every wrong argument', () => {
    const handle = watched.srtpOpen(16, 10, keys, keys);
    const closed = native.srtpOpen(16, 10, keys, keys);
    native.srtpClose(closed);
    const data = new Uint8Array(100);
    const gone = new Uint8Array(100);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    const noBytes = [null, undefined, {}, 'x', 7, new Uint8Array(0), gone, new Int8Array(100), new Float64Array(9)];
    const noHandles = [
      closed,
      -1,
      handle + 1,
      handle ^ (1 << 20),
      2 ** 31 - 1,
      2 ** 32,
      0.5,
      Number.NaN,
      '0',
      null,
      {},
    ];
    const noLengths = [-1, 101, 2 ** 31 - 1, -(2 ** 31), 2 ** 32 + 20, 1.5, Number.NaN, '20', null];
    const functions = {
      srtpClose: [[], ...noHandles.map((each) => [each])],
      srtpSealRtp: [
        ...[...noHandles.map((each) => [each, data, 12, 20, 0]), ...noBytes.map((each) => [handle, each, 12, 20, 0])],
        ...[...noLengths, 91, 100].map((each) => [handle, data, 12, each, 0]),
        ...[...noLengths, 11, 21].map((each) => [handle, data, each, 20, 0]),
        ...[[], [handle], [handle, data, 12, 20], [handle, data, 12, 20, 1.5]],
      ],
      srtpOpenRtp: [
        ...[...noHandles.map((each) => [each, data, 12, 40, 0]), ...noBytes.map((each) => [handle, each, 12, 40, 0])],
        ...[...noLengths, 0, 9, 21].map((each) => [handle, data, 12, each, 0]),
        ...[...noLengths, 11, 31].map((each) => [handle, data, each, 40, 0]),
      ],
      srtpSealRtcp: [
        ...[...noHandles.map((each) => [each, data, 20, 0]), ...noBytes.map((each) => [handle, each, 20, 0])],
        ...[...noLengths, 7, 87].map((each) => [handle, data, each, 0]),
        ...[-1, 2 ** 31, 'x'].map((each) => [handle, data, 20, each]),
      ],
      srtpOpenRtcp: [
        ...[...noHandles.map((each) => [each, data, 40]), ...noBytes.map((each) => [handle, each, 40])],
        ...[...noLengths, 0, 21].map((each) => [handle, data, each]),
      ],
      srtpOpen: [
        ...[[], [16], [16, 10, keys], [24, 10, keys, keys], [16, 12, keys, keys], [16, 16, keys, keys]],
        ...[
          [32, 10, keys, keys],
          [16, 10, keys, keys.subarray(1)],
          [16, 10, keys.subarray(1), keys],
        ],
        ...noBytes.map((each) => [16, 10, keys, each]),
      ],
    } as const;
    for (const [name, calls] of Object.entries(functions)) {
      const call = native[name as keyof NativeSrtp] as (...given: readonly unknown[]) => unknown;
      for (const [i, given] of calls.entries()) expect(() => call(...given), `${name} ${i}`).toThrow(TypeError);
    }
    // What is right is still done: a header as long as the packet, and a buffer that the tag just fits into.
    expect(native.srtpSealRtp(handle, data, 90, 90, -1)).toBe(100);
    expect(native.srtpOpenRtp(handle, data, 90, 100, -1)).toBe(90);
    expect(native.srtpSealRtcp(handle, data, 8, 2 ** 31 - 1)).toBe(22);
    expect(native.srtpOpenRtcp(handle, data, 22)).toBe(8);
  });

  test('a handle is that of its own thread, and a thread that ends with keys harms nobody', async () => {
    const handle = watched.srtpOpen(16, 10, keys, keys);
    const worker = new Worker(
      `const { parentPort } = require('node:worker_threads');
       const addon = require(${JSON.stringify(addonFile)});
       const keys = new Uint8Array(50);
       let told = '';
       try { addon.srtpClose(${handle}); } catch (error) { told = error.message; }
       for (let i = 0; i < 1000; i += 1) addon.srtpOpen(16, 10, keys, keys);
       parentPort.postMessage(told);`,
      { eval: true },
    );
    const [told] = (await once(worker, 'message')) as [string];
    expect(told).toBe('no such SRTP context');
    if ((await once(worker, 'exit'))[0] !== 0) throw new Error('the thread did not end in order');
    const data = Buffer.concat([rtp, Buffer.alloc(10)]);
    expect(native.srtpSealRtp(handle, data, 12, rtp.length, 0)).toBe(rtp.length + 10);
  });
});
