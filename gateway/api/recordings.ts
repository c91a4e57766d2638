import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import {
  type RecordingBody,
  type RecordingFile,
  type RecordingView,
  recordingBody,
  recordingList,
  recordingView,
  updateRecordingBody,
} from '../../contract/recordings.js';
import type { ApiEnv } from './auth.js';
import { ApiRefusal } from './errors.js';
import { problem } from './problem.js';
import { doneOf, found, json, type Outcome } from './sounds.js';

/** A file that is read in pieces. */
export interface ReadFile {
  read(at: number, bytes: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** What the routes of recordings may ask of the gateway. */
export interface RecordingCommands {
  record(roomId: string, body: RecordingBody): Outcome<RecordingView>;
  /** Of a room; null: all. Null where there is no such room and was none that was recorded. */
  recordings(roomId: string | null): RecordingView[] | null;
  recording(id: string): RecordingView | null;
  pauseRecording(id: string, on: boolean): Outcome<RecordingView>;
  /** Resolves when its files are finished. */
  stopRecording(id: string): Promise<RecordingView | null>;
  recordingFile(id: string, name: string): Promise<{ readonly info: RecordingFile; readonly file: ReadFile } | null>;
  removeRecordingFile(id: string, name: string): Promise<boolean | null>;
}

const tags = ['recordings'];
const roomParams = z.object({ room_id: z.string().min(1).max(255) });
const params = z.object({ recording_id: z.string().max(64) });
const fileParams = params.extend({ file: z.string().max(255) });

const record = createRoute({
  method: 'post',
  path: '/rooms/{room_id}/recordings',
  operationId: 'record',
  tags,
  summary: 'Records a room, or members of it.',
  request: { params: roomParams, body: { required: true, content: { 'application/json': { schema: recordingBody } } } },
  responses: { 201: json(recordingView, 'It runs; its files are told by events.'), default: problem },
});

const ofRoom = createRoute({
  method: 'get',
  path: '/rooms/{room_id}/recordings',
  operationId: 'listRecordingsOfRoom',
  tags,
  summary: 'The recordings of a room, also when it is over.',
  request: { params: roomParams },
  responses: { 200: json(recordingList, 'The oldest first.'), default: problem },
});

const list = createRoute({
  method: 'get',
  path: '/recordings',
  operationId: 'listRecordings',
  tags,
  summary: 'All recordings that run or have files.',
  responses: { 200: json(recordingList, 'The oldest first.'), default: problem },
});

const get = createRoute({
  method: 'get',
  path: '/recordings/{recording_id}',
  operationId: 'getRecording',
  tags,
  summary: 'One recording.',
  request: { params },
  responses: { 200: json(recordingView, 'It.'), default: problem },
});

const update = createRoute({
  method: 'patch',
  path: '/recordings/{recording_id}',
  operationId: 'updateRecording',
  tags,
  summary: 'Pauses it, or lets it go on.',
  request: { params, body: { required: true, content: { 'application/json': { schema: updateRecordingBody } } } },
  responses: { 200: json(recordingView, 'As it is now.'), default: problem },
});

const stop = createRoute({
  method: 'delete',
  path: '/recordings/{recording_id}',
  operationId: 'stopRecording',
  tags,
  summary: 'Stops it; its files stay.',
  request: { params },
  responses: { 200: json(recordingView, 'With its files.'), default: problem },
});

const download = createRoute({
  method: 'get',
  path: '/recordings/{recording_id}/files/{file}',
  operationId: 'getRecordingFile',
  tags,
  summary: 'A file of it, or a range of one (RFC 9110 §14).',
  request: { params: fileParams },
  responses: {
    200: { description: 'The file.' },
    206: { description: 'The range.' },
    default: problem,
  },
});

const removeFile = createRoute({
  method: 'delete',
  path: '/recordings/{recording_id}/files/{file}',
  operationId: 'deleteRecordingFile',
  tags,
  summary: 'Deletes a file; a recording that is over is forgotten with its last one.',
  request: { params: fileParams },
  responses: { 204: { description: 'It is gone.' }, default: problem },
});

/** Adds the recordings of rooms, and /recordings. */
export function addRecordingRoutes(app: OpenAPIHono<ApiEnv>, commands: RecordingCommands): void {
  const known = (view: RecordingView | null): RecordingView => found(view, 'RECORDING_NOT_FOUND');
  app.openapi(record, (c) => {
    return c.json(doneOf(commands.record(c.req.valid('param').room_id, c.req.valid('json'))), 201);
  });
  const those = (roomId: string | null) => ({ recordings: found(commands.recordings(roomId), 'ROOM_NOT_FOUND') });
  app.openapi(ofRoom, (c) => c.json(those(c.req.valid('param').room_id), 200));
  app.openapi(list, (c) => c.json(those(null), 200));
  app.openapi(get, (c) => c.json(known(commands.recording(c.req.valid('param').recording_id)), 200));
  app.openapi(update, (c) => {
    const { recording_id } = c.req.valid('param');
    return c.json(doneOf(commands.pauseRecording(recording_id, c.req.valid('json').paused)), 200);
  });
  app.openapi(stop, async (c) => c.json(known(await commands.stopRecording(c.req.valid('param').recording_id)), 200));
  app.openapi(download, async (c) => {
    const { recording_id, file: name } = c.req.valid('param');
    known(commands.recording(recording_id));
    const { info, file } = found(await commands.recordingFile(recording_id, name), 'FILE_NOT_FOUND');
    return send(c, info, file);
  });
  app.openapi(removeFile, async (c) => {
    const { recording_id, file } = c.req.valid('param');
    const done = found(await commands.removeRecordingFile(recording_id, file), 'RECORDING_NOT_FOUND');
    if (!done) throw new ApiRefusal('FILE_NOT_FOUND');
    return c.body(null, 204);
  });
}

async function send(c: Context, info: RecordingFile, file: ReadFile): Promise<Response> {
  const range = rangeOf(c.req.header('range'), info.bytes);
  if (range === null) {
    await file.close();
    throw new ApiRefusal('RANGE_NOT_SATISFIABLE', undefined, { 'Content-Range': `bytes */${info.bytes}` });
  }
  const { from, to, isPart } = range;
  const headers: Record<string, string> = {
    'content-type': info.file.endsWith('.ogg') ? 'audio/ogg' : 'audio/wav',
    'content-length': String(to - from),
    'accept-ranges': 'bytes',
    etag: `"${info.sha256}"`,
    ...(isPart && { 'content-range': `bytes ${from}-${to - 1}/${info.bytes}` }),
  };
  // Nobody reads the body of an answer to HEAD, nor closes it.
  if (c.req.raw.method === 'HEAD') await file.close();
  const body = c.req.raw.method === 'HEAD' ? null : bodyOf(file, from, to);
  return c.body(body as ReadableStream, isPart ? 206 : 200, headers);
}

/** RFC 9110 §14.1.2: one range; several, and what is no range of bytes, count as none. Null: the file has no such bytes. */
export function rangeOf(
  header: string | undefined,
  bytes: number,
): { readonly from: number; readonly to: number; readonly isPart: boolean } | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (first === '' && last === '') return { from: 0, to: bytes, isPart: false };
  if (first !== '' && last !== '' && Number(last) < Number(first)) return { from: 0, to: bytes, isPart: false };
  const from = first === '' ? Math.max(0, bytes - Number(last)) : Number(first);
  const to = first === '' || last === '' ? bytes : Math.min(bytes, Number(last) + 1);
  return from >= bytes || (first === '' && Number(last) === 0) ? null : { from, to, isPart: true };
}

const PIECE_BYTES = 65_536;

function bodyOf(file: ReadFile, from: number, to: number): ReadableStream<Uint8Array> {
  let at = from;
  return new ReadableStream({
    pull: async (controller) => {
      const piece = await file.read(at, Math.min(PIECE_BYTES, to - at));
      at += piece.length;
      if (piece.length > 0) controller.enqueue(piece);
      if (at < to && piece.length > 0) return;
      await file.close();
      controller.close();
    },
    cancel: () => file.close(),
  });
}
