import { describe, expect, test } from 'vitest';
import { IceChecks } from '../../../media/ice/checks.js';
import { attribute, isIntegral, readStun, type StunMessage, stunType, writeStun } from '../../../media/ice/stun.js';
import type { LegIce } from '../../../media/sdp/leg-media.js';
import { ManualClock } from '../../support/manual-clock.js';
import { createSeededRandom } from '../../support/seeded-random.js';

const remotePassword = 'y'.repeat(22);
const places = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((address) => ({ address, port: 4000 }));
const base = { localUfrag: 'ours', localPassword: 'x'.repeat(22), remoteUfrag: 'them', isRemoteLite: true };
const ice: LegIce = { ...base, checks: { remotePassword, places } };

interface Sent {
  readonly to: string;
  readonly atMs: number;
  readonly message: StunMessage;
}

class Bench {
  readonly clock = new ManualClock();
  readonly sent: Sent[] = [];
  readonly nominated: string[] = [];
  readonly answeredMs: number[] = [];
  readonly checks = new IceChecks({
    clock: this.clock,
    random: createSeededRandom(5),
    send: (address, _port, datagram) =>
      this.sent.push({ to: address, atMs: this.clock.nowMs(), message: readStun(Buffer.from(datagram))! }),
    onNominated: (address, port) => this.nominated.push(`${address}:${port}`),
    onAnswered: (nowMs) => this.answeredMs.push(nowMs),
  });

  answer(
    { to, message }: Sent,
    {
      from = to,
      password = remotePassword,
      type = stunType.success,
    }: { from?: string; password?: string; type?: number } = {},
  ): boolean {
    return this.checks.receive(writeStun(type, message.transactionId, [], password), from, 4000);
  }

  nominating(): string[] {
    return this.sent.filter(({ message }) => message.attributes.has(attribute.useCandidate)).map(({ to }) => to);
  }
}

describe('RFC 8445 §7.2 checks of a lite peer', () => {
  test('go to its places one each 50 ms, in their order, as of the controlling side, and again after 500 ms', () => {
    const bench = new Bench();
    bench.checks.set(ice);
    bench.clock.advanceSync(499);
    expect(bench.sent.map(({ to, atMs }) => [to, atMs])).toEqual(places.map(({ address }, at) => [address, at * 50]));
    const { message } = bench.sent[0]!;
    expect(message.attributes.get(attribute.username)?.toString()).toBe('them:ours');
    expect([...message.attributes.keys()]).toEqual(
      expect.arrayContaining([attribute.priority, attribute.iceControlling]),
    );
    expect(isIntegral(message, remotePassword)).toBe(true);
    bench.clock.advanceSync(1);
    expect(bench.sent[3]).toMatchObject({ to: '192.0.2.1', message: { transactionId: message.transactionId } });
  });

  test('RFC 8445 §8.1.1 the best place that answers is nominated at once, and told when it has answered that', () => {
    const bench = new Bench();
    bench.checks.set(ice);
    expect(bench.answer(bench.sent[0]!)).toBe(true);
    expect([bench.nominating(), bench.nominated]).toEqual([['192.0.2.1'], []]);
    bench.answer(bench.sent.at(-1)!);
    expect(bench.nominated).toEqual(['192.0.2.1:4000']);
    bench.clock.advanceSync(2000);
    expect(bench.sent).toHaveLength(2);
  });

  test('another one after 200 ms, in which a better one may still answer', () => {
    const bench = new Bench();
    bench.checks.set(ice);
    bench.clock.advanceSync(120);
    bench.answer(bench.sent[2]!);
    bench.clock.advanceSync(150);
    expect(bench.nominating()).toEqual([]);
    bench.answer(bench.sent[1]!);
    bench.clock.advanceSync(100);
    expect(bench.nominating()).toEqual(['192.0.2.2']);
    bench.answer(bench.sent.at(-1)!);
    expect(bench.nominated).toEqual(['192.0.2.2:4000']);
  });

  test('RFC 8445 §7.2.5 an answer of elsewhere, with another password, of no check of ours, or an error is none', () => {
    const bench = new Bench();
    bench.checks.set(ice);
    const [first] = bench.sent;
    expect(bench.answer(first!, { from: '203.0.113.9' })).toBe(false);
    expect(bench.answer(first!, { password: 'z'.repeat(22) })).toBe(false);
    expect(bench.answer(first!, { type: stunType.error })).toBe(false);
    expect(
      bench.checks.receive(writeStun(stunType.success, Buffer.alloc(12), [], remotePassword), first!.to, 4000),
    ).toBe(false);
    expect(bench.checks.receive(Buffer.alloc(3), first!.to, 4000)).toBe(false);
    expect([bench.nominating(), bench.answeredMs]).toEqual([[], []]);
    expect([bench.answer(first!), bench.answer(first!)]).toEqual([true, false]);
  });

  test('RFC 7675 §5.1 the nominated place is asked for its consent each 4 s', () => {
    const bench = new Bench();
    bench.checks.set(ice);
    bench.answer(bench.sent[0]!);
    bench.answer(bench.sent[1]!);
    bench.clock.advanceSync(8001);
    expect(bench.sent.slice(2).map(({ to, atMs }) => [to, atMs])).toEqual([
      ['192.0.2.1', 4000],
      ['192.0.2.1', 8000],
    ]);
    bench.answer(bench.sent.at(-1)!);
    expect([bench.answeredMs.at(-1), bench.nominated.length]).toEqual([8001, 1]);
  });

  test('RFC 8445 §9 the same credentials change nothing, others begin anew; without checks, or closed, nothing is sent', () => {
    const bench = new Bench();
    bench.checks.set(ice);
    bench.answer(bench.sent[0]!);
    bench.answer(bench.sent[1]!);
    bench.checks.set({ ...ice });
    expect(bench.sent).toHaveLength(2);
    bench.checks.set({ ...ice, remoteUfrag: 'anew' });
    bench.answer(bench.sent[2]!);
    bench.answer(bench.sent[3]!);
    expect(bench.nominated).toHaveLength(2);
    bench.checks.set(base);
    bench.clock.advanceSync(20_000);
    bench.checks.set(ice);
    bench.checks.close();
    bench.clock.advanceSync(20_000);
    expect(bench.sent).toHaveLength(5);
  });

  test('RFC 8445 §19.5.1 eight places at most, for ten seconds', () => {
    const bench = new Bench();
    const many = Array.from({ length: 30 }, (_, at) => ({ address: `198.51.100.${at}`, port: 4000 }));
    bench.checks.set({ ...base, checks: { remotePassword, places: many } });
    bench.clock.advanceSync(60_000);
    expect(new Set(bench.sent.map(({ to }) => to)).size).toBe(8);
    expect(bench.sent.length).toBeLessThanOrEqual(8 * 21);
    expect(bench.sent.at(-1)!.atMs).toBeLessThanOrEqual(10_050);
  });
});
