import { describe, expect, test } from 'vitest';
import { OneWayWatch } from '../../media/one-way.js';
import type { RtcpNews } from '../../media/rtcp/reporter.js';

const nothing: RtcpNews = { hasReport: false, extendedHighestSequence: -1, packetsSent: -1, bye: false };

/** A watch that is asked on each beat of a leg that sends; time and what happened are given in milliseconds. */
class Watched {
  readonly watch = new OneWayWatch();
  readonly told: string[] = [];
  nowMs = 0;
  sent = 0;

  constructor() {
    this.watch.arm(true, 0, { moved: true, packetsSent: 0 });
  }

  /** @param each what the peer does on each beat */
  run(ms: number, each?: (nowMs: number) => void): void {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs; ) {
      this.nowMs += 20;
      this.sent += 1;
      each?.(this.nowMs);
      const news = this.watch.check(this.nowMs, this.sent);
      if (news !== null) this.told.push(`${this.nowMs} ${news}${news === 'one-way' ? this.#why() : ''}`);
    }
  }

  report(news: Partial<RtcpNews>): void {
    this.watch.reported({ ...nothing, ...news }, this.sent, this.nowMs);
  }

  readonly talk = (nowMs: number): void => this.watch.heard(nowMs);

  #why(): string {
    return ` ${this.watch.broken} ${this.watch.cause} ${this.watch.silentMs}`;
  }
}

describe('nothing comes', () => {
  test('it is told within three seconds, once, and that it comes at last', () => {
    const leg = new Watched();
    leg.run(10_000);
    leg.run(1000, leg.talk);
    expect(leg.told).toEqual(['2500 one-way in nothing-came 2500', '10020 two-way']);
    leg.run(60_000);
    expect(leg.told.length).toBe(2);
    expect(leg.watch.count).toBe(1);
  });

  test('that it comes from elsewhere is told with it', () => {
    const leg = new Watched();
    leg.run(3000, () => leg.watch.refused('192.0.2.9', 4000));
    expect(leg.told).toEqual(['2500 one-way in from-elsewhere 2500']);
    expect(leg.watch).toMatchObject({ refusedAddress: '192.0.2.9', refusedPort: 4000 });
  });

  test('on hold nobody counts; what was told before is not told again after it, what has moved is', () => {
    const leg = new Watched();
    leg.run(2000);
    leg.watch.arm(false, leg.nowMs, { moved: false, packetsSent: leg.sent });
    leg.run(10_000);
    expect(leg.told).toEqual([]);
    leg.watch.arm(true, leg.nowMs, { moved: false, packetsSent: leg.sent });
    leg.run(3000);
    expect(leg.told).toEqual(['14500 one-way in nothing-came 2500']);
    leg.watch.arm(true, leg.nowMs, { moved: false, packetsSent: leg.sent });
    leg.run(3000);
    expect(leg.told.length).toBe(1);
    leg.watch.arm(true, leg.nowMs, { moved: true, packetsSent: leg.sent });
    leg.run(3000);
    expect(leg.told.at(-1)).toBe('20500 one-way in nothing-came 2500');
  });

  test('while we send nothing either, or stood still ourselves, it says nothing', () => {
    const leg = new Watched();
    expect(leg.watch.check(60_000, 0)).toBeNull();
    leg.nowMs = 60_000;
    leg.run(2000);
    expect(leg.told).toEqual([]);
  });
});

describe('it stops coming', () => {
  test('a phone that is silent and says so, or says nothing, is well', () => {
    const leg = new Watched();
    leg.run(5000, leg.talk);
    leg.run(60_000, (nowMs) => {
      if (nowMs % 5000 === 0) leg.report({ hasReport: true, extendedHighestSequence: nowMs });
    });
    expect(leg.told).toEqual([]);
  });

  test('a phone whose sender reports go on counting is not heard any more', () => {
    const leg = new Watched();
    leg.run(5000, leg.talk);
    const goOn = (nowMs: number): void => {
      if (nowMs % 5000 === 0) leg.report({ hasReport: true, extendedHighestSequence: nowMs, packetsSent: nowMs / 20 });
    };
    leg.run(15_000, goOn);
    expect(leg.told).toEqual(['15000 one-way in stopped 10000']);
    leg.run(1000, leg.talk);
    expect(leg.told.at(-1)).toBe('20020 two-way');
  });
});

describe('what we send does not come', () => {
  const seen = { hasReport: true, packetsSent: 1 };

  test('RFC 3550 §6.4 a report without a block about us, after seconds of sending, says so; one with it heals', () => {
    const leg = new Watched();
    leg.run(2000, leg.talk);
    leg.report(seen);
    leg.run(1000, leg.talk);
    leg.report(seen);
    leg.run(20, leg.talk);
    expect(leg.told).toEqual(['3020 one-way out not-heard 3020']);
    leg.run(5000, leg.talk);
    leg.report({ ...seen, extendedHighestSequence: 7 });
    leg.run(20, leg.talk);
    expect(leg.told.at(-1)).toBe('8040 two-way');
  });

  test('RFC 3550 §6.4.1 so does a highest sequence number that stands still', () => {
    const leg = new Watched();
    for (const extendedHighestSequence of [100, 300, 300]) {
      leg.run(5000, leg.talk);
      leg.report({ ...seen, extendedHighestSequence });
    }
    leg.run(20, leg.talk);
    expect(leg.told).toEqual(['15020 one-way out not-heard 15020']);
  });

  test('a report that comes soon, one that says goodbye, or one of a leg that sent little says nothing', () => {
    const leg = new Watched();
    leg.run(2000, leg.talk);
    leg.report(seen);
    leg.run(4000, leg.talk);
    leg.report({ ...seen, bye: true });
    leg.sent = 30;
    leg.watch.reported({ ...nothing, ...seen }, 30, leg.nowMs);
    leg.run(20, leg.talk);
    expect(leg.told).toEqual([]);
  });

  test('both ways may be broken', () => {
    const leg = new Watched();
    leg.run(5000);
    leg.report(seen);
    leg.run(20);
    expect(leg.told).toEqual(['2500 one-way in nothing-came 2500', '5020 one-way both nothing-came 5020']);
  });
});
