import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { rootDir } from '../../support/dist.js';
import { RoomWorld } from '../../support/room-world.js';

/** Every route of rooms, and of what belongs to them, asked for what is not there. */

/** The first name in a path that is not known decides. */
const words: Readonly<Record<string, string>> = {
  room_id: 'ROOM_NOT_FOUND',
  member_id: 'MEMBER_NOT_FOUND',
  playback_id: 'PLAYBACK_NOT_FOUND',
  recording_id: 'RECORDING_NOT_FOUND',
  stream_id: 'STREAM_NOT_FOUND',
  conn_id: 'CONNECTION_NOT_FOUND',
  name: 'SOUND_NOT_FOUND',
};

/** A body that could be taken; routes that want none are not here. */
const bodies: Readonly<Record<string, object>> = {
  'patch /rooms/{room_id}': { locked: true },
  'post /rooms/{room_id}/members': { session_id: 's', from_number: '1' },
  'patch /rooms/{room_id}/members/{member_id}': { muted: true },
  'post /rooms/{room_id}/members/{member_id}/actions': { action: 'kick' },
  'post /rooms/{room_id}/streams': { url: 'ws://10.0.0.9:9000/' },
  'post /rooms/{room_id}/playbacks': { tone: '440:100' },
  'post /rooms/{room_id}/recordings': {},
  'patch /playbacks/{playback_id}': { paused: true },
  'patch /recordings/{recording_id}': { paused: true },
};

/** What makes a sound is not asked for one. */
const isOfThem = (method: string, path: string): boolean =>
  /^\/(?:rooms|streams|sounds|playbacks|recordings|whip|whep|webrtc)\/.*\{/.test(path) && method !== 'put';

const document = parse(readFileSync(join(rootDir, 'openapi.yaml'), 'utf8')) as {
  paths: Record<string, Record<string, unknown>>;
};
const routes = Object.entries(document.paths).flatMap(([path, operations]) =>
  Object.keys(operations)
    .filter((method) => /^(?:get|post|put|patch|delete)$/.test(method) && isOfThem(method, path))
    .map((method) => [method, path] as const),
);

let world: RoomWorld;

beforeEach(async () => {
  world = await RoomWorld.start();
});

afterEach(async () => {
  expect(await world.finish([])).toEqual([]);
  expect(await world.close()).toEqual({ sockets: [], timers: 0 });
});

async function ask(method: string, path: string, template: string) {
  const isWeb = /^\/(?:whip|whep|webrtc)\//.test(path);
  const headers: Record<string, string> =
    isWeb && method === 'patch' ? { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': '*' } : {};
  const body = isWeb && method === 'patch' ? Buffer.from('a=end-of-candidates') : bodies[`${method} ${template}`];
  const { status, json } = await world.gateway.fetch(method.toUpperCase(), path, body, headers);
  // The routes of browsers answer in the words of their contract.
  return [status, isWeb ? json.error : json.code];
}

test.each(routes)('%s %s is 404, in its word', async (method, template) => {
  const first = /\{(\w+)\}/.exec(template)![1]!;
  const word = words[first];
  for (const unknown of ['nobody', '%00', `${'x'.repeat(64)}`]) {
    const path = template.replaceAll(/\{\w+\}/g, unknown);
    const [status, told] = await ask(method, path, template);
    // A name that cannot be is 400 where the route says which can.
    if (unknown === '%00') expect([404, 400]).toContain(status);
    else expect([unknown, status, told]).toEqual([unknown, 404, word]);
  }
});

test.each(routes.filter(([, path]) => path.includes('{member_id}')))(
  '%s %s of a room that is there',
  async (...route) => {
    const [method, template] = route;
    const phone = await world.come(440);
    const path = template.replace('{room_id}', 'r1').replace('{member_id}', 'nobody');
    expect(await ask(method, path, template)).toEqual([404, 'MEMBER_NOT_FOUND']);
    expect(await world.finish([phone])).toEqual([]);
  },
);

test('every name in a path has its word', () => {
  const named = routes.flatMap(([, path]) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!));
  expect([...new Set(named)].filter((name) => !Object.hasOwn(words, name) && name !== 'file')).toEqual([]);
  expect(routes.length).toBeGreaterThan(20);
});
