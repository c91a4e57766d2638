import { OpenAPIHono } from '@hono/zod-openapi';
import { beforeEach, expect, test } from 'vitest';
import { silentLogger } from '../../../base/log.js';
import { createErrorHandler } from '../../../gateway/api/errors.js';
import { addStreamRoutes } from '../../../gateway/api/streams.js';
import { StreamStage } from '../../support/stream-stage.js';

let stage: StreamStage;
let app: OpenAPIHono;

beforeEach(async () => {
  stage = new StreamStage();
  stage.rooms.addMember('9000', 'call-1');
  app = new OpenAPIHono();
  app.onError(createErrorHandler('envelope', silentLogger));
  addStreamRoutes(app as never, stage.service);
  await stage.serve(9000);
});

async function ask(method: string, path: string, body?: object) {
  const init =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await stage.while(Promise.resolve(app.request(path, { method, ...init })));
  const text = await response.text();
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    location: response.headers.get('location'),
    json: text === '' ? null : JSON.parse(text),
  };
}

test('a stream is made, listed, looked at and ended', async () => {
  const created = await ask('POST', '/rooms/9000/streams', { url: 'ws://10.0.0.9:9000/', name: 'agent' });
  expect(created).toMatchObject({ status: 201, json: { room_id: '9000', name: 'agent', state: 'open', of: 'mix' } });
  const path = `/streams/${created.json.stream_id}`;
  expect(created.location).toBe(path);
  expect((await ask('GET', path)).json).toEqual(created.json);
  expect((await ask('GET', '/streams')).json).toEqual({ streams: [created.json] });
  expect((await ask('GET', '/rooms/9000/streams')).json).toEqual({ streams: [created.json] });
  expect(await ask('GET', '/rooms/9001/streams')).toMatchObject({ status: 404, json: { code: 'ROOM_NOT_FOUND' } });
  expect(await ask('DELETE', path)).toMatchObject({ status: 204, json: null });
  expect(await ask('DELETE', path)).toMatchObject({
    status: 404,
    type: 'application/problem+json',
    json: { code: 'STREAM_NOT_FOUND' },
  });
});

test.each([
  ['a URL that is no WebSocket', { url: 'http://10.0.0.9/' }],
  ['no URL', {}],
  ['an unknown rate', { url: 'ws://10.0.0.9/', rate: 11_025 }],
  ['a chunk that is no multiple of 20 ms', { url: 'ws://10.0.0.9/', chunk_ms: 30 }],
  ['too long a buffer', { url: 'ws://10.0.0.9/', buffer_ms: 60_001 }],
  [
    'too many parameters',
    { url: 'ws://10.0.0.9/', custom_parameters: Object.fromEntries([...Array(51).keys()].map((k) => [k, ''])) },
  ],
])('%s is a 400', async (_name, body) => {
  expect((await ask('POST', '/rooms/9000/streams', body)).status).toBe(400);
});

test('an application that is not there is a 502 problem', async () => {
  expect(await ask('POST', '/rooms/9000/streams', { url: 'ws://10.0.0.9:1/' })).toMatchObject({
    status: 502,
    type: 'application/problem+json',
    json: { code: 'STREAM_UNREACHABLE', status: 502, title: 'Bad Gateway' },
  });
});
