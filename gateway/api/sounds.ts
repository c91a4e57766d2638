import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { ApiErrorCode } from '../../contract/errors.js';
import {
  type PlaybackBody,
  type PlaybackView,
  playbackBody,
  playbackList,
  playbackView,
  type SoundView,
  soundList,
  soundName,
  soundView,
  type UpdatePlaybackBody,
  updatePlaybackBody,
} from '../../contract/sounds.js';
import type { ApiEnv } from './auth.js';
import { ApiRefusal } from './errors.js';
import { problem } from './problem.js';

/** Done, or why not. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: ApiErrorCode; readonly reason: string };

/** What the routes of sounds and playbacks may ask of the gateway. */
export interface SoundCommands {
  sounds(): SoundView[];
  sound(name: string): SoundView | null;
  /** Largest upload. */
  readonly maxSoundBytes: number;
  /** Reads the body no further than it takes it. */
  putSound(
    name: string,
    body: AsyncIterable<Uint8Array>,
  ): Promise<Outcome<{ readonly sound: SoundView; readonly isNew: boolean }>>;
  removeSound(name: string): Promise<boolean>;
  play(roomId: string, body: PlaybackBody): Outcome<PlaybackView>;
  /** Null: there is no such room. */
  playbacks(roomId: string): PlaybackView[] | null;
  playback(id: string): PlaybackView | null;
  updatePlayback(id: string, body: UpdatePlaybackBody): PlaybackView | null;
  stopPlayback(id: string): PlaybackView | null;
}

/** Whether a request's body is a sound file. */
export function isUpload(method: string, path: string): boolean {
  return method === 'PUT' && path.startsWith('/sounds/');
}

/** The value, or the refusal that says why there is none. */
export function doneOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new ApiRefusal(outcome.code, outcome.reason);
  return outcome.value;
}

export function found<T>(value: T | null, code: ApiErrorCode): T {
  if (value === null) throw new ApiRefusal(code);
  return value;
}

const uploadTypes = /^(?:audio\/(?:wav|x-wav|wave|vnd\.wave|ogg|opus|mpeg|mp3)|application\/ogg)\s*(?:;|$)/i;

export const json = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});
const tags = ['sounds'];
const nameParams = z.object({ name: soundName });
const roomParams = z.object({ room_id: z.string().min(1).max(255) });
const playbackParams = z.object({ playback_id: z.string().max(64) });
const audio = { schema: z.string().openapi({ format: 'binary' }) };

const listSounds = createRoute({
  method: 'get',
  path: '/sounds',
  operationId: 'listSounds',
  tags,
  summary: 'The sounds that rooms know by name.',
  responses: { 200: json(soundList, 'In the order of their names.'), default: problem },
});

const getSound = createRoute({
  method: 'get',
  path: '/sounds/{name}',
  operationId: 'getSound',
  tags,
  summary: 'One of them.',
  request: { params: nameParams },
  responses: { 200: json(soundView, 'It.'), default: problem },
});

const deleteSound = createRoute({
  method: 'delete',
  path: '/sounds/{name}',
  operationId: 'deleteSound',
  tags,
  summary: 'Forgets a sound; what plays it goes on.',
  request: { params: nameParams },
  responses: { 204: { description: 'It is gone.' }, default: problem },
});

const play = createRoute({
  method: 'post',
  path: '/rooms/{room_id}/playbacks',
  operationId: 'play',
  tags,
  summary: 'Plays a sound to a room, or to one of its members.',
  request: { params: roomParams, body: { required: true, content: { 'application/json': { schema: playbackBody } } } },
  responses: { 201: json(playbackView, 'How it goes on are events of the room.'), default: problem },
});

const listPlaybacks = createRoute({
  method: 'get',
  path: '/rooms/{room_id}/playbacks',
  operationId: 'listPlaybacks',
  tags,
  summary: 'What plays and waits in a room, and the last that ended.',
  request: { params: roomParams },
  responses: { 200: json(playbackList, 'The oldest first.'), default: problem },
});

const getPlayback = createRoute({
  method: 'get',
  path: '/playbacks/{playback_id}',
  operationId: 'getPlayback',
  tags,
  summary: 'One playback, also for a while after its end.',
  request: { params: playbackParams },
  responses: { 200: json(playbackView, 'It.'), default: problem },
});

const updatePlayback = createRoute({
  method: 'patch',
  path: '/playbacks/{playback_id}',
  operationId: 'updatePlayback',
  tags,
  summary: 'Pauses it, lets it go on, makes it louder or quieter.',
  request: {
    params: playbackParams,
    body: { required: true, content: { 'application/json': { schema: updatePlaybackBody } } },
  },
  responses: { 200: json(playbackView, 'As it is now.'), default: problem },
});

const stopPlayback = createRoute({
  method: 'delete',
  path: '/playbacks/{playback_id}',
  operationId: 'stopPlayback',
  tags,
  summary: 'Stops it, or takes it out of its queue.',
  request: { params: playbackParams },
  responses: { 200: json(playbackView, 'How it ended.'), default: problem },
});

/** Adds /sounds, and the playbacks of rooms. */
export function addSoundRoutes(app: OpenAPIHono<ApiEnv>, commands: SoundCommands): void {
  app.openapi(listSounds, (c) => c.json({ sounds: commands.sounds() }, 200));
  app.openapi(getSound, (c) => c.json(found(commands.sound(c.req.valid('param').name), 'SOUND_NOT_FOUND'), 200));
  app.openapi(deleteSound, async (c) => {
    if (!(await commands.removeSound(c.req.valid('param').name))) throw new ApiRefusal('SOUND_NOT_FOUND');
    return c.body(null, 204);
  });
  addUpload(app, commands);
  app.openapi(play, (c) => {
    return c.json(doneOf(commands.play(c.req.valid('param').room_id, c.req.valid('json'))), 201);
  });
  app.openapi(listPlaybacks, (c) => {
    return c.json({ playbacks: found(commands.playbacks(c.req.valid('param').room_id), 'ROOM_NOT_FOUND') }, 200);
  });
  const known = (view: PlaybackView | null): PlaybackView => found(view, 'PLAYBACK_NOT_FOUND');
  app.openapi(getPlayback, (c) => c.json(known(commands.playback(c.req.valid('param').playback_id)), 200));
  app.openapi(updatePlayback, (c) => {
    return c.json(known(commands.updatePlayback(c.req.valid('param').playback_id, c.req.valid('json'))), 200);
  });
  app.openapi(stopPlayback, (c) => c.json(known(commands.stopPlayback(c.req.valid('param').playback_id)), 200));
}

/** The body is no JSON, and is not kept in memory: a route without the validator. */
function addUpload(app: OpenAPIHono<ApiEnv>, commands: SoundCommands): void {
  app.openAPIRegistry.registerPath({
    method: 'put',
    path: '/sounds/{name}',
    operationId: 'putSound',
    tags,
    summary: 'Takes a sound file, in the place of one that has the name.',
    request: {
      params: nameParams,
      body: { required: true, content: { 'audio/wav': audio, 'audio/ogg': audio, 'audio/mpeg': audio } },
    },
    responses: { 200: json(soundView, 'Another one was there.'), 201: json(soundView, 'It is new.'), default: problem },
  });
  app.put('/sounds/:name', async (c) => {
    const name = soundName.safeParse(c.req.param('name'));
    if (!name.success) throw new ApiRefusal('BAD_REQUEST', 'name: 1 to 64 letters, digits, - and _');
    if (!uploadTypes.test(c.req.header('content-type') ?? '')) {
      throw new ApiRefusal('UNSUPPORTED_MEDIA_TYPE', 'the body has to be audio/wav, audio/ogg or audio/mpeg');
    }
    const declared = c.req.header('content-length');
    if (declared !== undefined && !(Number(declared) <= commands.maxSoundBytes)) {
      throw new ApiRefusal('PAYLOAD_TOO_LARGE', `a sound may have ${commands.maxSoundBytes} bytes`);
    }
    const body = c.req.raw.body ?? new Blob([]).stream();
    const { sound, isNew } = doneOf(await commands.putSound(name.data, body as unknown as AsyncIterable<Uint8Array>));
    return c.json(sound, isNew ? 201 : 200);
  });
}
