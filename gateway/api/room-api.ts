import { z } from '@hono/zod-openapi';
import { memberView, roomEventBody } from '../../contract/room-events.js';
import { roomView } from '../../contract/rooms.js';
import type { Attention } from '../events/attention.js';
import type { RoomCommands, RoomResult } from '../rooms/commands.js';
import { ApiRefusal } from './errors.js';
import type { IdempotencyKeys } from './idempotency.js';
import type { RoomReaders } from './room-readers.js';
import { named } from './v1.js';

/** What the routes of rooms are made of. */
export interface RoomApi {
  readonly commands: RoomCommands;
  readonly keys: IdempotencyKeys;
  readonly readers: RoomReaders;
  readonly attention: Attention;
}

export const tags = ['rooms'];

export function json<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

export function body<T extends z.ZodType>(schema: T) {
  return { required: true, content: { 'application/json': { schema } } };
}

/** The schemas that more than one route has, by their names in openapi.yaml. */
export const room = named(roomView, 'RoomView');
export const member = named(memberView, 'MemberView');
export const roomEvent = named(roomEventBody, 'RoomEvent');

export const ofRoom = z.object({ room_id: z.string().min(1).max(255) });
/** What a command gave; throws its refusal. */
export function allowed<T>(result: RoomResult<T>): T {
  if (!result.ok) throw new ApiRefusal(result.code, result.message);
  return result.value;
}
