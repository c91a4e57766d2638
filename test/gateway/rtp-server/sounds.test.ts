import { describe, expect, test } from 'vitest';
import { channelEvent, soundSoup } from '../../../contract/mediaswitch/rtp.js';
import { nameKeyOf, namesFor } from '../../../gateway/rtp-server/soup.js';
import { readWav } from '../../../media/index.js';
import { toneFile } from '../../support/memory-sounds.js';
import { purityDb } from '../../support/purity.js';
import { type RtpPhone, RtpStage } from '../../support/rtp-stage.js';
import { levelOf, steadyLevelOf } from '../../support/voice.js';

/** What a sound file's tone says, in dB of full scale. */
const FILE_DB = -12;

/** Plays, and gives what the phone hears in so many ms. */
async function heardIn(stage: RtpStage, phone: RtpPhone, ms: number): Promise<Int16Array> {
  phone.voice.takeHeard();
  await stage.clock.advance(ms);
  return phone.voice.takeHeard();
}

/** How long a tone was heard, in ms, by windows of 20 ms. */
function toneMs(heard: Int16Array, hz: number, rateHz: number): number {
  const samples = rateHz / 50;
  let ms = 0;
  for (let at = 0; at + samples <= heard.length; at += samples) {
    if (levelOf(heard.subarray(at, at + samples), hz, rateHz) > -25) ms += 20;
  }
  return ms;
}

describe('mediaswitch row 26: play', () => {
  test.each(['pcma', 'pcmu', 'l168k', 'l1616k', 'g722', 'ilbc'] as const)(
    'a file of kind %s is heard',
    async (kind) => {
      const stage = new RtpStage();
      stage.sounds.files.set('tone.wav', toneFile(kind, 700, 1000));
      const phone = await stage.phone(0);
      await stage.must('PUT', `/channel/${phone.uuid}/play`, { loop: true, files: [{ [kind]: 'tone.wav' }] });
      await stage.clock.advance(400);
      const heard = await heardIn(stage, phone, 400);
      expect(Math.abs(steadyLevelOf(heard, 700) - FILE_DB)).toBeLessThan(2);
      expect(purityDb(heard, 700, 8000)).toBeGreaterThan(kind === 'ilbc' ? 15 : 25);
      await stage.must('DELETE', `/channel/${phone.uuid}`);
      expect(stage.sounds.openFiles).toBe(0);
    },
  );

  test('a wideband channel hears all of a wideband file', async () => {
    const stage = new RtpStage();
    stage.sounds.files.set('wide.wav', toneFile('l1616k', 6000, 2000));
    const phone = await stage.phone(0, 'g722');
    await stage.must('PUT', `/channel/${phone.uuid}/play`, { files: [{ l1616k: 'wide.wav' }] });
    await stage.clock.advance(300);
    expect(steadyLevelOf(await heardIn(stage, phone, 500), 6000, 16_000)).toBeGreaterThan(-15);
  });

  test('loops: a list so often, a file so often, start and stop, several names', async () => {
    const stage = new RtpStage();
    stage.sounds.files.set('a.wav', toneFile('l168k', 700, 200));
    stage.sounds.files.set('b.wav', toneFile('pcmu', 1100, 400));
    const phone = await stage.phone(0);
    const soup = {
      loop: 2,
      files: [
        { wav: ['a.wav', 'a.wav'], loop: 3 },
        { wav: 'b.wav', start: 100, stop: 300 },
      ],
    };
    await stage.must('PUT', `/channel/${phone.uuid}/play/`, soup);
    const heard = await heardIn(stage, phone, 4000);
    expect(Math.abs(toneMs(heard, 700, 8000) - 2400)).toBeLessThan(150);
    expect(Math.abs(toneMs(heard, 1100, 8000) - 400)).toBeLessThan(80);
    expect(stage.media.pool.counts().sounds).toBe(0);
  });

  test('a missing file is silence, is counted, and a list of nothing else ends whatever its loops say', async () => {
    const stage = new RtpStage();
    stage.sounds.files.set('a.wav', toneFile('l168k', 700, 300));
    stage.sounds.files.set('no.wav', Buffer.from('RIFF'));
    const phone = await stage.phone(0);
    await stage.must('PUT', `/channel/${phone.uuid}/play`, { files: [{ wav: 'gone.wav' }, { wav: 'a.wav' }] });
    expect(toneMs(await heardIn(stage, phone, 800), 700, 8000)).toBeGreaterThan(250);
    const nothing = {
      loop: true,
      files: [
        { wav: 'gone.wav', loop: true },
        { wav: 'no.wav', loop: true },
      ],
    };
    await stage.must('PUT', `/channel/${phone.uuid}/play`, nothing);
    await stage.clock.advance(500);
    expect(stage.server.counters().rtp_sounds_missing_total).toBe(3);
    expect(stage.media.pool.counts().sounds).toBe(0);
  });

  test('a soup of the same names goes on where it was, one of other names begins anew', async () => {
    const stage = new RtpStage();
    stage.sounds.files.set('a.wav', toneFile('l168k', 700, 1000));
    stage.sounds.files.set('b.wav', toneFile('l168k', 1100, 1000));
    const phone = await stage.phone(0);
    const files = [{ wav: 'a.wav' }, { wav: 'b.wav' }];
    await stage.must('PUT', `/channel/${phone.uuid}/play`, { files });
    await stage.clock.advance(1400);
    await stage.must('PUT', `/channel/${phone.uuid}/play`, { files, loop: 2 });
    expect(toneMs(await heardIn(stage, phone, 400), 700, 8000)).toBe(0);
    const rest = await heardIn(stage, phone, 3000);
    expect(Math.abs(toneMs(rest, 700, 8000) - 1000)).toBeLessThan(150);
    await stage.must('PUT', `/channel/${phone.uuid}/play`, { files });
    await stage.clock.advance(1400);
    await stage.must('PUT', `/channel/${phone.uuid}/play`, { files: [{ wav: 'a.wav' }] });
    expect(toneMs(await heardIn(stage, phone, 1300), 700, 8000)).toBeGreaterThan(850);
  });

  test('what is played stops while the channel is mixed, and goes on when it is not', async () => {
    const stage = new RtpStage();
    stage.sounds.files.set('a.wav', toneFile('l168k', 700, 1000));
    const [a, b] = [await stage.phone(0), await stage.phone(900)];
    await stage.must('PUT', `/channel/${a.uuid}/play`, { files: [{ wav: 'a.wav' }] });
    await stage.clock.advance(500);
    await stage.must('PUT', `/channel/${a.uuid}/mix/${b.uuid}`);
    await stage.clock.advance(200);
    expect(await stage.hears([a, b], [700, 900], 1500)).toEqual([[900], []]);
    await stage.must('PUT', `/channel/${a.uuid}/unmix`);
    expect(toneMs(await heardIn(stage, a, 1500), 700, 8000)).toBeGreaterThan(300);
  });

  test('bodies that are no soup are a 400', async () => {
    const stage = new RtpStage();
    const { uuid } = await stage.must('POST', '/', {});
    for (const soup of [
      {},
      { files: [] },
      { files: [{}] },
      { files: [{ wav: 5 }] },
      { files: [{ wav: 'a', loop: -1 }] },
    ]) {
      expect((await stage.ask('PUT', `/channel/${uuid}/play`, soup))[0]).toBe(400);
    }
  });
});

describe('mediaswitch row 27: which file of an entry is played', () => {
  const entry = soundSoup.parse({
    files: [{ pcmu: 'u', pcma: 'a', l168k: 'l8', l1616k: 'l16', ilbc: 'i', g722: 'g', wav: ['w1', 'w2'] }],
  }).files[0]!;

  test.each([
    ['pcmu', ['pcmu', 'pcma', 'l168k', 'l1616k', 'ilbc', 'g722', 'wav']],
    ['pcma', ['pcma', 'pcmu', 'l168k', 'l1616k', 'ilbc', 'g722', 'wav']],
    ['g722', ['g722', 'l1616k', 'l168k', 'pcma', 'pcmu', 'ilbc', 'wav']],
    ['ilbc', ['ilbc', 'l168k', 'pcma', 'pcmu', 'l1616k', 'g722', 'wav']],
  ] as const)('contract §3.2: %s prefers %j', (codec, order) => {
    let left: typeof entry = entry;
    for (const kind of order) {
      const name = entry[kind];
      expect(namesFor(left, codec)).toEqual(typeof name === 'string' ? [name] : name);
      left = { ...left, [kind]: null };
    }
    expect(namesFor(left, codec)).toEqual([]);
  });

  test('a channel of PCMA takes the A-law file', async () => {
    const stage = new RtpStage();
    for (const kind of ['pcma', 'pcmu'] as const) stage.sounds.files.set(kind, toneFile(kind, 700, 200));
    const phone = await stage.phone(0, 'pcma');
    await stage.must('PUT', `/channel/${phone.uuid}/play`, { files: [{ pcmu: 'pcmu', pcma: 'pcma' }] });
    await stage.clock.advance(100);
    expect(stage.sounds.opened).toEqual(['pcma']);
  });

  test('soups are the same by their names alone', () => {
    const files = [{ wav: 'a' }];
    expect(nameKeyOf({ files, loop: true })).toBe(nameKeyOf({ files: [{ wav: 'a', loop: 2, start: 5 }] }));
    expect(nameKeyOf({ files })).not.toBe(nameKeyOf({ files: [{ pcmu: 'a' }] }));
  });
});

describe('mediaswitch row 29: record', () => {
  /** The channels of a recorded file. */
  function sidesOf(stage: RtpStage, name: string): { readonly rateHz: number; readonly sides: Int16Array[] } {
    const read = readWav(stage.sounds.files.get(name) ?? new Uint8Array(0));
    if (!read.ok) throw new Error(read.fault);
    const { channels, samples, sampleRateHz: rateHz } = read.value;
    return { rateHz, sides: Array.from({ length: channels }, (_, k) => samples.filter((_s, i) => i % channels === k)) };
  }

  test('left is what the peer says and right what it hears, pure tones, in a mix and over its end', async () => {
    const stage = new RtpStage();
    const [a, b] = [await stage.phone(500), await stage.phone(900)];
    await stage.must('PUT', `/channel/${a.uuid}/mix/${b.uuid}`);
    await stage.clock.advance(500);
    await stage.must('PUT', `/channel/${a.uuid}/record`, { file: 'call.wav' });
    await stage.clock.advance(3000);
    await stage.must('DELETE', `/channel/${a.uuid}`);
    const { rateHz, sides } = sidesOf(stage, 'call.wav');
    expect([rateHz, sides.length]).toEqual([8000, 2]);
    expect(Math.abs(sides[0]!.length - 24_000)).toBeLessThan(500);
    for (const [side, hz] of [
      [0, 500],
      [1, 900],
    ] as const) {
      const middle = sides[side]!.subarray(4000, 20_000);
      expect(purityDb(middle, hz, 8000)).toBeGreaterThan(30);
      expect(Math.abs(levelOf(middle, hz) + 12.3)).toBeLessThan(1);
    }
    await stage.clock.advance(50);
    const events = stage.eventsOf(a).map((event) => channelEvent.parse(event));
    expect(events).toMatchObject([
      { event: 'record', file: 'call.wav', reason: 'started' },
      { event: 'record', file: 'call.wav', reason: 'channelclosed' },
      { event: 'close', reason: 'requested' },
    ]);
    expect(events[1]).toMatchObject({ filesize: stage.sounds.files.get('call.wav')?.length });
    expect(stage.sounds.openFiles).toBe(0);
  });

  test('maxduration ends it to the sample; one channel is the sum; a wideband channel is recorded wide', async () => {
    const stage = new RtpStage();
    const phone = await stage.phone(6000, 'g722');
    await stage.must('PUT', `/channel/${phone.uuid}/echo`, { on: true });
    await stage.must('PUT', `/channel/${phone.uuid}/record`, { file: 'a.wav', maxduration: 1250, numchannels: 1 });
    await stage.clock.advance(3000);
    const { rateHz, sides } = sidesOf(stage, 'a.wav');
    expect([rateHz, sides.length, sides[0]!.length]).toEqual([16_000, 1, 20_000]);
    expect(levelOf(sides[0]!.subarray(10_000), 6000, 16_000)).toBeGreaterThan(-20);
    expect(stage.eventsOf(phone).at(-1)).toMatchObject({ event: 'record', reason: 'timeout' });
    expect(stage.media.pool.counts().sounds).toBe(0);
  });

  test('a disk that is full ends the recording, with a file that can be read, and the call goes on', async () => {
    const stage = new RtpStage();
    const [a, b] = [await stage.phone(500), await stage.phone(900)];
    await stage.must('PUT', `/channel/${a.uuid}/mix/${b.uuid}`);
    stage.sounds.diskBytes = 40_000;
    await stage.must('PUT', `/channel/${a.uuid}/record`, { file: 'a.wav' });
    await stage.clock.advance(3000);
    expect(stage.eventsOf(a).at(-1)).toMatchObject({ event: 'record', reason: 'failed' });
    expect(stage.server.counters().rtp_records_failed_total).toBe(1);
    expect(sidesOf(stage, 'a.wav').sides[0]!.length).toBe(8000);
    expect(await stage.hears([a, b], [500, 900])).toEqual([[900], [500]]);
  });

  test('another recording takes the place of the first; one file is not written twice; names that may not be are a 400', async () => {
    const stage = new RtpStage();
    const [a, b] = [await stage.phone(500), await stage.phone(900)];
    await stage.must('PUT', `/channel/${a.uuid}/record`, { file: 'a.wav' });
    expect((await stage.ask('PUT', `/channel/${b.uuid}/record`, { file: './a.wav' }))[0]).toBe(409);
    await stage.must('PUT', `/channel/${a.uuid}/record`, { file: 'b.wav' });
    await stage.clock.advance(100);
    expect(stage.eventsOf(a)).toMatchObject([{ reason: 'started' }, { reason: 'started' }, { reason: 'replaced' }]);
    await stage.must('PUT', `/channel/${b.uuid}/record`, { file: 'a.wav' });
    for (const file of ['/etc/a.wav', '', 5]) {
      expect((await stage.ask('PUT', `/channel/${b.uuid}/record`, { file }))[0]).toBe(400);
    }
  });
});
