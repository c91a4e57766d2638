import fc from 'fast-check';
import { expect, test } from 'vitest';
import { localUfragIn } from '../../../media/ice/username.js';
import { dtlsMedia } from '../../support/dtls-bench.js';
import { Browser, checkOf, SharedBench } from '../../support/shared-bench.js';

test('RFC 8445 §7.1.2 the user fragment of a check is found, and no bytes make it look outside', () => {
  const good = checkOf({ ufrag: 'ours' });
  expect(localUfragIn(good, good.length)).toBe('ours');
  for (let length = 0; length < 20 + 4; length += 1) expect(localUfragIn(good, length)).toBeNull();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(60), (bytes, at) => {
      const turned = Buffer.from(good);
      Buffer.from(bytes).copy(turned, at);
      const found = localUfragIn(turned, turned.length);
      expect(found === null || found.length <= 512).toBe(true);
    }),
  );
});

test('RFC 7983 no datagram of a stranger or of a browser makes a shared port throw, or its browser unheard', async () => {
  const bench = new SharedBench();
  const leg = await bench.leg('legA');
  leg.agree();
  const browser = await Browser.open(bench, 'legA', { address: '10.0.0.2' });
  const stranger = await Browser.open(bench, 'legA', { address: '10.0.0.66' });
  browser.connect();
  bench.beats(10);
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 120 }),
      fc.boolean(),
      fc.integer({ min: -1, max: 255 }),
      (bytes, known, first) => {
        const data = Buffer.from(bytes);
        if (first >= 0 && data.length > 0) data[0] = first;
        (known ? browser : stranger).peer.sendBytes(data);
        bench.beats(1);
      },
    ),
    { numRuns: 300 },
  );
  bench.beats(60, () => browser.speak());
  expect(leg.pulled.at(-1)).not.toBeNull();
  expect(stranger.peer.heard).toEqual([]);
  expect(bench.shared.sources).toBe(1);
  expect(leg.events.filter((each) => !each.startsWith('started'))).toEqual([]);
});

test('RFC 8489 §6.3.3 checks of ours that nobody answers are kept sixteen a leg, and gone with it', async () => {
  const bench = new SharedBench();
  const legs = [await bench.leg('legA'), await bench.leg('another')];
  const places = Array.from({ length: 8 }, (_, at) => ({ address: `10.0.0.${100 + at}`, port: 5000 }));
  for (let turn = 0; turn < 5; turn += 1) {
    for (const { session, name } of legs) {
      const remoteUfrag = `them${turn}`;
      const checks = { remotePassword: 'y'.repeat(22), places };
      const ice = { localUfrag: name, localPassword: 'x'.repeat(22), remoteUfrag, isRemoteLite: true, checks };
      session.set(dtlsMedia('active', { ice }));
    }
    bench.beats(50);
  }
  expect(bench.shared.waiting).toBe(32);
  await legs[0]!.session.close();
  expect(bench.shared.waiting).toBe(16);
  await legs[1]!.session.close();
  expect(bench.shared.waiting).toBe(0);
});
