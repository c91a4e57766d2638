import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { channelEvent, closedChannel, openedChannel, rtpWorkload } from '../../../contract/mediaswitch/rtp.js';
import type { CodecName } from '../../../media/index.js';
import { controlUrl, RtpStage } from '../../support/rtp-stage.js';
import { levelOf } from '../../support/voice.js';

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('mediaswitch row 25: POST /', () => {
  test('a blank document opens a channel: its id under both names, published address, even port, workload', async () => {
    const stage = new RtpStage();
    for (const path of ['/', '/channel', '/channel/']) {
      const opened = openedChannel.strict().parse(await stage.must('POST', path, {}));
      expect(opened.uuid).toMatch(uuidPattern);
      expect(opened).toMatchObject({ channel: opened.uuid, ip: '192.0.2.1' });
      expect(opened.port % 2).toBe(0);
    }
    const { channels } = openedChannel.parse(await stage.must('POST', '/', ''));
    expect(channels).toEqual({ active: 4, available: 496 });
  });

  test('GET /channel tells the workload without a new channel', async () => {
    const stage = new RtpStage();
    await stage.must('POST', '/', {});
    for (const path of ['/channel', '/channel/']) {
      const workload = rtpWorkload.strict().parse(await stage.must('GET', path));
      expect(workload).toMatchObject({
        channels: { active: 1, available: 499 },
        load: { busy_share: expect.any(Number) },
      });
    }
    expect(stage.server.counters().rtp_channels).toBe(1);
  });

  test('control is a URL or host and port; unknown keys are ignored; what is neither is a 400', async () => {
    const stage = new RtpStage();
    for (const control of ['http://127.0.0.1:9001', { host: '127.0.0.1', port: 9001 }, null]) {
      await stage.must('POST', '/', { control, other: 1 });
    }
    for (const body of [{ control: 'ftp://x' }, { control: 7 }, '{', '[]']) {
      expect((await stage.ask('POST', '/', body))[0]).toBe(400);
    }
    expect(stage.server.counters().rtp_channels).toBe(3);
  });

  test('when all ports are taken: 503 "Currently out of channels", and counted', async () => {
    const stage = new RtpStage();
    for (let taken = 0; taken < 500; taken += 1) stage.media.ports.next();
    expect(await stage.ask('POST', '/', {})).toEqual([503, { error: 'Currently out of channels' }]);
    stage.media.ports.release({ rtpPort: 10_000, rtcpPort: 10_001 });
    await stage.clock.advance(1000);
    await stage.must('POST', '/', {});
    stage.refusal = 'mixer-late';
    expect((await stage.ask('POST', '/', {}))[0]).toBe(503);
    expect(stage.server.counters().rtp_channels_refused_total).toBe(2);
  });
});

describe('mediaswitch row 26: target, mix, unmix, delete', () => {
  test('ids that are not, or no more, are 404 on every route; so are unknown paths, and wrong methods are 405', async () => {
    const stage = new RtpStage();
    const { uuid } = await stage.must('POST', '/', {});
    await stage.must('DELETE', `/channel/${uuid}/`);
    const target = { ip: '10.0.2.1', port: 4000 };
    const asked: [string, string, unknown][] = [
      ['PUT', `/channel/${uuid}`, target],
      ['PUT', `/channel/target/${uuid}`, target],
      ['PUT', `/channel/${uuid}/mix/${uuid}`, undefined],
      ['PUT', `/channel/${uuid}/unmix`, undefined],
      ['PUT', `/channel/${uuid}/play`, { files: [{ wav: 'a.wav' }] }],
      ['PUT', `/channel/${uuid}/record`, { file: 'a.wav' }],
      ['PUT', `/channel/${uuid}/dtmf`, { digits: '1' }],
      ['PUT', `/channel/${uuid}/echo`, { on: true }],
      ['DELETE', `/channel/${uuid}`, undefined],
      ['PUT', '/nowhere', {}],
    ];
    for (const [method, path, body] of asked)
      expect([path, (await stage.ask(method, path, body))[0]]).toEqual([path, 404]);
    expect((await stage.ask('GET', '/'))[0]).toBe(405);
  });

  test('two that are mixed hear each other and not themselves; unmixed they hear nothing', async () => {
    const stage = new RtpStage();
    const [a, b] = [await stage.phone(500), await stage.phone(900)];
    expect(await stage.hears([a, b], [500, 900])).toEqual([[], []]);
    await stage.must('PUT', `/channel/${a.uuid}/mix/${b.uuid}`);
    await stage.clock.advance(300);
    expect(await stage.hears([a, b], [500, 900])).toEqual([[900], [500]]);
    await stage.must('PUT', `/channel/${b.uuid}/unmix`);
    await stage.clock.advance(300);
    expect(await stage.hears([a, b], [500, 900])).toEqual([[], []]);
    expect(stage.media.pool.counts().rooms).toBe(0);
    expect((await stage.ask('PUT', `/channel/${a.uuid}/mix/${a.uuid}`))[0]).toBe(400);
  });

  test('mediaswitch row 29: mixing is transitive, and joins two mixes to one; a closed channel leaves the others mixed', async () => {
    const stage = new RtpStage(2);
    const tones = [500, 900, 1300, 1700];
    const [a, b, c, d] = [
      await stage.phone(500),
      await stage.phone(900),
      await stage.phone(1300),
      await stage.phone(1700),
    ];
    await stage.must('PUT', `/channel/${a.uuid}/mix/${b.uuid}`);
    await stage.must('PUT', `/channel/${c.uuid}/mix/${d.uuid}/`);
    await stage.must('PUT', `/channel/${d.uuid}/mix/${a.uuid}`);
    await stage.clock.advance(400);
    expect(await stage.hears([a, b, c, d], tones)).toEqual([
      [900, 1300, 1700],
      [500, 1300, 1700],
      [500, 900, 1700],
      [500, 900, 1300],
    ]);
    await stage.must('DELETE', `/channel/${a.uuid}`);
    await stage.clock.advance(400);
    expect(await stage.hears([b, c, d], tones)).toEqual([
      [1300, 1700],
      [900, 1700],
      [900, 1300],
    ]);
  });

  test('target moves the peer and keeps what was agreed on', async () => {
    const stage = new RtpStage();
    const [a, b] = [await stage.phone(500, 'pcma'), await stage.phone(900)];
    await stage.must('PUT', `/channel/${a.uuid}/mix/${b.uuid}`);
    const sentTo = new Set<string>();
    stage.media.network.filter = ({ from, to }) => {
      if (from.address === '10.0.0.1') sentTo.add(to.address);
      return true;
    };
    a.voice.toneHz = 0;
    await stage.must('PUT', `/channel/target/${a.uuid}`, { address: '10.0.2.99', port: 4000 });
    await stage.clock.advance(100);
    expect(sentTo).toContain('10.0.2.99');
    await stage.must('PUT', `/channel/target/${a.uuid}/`, { ip: '10.0.2.1', port: 4000 });
    await stage.clock.advance(300);
    expect(await stage.hears([a], [900])).toEqual([[900]]);
  });

  test('DELETE tells the workload that is left, and control the end with its figures', async () => {
    const stage = new RtpStage();
    const phone = await stage.phone(500);
    await stage.clock.advance(1000);
    const closed = closedChannel.strict().parse(await stage.must('DELETE', `/channel/${phone.uuid}`));
    expect(closed.channels).toEqual({ active: 0, available: 500 });
    await stage.clock.advance(50);
    const [event] = stage.eventsOf(phone);
    const read = channelEvent.parse(event);
    if (read.event !== 'close') throw new Error('another event');
    expect(read).toMatchObject({ reason: 'requested', stats: { in: { lost: 0 }, mos: 4.5 } });
    expect(read.stats.in.pkts).toBeGreaterThan(40);
    expect(read.stats.out.pkts).toBeGreaterThan(40);
    await phone.voice.close();
    await stage.clock.advance(1100);
    expect(stage.clock.pendingTimers).toBe(0);
    expect(stage.media.network.openSockets()).toEqual([]);
  });
});

describe('mediaswitch row 28: transcoding', () => {
  const kinds: CodecName[] = ['pcma', 'pcmu', 'g722', 'ilbc'];
  const pairs = kinds.flatMap((a, index) => kinds.slice(index + 1).map((b) => [a, b] as const));

  test.each(pairs)('%s and %s hear each other', async (codecA, codecB) => {
    const stage = new RtpStage();
    const [a, b] = [await stage.phone(500, codecA), await stage.phone(900, codecB)];
    await stage.must('PUT', `/channel/${a.uuid}/mix/${b.uuid}`);
    await stage.clock.advance(600);
    a.voice.takeHeard();
    b.voice.takeHeard();
    await stage.clock.advance(600);
    expect(levelOf(a.voice.takeHeard(), 900, a.voice.rateHz)).toBeGreaterThan(-15);
    expect(levelOf(b.voice.takeHeard(), 500, b.voice.rateHz)).toBeGreaterThan(-15);
  });

  test('the first of 0, 8, 9 and 97 is sent, whatever stands before it', async () => {
    const stage = new RtpStage();
    const [a, b] = [await stage.phone(500, 'g722', [3, 101, 9, 0]), await stage.phone(900)];
    await stage.must('PUT', `/channel/${a.uuid}/mix/${b.uuid}`);
    await stage.clock.advance(300);
    expect(await stage.hears([a], [900])).toEqual([[900]]);
  });
});

describe('mediaswitch row 29: digits, echo, idle channels', () => {
  test('digits go out as telephone-events, and those that come in are told to control', async () => {
    const stage = new RtpStage();
    const phone = await stage.phone(500);
    await stage.must('PUT', `/channel/${phone.uuid}/dtmf`, { digits: '12#a' });
    phone.voice.session.dtmf('9*', 100);
    await stage.clock.advance(2500);
    expect(phone.voice.digits).toEqual(['1', '2', '#', 'A']);
    expect(stage.eventsOf(phone)).toEqual([
      { event: 'dtmf', digit: '9' },
      { event: 'dtmf', digit: '*' },
    ]);
    for (const digits of ['', '1x', 5]) {
      expect((await stage.ask('PUT', `/channel/${phone.uuid}/dtmf`, { digits }))[0]).toBe(400);
    }
    const without = await stage.phone(900, 'pcmu', [0]);
    expect((await stage.ask('PUT', `/channel/${without.uuid}/dtmf`, { digits: '1' }))[0]).toBe(409);
  });

  test('echo on: a channel hears itself, by itself and mixed; off: not', async () => {
    const stage = new RtpStage();
    const [a, b] = [await stage.phone(500), await stage.phone(900)];
    await stage.must('PUT', `/channel/${a.uuid}/echo`, { on: true });
    await stage.clock.advance(300);
    expect(await stage.hears([a, b], [500, 900])).toEqual([[500], []]);
    await stage.must('PUT', `/channel/${a.uuid}/mix/${b.uuid}`);
    await stage.clock.advance(300);
    expect(await stage.hears([a, b], [500, 900])).toEqual([[500, 900], [500]]);
    await stage.must('PUT', `/channel/${a.uuid}/echo`, { on: false });
    await stage.must('PUT', `/channel/${a.uuid}/unmix`);
    await stage.clock.advance(300);
    expect(await stage.hears([a, b], [500, 900])).toEqual([[], []]);
  });

  test('a peer that is silent for 20 s ends its channel, but not on hold, and then again when it is back', async () => {
    const stage = new RtpStage();
    const [phone, held, back] = [await stage.phone(500), await stage.phone(900), await stage.phone(1300)];
    await stage.must('PUT', `/channel/${held.uuid}`, { ip: '10.0.2.2', port: 4000, direction: { recv: false } });
    await stage.must('PUT', `/channel/${back.uuid}`, { ip: '0.0.0.0', port: 4000 });
    for (const { voice } of [phone, held, back]) await voice.close();
    await stage.clock.advance(19_000);
    expect(stage.server.counters().rtp_channels).toBe(3);
    await stage.clock.advance(1500);
    expect(stage.eventsOf(phone)).toMatchObject([{ event: 'close', reason: 'idle-timeout' }]);
    expect(stage.server.counters()).toMatchObject({ rtp_channels: 2, rtp_channels_idle_total: 1 });
    await stage.must('PUT', `/channel/${back.uuid}`, { ip: '10.0.2.3', port: 4000 });
    await stage.clock.advance(21_000);
    expect(stage.eventsOf(back)).toMatchObject([{ event: 'close', reason: 'idle-timeout' }]);
    expect(stage.eventsOf(held)).toEqual([]);
  });

  test('a channel whose peer was never named ends after 1 h, one on hold after 2 h', async () => {
    const stage = new RtpStage(0);
    const [never, held] = [await stage.must('POST', '/', { control: controlUrl }), await stage.must('POST', '/', {})];
    await stage.must('PUT', `/channel/${held.uuid}`, { ip: '10.0.2.1', port: 4000, direction: { recv: false } });
    await stage.clock.advance(3_599_000);
    expect(stage.server.counters().rtp_channels).toBe(2);
    await stage.clock.advance(1500);
    expect(stage.eventsOf({ uuid: String(never.uuid) })).toMatchObject([{ event: 'close', reason: 'idle-timeout' }]);
    await stage.clock.advance(3_598_000);
    expect(stage.server.counters().rtp_channels).toBe(1);
    await stage.clock.advance(2000);
    expect(stage.server.counters()).toMatchObject({ rtp_channels: 0, rtp_channels_idle_total: 2 });
  });

  test('draining refuses new channels; stopping closes those that are there, and tells so', async () => {
    const stage = new RtpStage();
    const phone = await stage.phone(500);
    const drained = stage.server.drain();
    expect((await stage.ask('POST', '/', {}))[0]).toBe(503);
    await stage.during(stage.server.stop());
    await drained;
    expect(stage.eventsOf(phone)).toMatchObject([{ event: 'close', reason: 'shutdown' }]);
  });
});

test('whatever is mixed, unmixed and closed: who is in one mix hears all of it and nobody else, and nothing is left', async () => {
  const command = fc.record({
    kind: fc.constantFrom('mix', 'mix', 'unmix', 'echo', 'close'),
    a: fc.nat(4),
    b: fc.nat(4),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 12 }), async (commands) => {
      const stage = new RtpStage(2);
      const ids: (string | null)[] = [];
      for (let i = 0; i < 5; i += 1) ids.push(String((await stage.must('POST', '/', {})).uuid));
      let mixes: Set<number>[] = [];
      const leave = (i: number): void => {
        mixes = mixes.map((mix) => new Set([...mix].filter((other) => other !== i))).filter(({ size }) => size > 1);
      };
      for (const { kind, a, b } of commands) {
        const [idA, idB] = [ids[a], ids[b]];
        if (idA === null || (kind === 'mix' && (idB === null || a === b))) continue;
        if (kind === 'mix') {
          await stage.must('PUT', `/channel/${idA}/mix/${idB}`);
          const joined = mixes.filter((mix) => mix.has(a) || mix.has(b));
          mixes = [
            ...mixes.filter((mix) => !joined.includes(mix)),
            new Set([a, b, ...joined.flatMap((mix) => [...mix])]),
          ];
        } else if (kind === 'echo') await stage.must('PUT', `/channel/${idA}/echo`, { on: b % 2 === 0 });
        else {
          await (kind === 'unmix'
            ? stage.must('PUT', `/channel/${idA}/unmix`)
            : stage.must('DELETE', `/channel/${idA}`));
          leave(a);
          if (kind === 'close') ids[a] = null;
        }
        expect(stage.server.counters().rtp_mixes).toBe(mixes.length);
      }
      await stage.during(stage.server.stop());
      await stage.clock.advance(1100);
      expect(stage.media.pool.counts()).toMatchObject({ legs: 0, rooms: 0, ringLinks: 0, sounds: 0 });
      expect(stage.media.ports.inUse).toBe(0);
      expect(stage.media.network.openSockets()).toEqual([]);
      expect(stage.clock.pendingTimers).toBe(0);
    }),
    { numRuns: 12 },
  );
});
