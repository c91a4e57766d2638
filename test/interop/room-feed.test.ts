import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createRealClock } from '../../base/clock.js';
import { type RoomEventBody, roomEventBody } from '../../contract/room-events.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { FakeHookServer } from '../support/hook-server.js';
import type { Baresip } from './support/baresip.js';
import { requirePeers } from './support/peers.js';
import { tone } from './support/sound.js';
import { Stage } from './support/stage.js';

/** What an application is told of a meeting of two phones, by each way in which it can be told. */

let stage: Stage;

beforeEach(() => {
  stage = new Stage();
  requirePeers('baresip');
});

afterEach(() => stage.close());

/** What a WebSocket of events has said so far, and its close code. */
function follow(gateway: GatewayProcess, path: string) {
  const socket = new WebSocket(gateway.apiUrl.replace('http', 'ws') + path);
  const feed: { events: RoomEventBody[]; code: number | null } = { events: [], code: null };
  socket.on('message', (text: Buffer) => {
    const message = JSON.parse(text.toString());
    if ('seq' in message) feed.events.push(message);
  });
  socket.on('close', (code) => {
    feed.code = code;
  });
  stage.onClose(async () => socket.terminate());
  return new Promise<typeof feed>((resolve, reject) => {
    socket.once('open', () => resolve(feed));
    socket.once('error', reject);
  });
}

/** The same by server-sent events. */
async function stream(gateway: GatewayProcess, path: string): Promise<RoomEventBody[]> {
  const stop = new AbortController();
  const init = { headers: { accept: 'text/event-stream' }, signal: stop.signal };
  const response = await fetch(gateway.apiUrl + path, init);
  const events: RoomEventBody[] = [];
  const read = async (): Promise<void> => {
    let rest = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1];
        const message = data === undefined ? {} : JSON.parse(data);
        if ('seq' in message) events.push(message);
      }
    }
  };
  const reading = read().catch(() => undefined);
  stage.onClose(async () => {
    stop.abort();
    await reading;
  });
  return events;
}

test('a meeting as WebSockets, server-sent events, JSON and hooks tell of it: the same, without a hole, as openapi.yaml says', async () => {
  const hooks = new FakeHookServer({ clock: createRealClock() });
  hooks.on('invite', { json: { strategy: 'Accept', room_id: 'board' } });
  const application = await hooks.listen();
  stage.onClose(() => application.close());
  const args = ['--room-events', 'on', '--drain-ms', '0', '--realm', 'hookline.test'];
  const gateway = await GatewayProcess.start({
    dataDir: join(stage.directory, 'data'),
    hookUrl: application.url,
    args,
  });
  stage.onClose(() => gateway.program.kill());
  const api = async (method: string, path: string, body?: object) => {
    const init = { method, headers: { 'content-type': 'application/json' } };
    const response = await fetch(
      gateway.apiUrl + path,
      body === undefined ? init : { ...init, body: JSON.stringify(body) },
    );
    expect([method, path, response.ok]).toEqual([method, path, true]);
    return response.status === 204 ? {} : ((await response.json()) as Record<string, string>);
  };
  const all = await follow(gateway, '/events');
  const streamed = await stream(gateway, '/events');
  const seen = (type: string, count = 1) =>
    eventually(
      `${type} for the ${count}. time`,
      () => all.events.filter((event) => event.type === type).length >= count,
    );

  await api('POST', '/rooms', { room_id: 'board', menu: { '*6': 'toggle_mute' } });
  const address = `${gateway.sip.address}:${gateway.sip.port}`;
  const phones: Baresip[] = [];
  for (const user of ['1001', '1002']) phones.push(await stage.baresip({ gateway: { address }, user }));
  for (const phone of phones) await phone.call('9000');
  await seen('member_joined', 2);
  const ofRoom = await follow(gateway, '/rooms/board/events?after=2');
  await phones[0]!.say(tone(stage.directory, 600, 60));
  await seen('active_speaker');
  const { members } = (await api('GET', '/rooms/board/members')) as unknown as { members: { member_id: string }[] };
  const [first, second] = members.map(({ member_id }) => `/rooms/board/members/${member_id}`);
  await api('PATCH', second!, { muted: true });
  await api('PATCH', second!, { muted: false, gain_db: 3 });
  for (const key of '5*6') await phones[1]!.command('sndcode', key);
  await seen('dtmf', 3);
  await api('PATCH', '/rooms/board', { locked: true });
  await api('POST', '/rooms/board/playbacks', { tone: '900:300' });
  await seen('playback_ended');
  const { recording_id } = await api('POST', '/rooms/board/recordings', { source: 'mix' });
  for (const paused of [true, false]) await api('PATCH', `/recordings/${recording_id}`, { paused });
  await api('DELETE', `/recordings/${recording_id}`);
  await api('PATCH', '/rooms/board', { locked: false });
  await follow(gateway, '/streams/board?ways=hears');
  await seen('stream_started');
  await api('DELETE', `${first}?reason=lunch`);
  await seen('member_left');
  await api('DELETE', '/rooms/board');
  await seen('room_ended');
  await eventually('who reads this room has been told all', () => ofRoom.events.at(-1)?.type === 'room_ended');
  const log = (await api('GET', '/rooms/board/events')) as unknown as { events: RoomEventBody[]; last_seq: number };
  await eventually('the application has been told all', () => hooks.bodies('room').length >= log.last_seq);

  expect(log.events.map(({ seq }) => seq)).toEqual(Array.from({ length: log.last_seq }, (_, at) => at + 1));
  expect(all.events).toEqual(log.events);
  expect(streamed).toEqual(log.events);
  expect(hooks.bodies('room')).toEqual(log.events);
  expect(ofRoom.events).toEqual(log.events.slice(2));
  for (const event of log.events) expect(roomEventBody.parse(event)).toEqual(event);
  // When somebody is thought to speak is up to the sound.
  expect(log.events.map(({ type }) => type).filter((type) => !/speak/.test(type))).toEqual([
    ...['room_started', 'member_joined', 'member_joined', 'member_updated', 'member_updated'],
    ...['dtmf', 'dtmf', 'dtmf', 'member_updated', 'room_updated', 'playback_started', 'playback_ended'],
    ...['recording_started', 'recording_paused', 'recording_resumed', 'recording_ready', 'recording_stopped'],
    ...['room_updated', 'member_joined', 'stream_started', 'member_left', 'stream_stopped', 'member_left'],
    ...['member_left', 'room_ended'],
  ]);
  await gateway.stop();
  await eventually('its close frame', () => all.code !== null);
  expect(all.code).toBe(1001);
});
