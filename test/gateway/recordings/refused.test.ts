import { describe, expect, test } from 'vitest';
import type { RoomId } from '../../../base/ids.js';
import { Recordings } from '../../../gateway/recordings/recordings.js';
import { MemoryFolder } from '../../../gateway/sounds/memory-folder.js';
import type { RecordOptions } from '../../../rooms/index.js';
import { optionsIn, record, recordingsIn } from '../../support/recording-desk.js';
import { room, SoundDesk } from '../../support/sound-desk.js';

describe('what cannot be recorded', () => {
  test('is refused with its word, and leaves nothing', async () => {
    const desk = new SoundDesk();
    await desk.member('a', 500);
    const bodies = [
      { format: 'mp3' },
      { format: 'WAV' },
      { format: '../../etc/passwd' },
      { rate: 44_100 },
      { rate: '8000' },
      { source: '' },
      { source: 'x'.repeat(256) },
      { source: 7 },
      { split_s: 0 },
      { split_s: 1.5 },
      { split_s: 86_401 },
      { max_s: 0 },
      { max_s: -1 },
      { max_s: 604_801 },
    ];
    for (const body of bodies) {
      const { status, json } = await desk.ask('POST', '/rooms/r/recordings', body);
      expect([body, status, json.code]).toEqual([body, 400, 'BAD_REQUEST']);
    }
    for (const source of ['../../etc/passwd', '/etc/passwd', 'a/../a', 'a\u0000', '..']) {
      const { status, json } = await desk.ask('POST', '/rooms/r/recordings', { source });
      expect([source, status, json.code]).toEqual([source, 404, 'MEMBER_NOT_FOUND']);
    }
    for (const path of ['..%2F..%2Fetc', '%2Fetc%2Fpasswd', 'r%00']) {
      const { status, json } = await desk.ask('POST', `/rooms/${path}/recordings`, {});
      expect([path, status, json.code]).toEqual([path, 404, 'ROOM_NOT_FOUND']);
    }
    expect((await desk.ask('GET', '/recordings')).json.recordings).toEqual([]);
  });

  test('a room of any name has files with names of ours, and their names lead nowhere else', async () => {
    const desk = new SoundDesk();
    const nasty = '../../etc/passwd' as RoomId;
    const phone = await desk.stage.phone(500, { roomId: nasty });
    phone.leg.join(nasty, { echo: false });
    desk.directory.enter(nasty, { memberId: '../../root', peer: 'a', leg: phone.leg, stream: null });
    const folder = new MemoryFolder(1e9);
    const recordings = recordingsIn(desk, folder);
    expect(recordings.record(nasty, { source: '../../root' }).ok).toBe(true);
    await desk.stage.clock.advance(1000);
    await desk.while(recordings.close());
    const [view] = recordings.list();
    expect(view).toMatchObject({ room_id: nasty, files: [{ file: 'member-1-001.wav', member_id: '../../root' }] });
    expect([...folder.files.keys()].sort()).toEqual([
      `${view!.recording_id}.json`,
      `${view!.recording_id}.member-1-001.wav`,
    ]);
    for (const name of ['../x', '..', '/etc/passwd', `${view!.recording_id}.json`, '../member-1-001.wav', '']) {
      expect(await recordings.openFile(view!.recording_id, name)).toBe(null);
      expect(await recordings.removeFile(view!.recording_id, name)).toBe(false);
    }
    expect(await recordings.openFile('../../etc', 'passwd')).toBe(null);
  });

  test('eight recordings of a room are the most; one more is too many until one has ended', async () => {
    const desk = new SoundDesk();
    await desk.member('a', 500);
    const ids: string[] = [];
    for (let i = 0; i < 8; i += 1) ids.push(await record(desk));
    const { status, json } = await desk.ask('POST', '/rooms/r/recordings', {});
    expect([status, json.code]).toEqual([429, 'TOO_MANY_REQUESTS']);
    await desk.stage.clock.advance(600);
    await desk.ask('DELETE', `/recordings/${ids[3]}`);
    await record(desk);
    expect(desk.parts.counters()).toMatchObject({ recordings: 8, recordings_started_total: 9 });
  });

  test('five hundred in all are the most', async () => {
    const desk = new SoundDesk();
    const pool = { recordRoom: () => ({ kept: () => undefined, close: () => undefined }) };
    const recordings = new Recordings({ ...optionsIn(desk, new MemoryFolder(1e9)), pool });
    const outcomes: string[] = [];
    for (let i = 0; i < 501; i += 1) {
      const name = `r${i >> 2}` as RoomId;
      if (!desk.directory.has(name)) desk.directory.enter(name, { memberId: 'a', peer: 'a', leg: null, stream: null });
      const outcome = recordings.record(name, {});
      outcomes.push(outcome.ok ? 'ok' : outcome.code);
    }
    expect(outcomes).toEqual([...Array(500).fill('ok'), 'TOO_MANY_REQUESTS']);
  });
});

test('recordings of nothing are forgotten at last', async () => {
  const desk = new SoundDesk();
  await desk.member('a', 500);
  const folder = new MemoryFolder(1e9);
  const pool = {
    recordRoom: (_roomId: unknown, options: RecordOptions) => {
      queueMicrotask(() => options.onEnded('gone'));
      return { kept: () => undefined, close: () => undefined };
    },
  };
  const recordings = new Recordings({ ...optionsIn(desk, folder), pool });
  for (let i = 0; i < 510; i += 1) {
    expect(recordings.record(room, {}).ok).toBe(true);
    await desk.stage.clock.advance(1);
  }
  await desk.while(recordings.close());
  expect(recordings.list()).toHaveLength(500);
  expect(folder.files.size).toBe(500);
});
