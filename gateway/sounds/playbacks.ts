import type { Clock } from '../../base/clock.js';
import type { RoomId } from '../../base/ids.js';
import type { Logger } from '../../base/log.js';
import { type Random, randomHex } from '../../base/random.js';
import type { ApiErrorCode } from '../../contract/errors.js';
import type { PlaybackBody, PlaybackView, UpdatePlaybackBody } from '../../contract/sounds.js';
import type { MediaPool } from '../../rooms/index.js';
import type { RoomDirectory } from '../rooms/news.js';
import { type OpenPlayer, Playback } from './playback.js';
import type { SoundSources } from './sources.js';

/** What play at once to one room or member, and what waits for it. */
interface Lane {
  readonly playing: Set<Playback>;
  readonly waiting: Playback[];
}

export type PlayOutcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: ApiErrorCode; readonly reason: string };

export interface PlaybacksOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly directory: RoomDirectory;
  readonly pool: Pick<MediaPool, 'playToRoom'>;
  readonly sources: SoundSources;
}

const MAX_PLAYING_PER_LANE = 16;
const MAX_WAITING_PER_LANE = 64;
const MAX_PLAYBACKS = 1000;
/** Ended ones that are still shown; the oldest is forgotten. */
const MAX_ENDED = 500;

/**
 * Sounds that applications play to rooms and members. Each room, and each member, has a queue of its own; what is not queued is heard at
 * once. Limits: 16 at once and 64 that wait for each of them, 1000 in all; more is refused and counted. Everything ends with
 * its room.
 */
export class Playbacks {
  started = 0;
  failed = 0;
  refused = 0;
  readonly #options: PlaybacksOptions;
  readonly #playbacks = new Map<string, Playback>();
  readonly #ended = new Map<string, PlaybackView>();
  readonly #lanes = new Map<string, Lane>();
  readonly #rooms = new Map<RoomId, { count: number; readonly unwatch: () => void }>();

  constructor(options: PlaybacksOptions) {
    this.#options = options;
  }

  get active(): number {
    return this.#playbacks.size;
  }

  play(roomId: RoomId, body: PlaybackBody): PlayOutcome<PlaybackView> {
    const { directory, sources, random, clock } = this.#options;
    if (!directory.has(roomId)) return { ok: false, code: 'ROOM_NOT_FOUND', reason: 'there is no such room' };
    const memberId = body.member_id ?? null;
    const member = memberId === null ? null : directory.member(roomId, memberId);
    if (memberId !== null && member === null) {
      return { ok: false, code: 'MEMBER_NOT_FOUND', reason: 'the room has no such member' };
    }
    if (member !== null && member.leg === null) {
      return { ok: false, code: 'NOT_SUPPORTED', reason: 'a stream is told sound by its application' };
    }
    const found = sources.find(body);
    if (!found.ok) return found;
    const laneKey = JSON.stringify([roomId, memberId]);
    const lane = this.#lanes.get(laneKey) ?? { playing: new Set(), waiting: [] };
    const isQueued = body.queue === true && lane.playing.size > 0;
    const isFull = isQueued ? lane.waiting.length >= MAX_WAITING_PER_LANE : lane.playing.size >= MAX_PLAYING_PER_LANE;
    if (isFull || this.#playbacks.size >= MAX_PLAYBACKS) {
      this.refused += 1;
      return { ok: false, code: 'TOO_MANY_REQUESTS', reason: 'too much is played or waits to be played' };
    }
    const { url, sound, tone, text, silence_ms, loops = 1, gain_db = 0, duck_db = 0 } = body;
    const playback: Playback = new Playback({
      view: {
        playback_id: randomHex(random, 12),
        room_id: roomId,
        member_id: memberId,
        source: { url, sound, tone, text, silence_ms },
        loops,
        duck_db,
        created_ms: clock.epochMs(),
      },
      gainDb: gain_db,
      load: found.load,
      open: this.#openerFor(roomId, memberId, body.over ?? true),
      news: {
        onStarted: () => {
          this.started += 1;
          directory.emit(roomId, { type: 'playback_started', ...idsOf(playback) });
        },
        onEnded: () => this.#over(playback, laneKey),
      },
    });
    this.#playbacks.set(playback.view.playback_id, playback);
    this.#lanes.set(laneKey, lane);
    this.#watch(roomId);
    if (isQueued) lane.waiting.push(playback);
    else this.#begin(lane, playback);
    return { ok: true, value: playback.toView() };
  }

  list(roomId: RoomId): PlaybackView[] {
    const ended = [...this.#ended.values()];
    const all = [...ended, ...[...this.#playbacks.values()].map((playback) => playback.toView())];
    return all.filter(({ room_id }) => room_id === roomId);
  }

  get(id: string): PlaybackView | null {
    return this.#playbacks.get(id)?.toView() ?? this.#ended.get(id) ?? null;
  }

  update(id: string, { paused, gain_db }: UpdatePlaybackBody): PlaybackView | null {
    const playback = this.#playbacks.get(id);
    if (playback === undefined) return this.#ended.get(id) ?? null;
    if (gain_db !== undefined) playback.setGain(gain_db);
    if (paused !== undefined) playback.pause(paused);
    return playback.toView();
  }

  /** How it ended; null: there is none. */
  stop(id: string): PlaybackView | null {
    this.#playbacks.get(id)?.stop('stopped');
    return this.#ended.get(id) ?? null;
  }

  close(): void {
    for (const playback of [...this.#playbacks.values()]) playback.stop('gone');
  }

  #begin(lane: Lane, playback: Playback): void {
    const before = playback.view.member_id === null ? [] : [...lane.playing];
    lane.playing.add(playback);
    playback.start();
    // A member hears one sound at a time: the new one.
    for (const other of before) other.stop('stopped');
  }

  #over(playback: Playback, laneKey: string): void {
    const { directory, log } = this.#options;
    const view = playback.toView();
    const roomId = view.room_id as RoomId;
    const lane = this.#lanes.get(laneKey);
    this.#playbacks.delete(view.playback_id);
    this.#remember(view);
    if (lane !== undefined) {
      lane.playing.delete(playback);
      const at = lane.waiting.indexOf(playback);
      if (at >= 0) lane.waiting.splice(at, 1);
    }
    if (view.state === 'failed') {
      this.failed += 1;
      const error = view.error ?? 'SOUND_UNREADABLE';
      log.warn('playback.failed', { playbackId: view.playback_id, roomId, error });
      directory.emit(roomId, { type: 'playback_failed', ...idsOf(playback), error });
    } else {
      const { reason, played_ms } = view;
      directory.emit(roomId, {
        type: 'playback_ended',
        ...idsOf(playback),
        reason: reason ?? 'stopped',
        played_ms: played_ms ?? 0,
      });
    }
    this.#unwatch(roomId);
    if (lane === undefined) return;
    const next = lane.playing.size === 0 ? lane.waiting.shift() : undefined;
    if (next !== undefined) this.#begin(lane, next);
    else if (lane.playing.size === 0) this.#lanes.delete(laneKey);
  }

  #remember(view: PlaybackView): void {
    this.#ended.set(view.playback_id, view);
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > MAX_ENDED && oldest !== undefined) this.#ended.delete(oldest);
  }

  #openerFor(roomId: RoomId, memberId: string | null, over: boolean): OpenPlayer {
    const { directory, pool } = this.#options;
    return (options) => {
      if (memberId === null) return directory.has(roomId) ? pool.playToRoom(roomId, options) : null;
      return directory.member(roomId, memberId)?.leg?.play({ ...options, over }) ?? null;
    };
  }

  #watch(roomId: RoomId): void {
    const watched = this.#rooms.get(roomId);
    if (watched !== undefined) {
      watched.count += 1;
      return;
    }
    const unwatch = this.#options.directory.watch(roomId, {
      onEnded: () => this.#stopAll((playback) => playback.view.room_id === roomId),
      onLeft: (memberId) => this.#stopAll(({ view }) => view.room_id === roomId && view.member_id === memberId),
    });
    this.#rooms.set(roomId, { count: 1, unwatch });
  }

  #unwatch(roomId: RoomId): void {
    const watched = this.#rooms.get(roomId);
    if (watched === undefined) return;
    watched.count -= 1;
    if (watched.count > 0) return;
    this.#rooms.delete(roomId);
    watched.unwatch();
  }

  /** Those that wait first, so that none of them begins. */
  #stopAll(which: (playback: Playback) => boolean): void {
    const those = [...this.#playbacks.values()].filter(which);
    for (const playback of those.reverse()) playback.stop('gone');
  }
}

function idsOf({ view }: Playback): { readonly playback_id: string; readonly member_id: string | null } {
  return { playback_id: view.playback_id, member_id: view.member_id };
}
