import type { LegId, SoundId } from '../base/ids.js';
import type { SampleRateHz, SoundTap } from '../media/index.js';
import type { HostLeg } from './host-legs.js';
import { LegOverlay } from './leg-overlay.js';
import { LegPlayer, PlayerLine, PlayerMember } from './player.js';
import type { PlayerGain } from './player-gain.js';
import type { HostCommand, HostEvent, SoundEnd } from './protocol.js';
import { LegRecorder } from './recorder.js';
import type { RoomRegistry } from './registry.js';
import type { RoomTap } from './room-taps.js';
import { beatMs } from './ticker.js';

/** The commands for players and recorders. */
export type SoundCommand = Extract<
  HostCommand,
  {
    readonly type:
      | 'open-player'
      | 'feed-player'
      | 'close-player'
      | 'open-recorder'
      | 'recorder-kept'
      | 'close-recorder'
      | 'set-player'
      | 'open-room-recorder';
  }
>;

interface Player {
  readonly soundId: SoundId;
  readonly line: PlayerLine;
  readonly gain: PlayerGain;
  /** The leg that hears it; null: it is in a room. */
  readonly leg: HostLeg | null;
  /** It ends with this beat. */
  isClosing: boolean;
}

/** What can be recorded: the session of a leg, or a stream. */
export interface Tapped {
  tap: SoundTap | null;
}

interface Recorder {
  readonly soundId: SoundId;
  /** null: of a room. */
  readonly source: Tapped | null;
  readonly tap: LegRecorder;
  /** Nothing is told to the tap any more. */
  readonly detach: () => void;
}

export interface HostSoundsOptions {
  readonly rooms: RoomRegistry;
  /** An open leg of this host. */
  readonly legOf: (legId: LegId) => HostLeg | null;
  /** The same, or a stream of this host. */
  readonly tappedOf: (legId: LegId) => Tapped | null;
  readonly post: (event: HostEvent) => void;
  readonly beat: () => number;
}

/** The players and recorders of one media host. Bounded by the main thread, which opens them. */
export class HostSounds {
  readonly #options: HostSoundsOptions;
  readonly #players = new Map<SoundId, Player>();
  /** The players again, for the beat. */
  readonly #playing: Player[] = [];
  readonly #recorders = new Map<SoundId, Recorder>();

  constructor(options: HostSoundsOptions) {
    this.#options = options;
  }

  get players(): number {
    return this.#players.size;
  }

  get recorders(): number {
    return this.#recorders.size;
  }

  /** Null, or why the command makes no sense. What has ended by itself meanwhile is no reason to complain. */
  apply(command: SoundCommand): string | null {
    switch (command.type) {
      case 'open-player':
        return this.#openPlayer(command);
      case 'feed-player':
        this.#players.get(command.soundId)?.line.feed(command.pcm, command.isLast);
        return null;
      case 'close-player':
        this.#closePlayer(this.#players.get(command.soundId));
        return null;
      case 'open-recorder':
        return this.#openRecorder(command);
      case 'recorder-kept':
        this.#recorders.get(command.soundId)?.tap.kept(command.chunks);
        return null;
      case 'close-recorder':
        this.#endRecorder(this.#recorders.get(command.soundId), 'closed');
        return null;
      case 'set-player':
        this.#players.get(command.soundId)?.gain.set(command.gainDb, command.isPaused);
        return null;
      case 'open-room-recorder':
        return this.#openRoomRecorder(command);
    }
  }

  /** After rooms and legs have had their beat. O(players). */
  beat(): void {
    const playing = this.#playing;
    for (let i = playing.length - 1; i >= 0; i -= 1) {
      const player = playing[i]!;
      if (player.isClosing) {
        this.#endPlayer(player, 'closed');
        continue;
      }
      if (player.line.isOver) {
        this.#endPlayer(player, 'played');
        continue;
      }
      const samples = player.line.wanted();
      if (samples === 0) continue;
      const { post, beat } = this.#options;
      post({ type: 'player-wants', soundId: player.soundId, samples, beat: beat() });
    }
  }

  /** Its sockets are about to close. */
  legGoes(leg: HostLeg): void {
    for (const player of [...this.#playing]) if (player.leg === leg) this.#endPlayer(player, 'gone');
    this.tappedGoes(leg.session);
  }

  /** The leg or stream says and hears nothing more. */
  tappedGoes(source: Tapped): void {
    this.#endRecorderOf(source, 'gone');
  }

  /** The host goes. */
  close(): void {
    for (const player of [...this.#playing]) this.#endPlayer(player, 'gone');
    for (const recorder of [...this.#recorders.values()]) this.#endRecorder(recorder, 'gone');
  }

  #openPlayer(command: Extract<SoundCommand, { type: 'open-player' }>): string | null {
    const { soundId, place, sampleRateHz } = command;
    if (this.#players.has(soundId)) return 'player exists';
    const leg = place.kind === 'leg' ? this.#options.legOf(place.legId) : null;
    if (place.kind === 'leg' && leg === null) return this.#refused(soundId);
    const line = new PlayerLine(sampleRateHz);
    const voice = leg === null ? new PlayerMember(soundId, line, command) : new LegPlayer(line, command);
    if (leg?.place.kind === 'none') leg.session.cut();
    if (leg !== null && voice instanceof LegPlayer) {
      this.#endPlayer(
        this.#playing.find((other) => other.leg === leg),
        'replaced',
      );
      leg.overlay ??= new LegOverlay();
      leg.overlay.player = voice;
    } else if (place.kind === 'room' && voice instanceof PlayerMember) this.#options.rooms.join(place.roomId, voice);
    const player: Player = { soundId, line, gain: voice.gain, leg, isClosing: false };
    this.#players.set(soundId, player);
    this.#playing.push(player);
    return null;
  }

  /** The leg has closed before the command came: that it never was has to be told as an end. */
  #refused(soundId: SoundId): null {
    const { post, beat } = this.#options;
    post({ type: 'player-ended', soundId, end: 'gone', playedMs: 0, missedMs: 0, beat: beat() });
    return null;
  }

  /** It fades on this beat, which would else be a click for whoever hears it. */
  #closePlayer(player: Player | undefined): void {
    if (player === undefined) return;
    const { leg } = player;
    if (leg !== null && (leg.place.kind === 'none' || leg.overlay?.player?.waits === true)) {
      if (leg.place.kind === 'none') leg.session.cut();
      this.#endPlayer(player, 'closed');
      return;
    }
    player.isClosing = true;
    player.gain.stop();
  }

  #endPlayer(player: Player | undefined, end: SoundEnd): void {
    if (player === undefined || !this.#players.delete(player.soundId)) return;
    const { soundId, line, leg } = player;
    this.#playing.splice(this.#playing.indexOf(player), 1);
    if (leg === null) this.#options.rooms.leave(soundId as string as LegId);
    else if (leg.overlay !== null) {
      leg.overlay.player = null;
      if (leg.place.kind === 'none') leg.overlay.forget();
    }
    const playedMs = line.playedBeats * beatMs;
    const missedMs = line.missedBeats * beatMs;
    this.#options.post({ type: 'player-ended', soundId, end, playedMs, missedMs, beat: this.#options.beat() });
  }

  #openRecorder(command: Extract<SoundCommand, { type: 'open-recorder' }>): string | null {
    const { soundId, legId, sampleRateHz, channels } = command;
    const { post, beat } = this.#options;
    if (this.#recorders.has(soundId)) return 'recorder exists';
    const source = this.#options.tappedOf(legId);
    if (source === null) {
      post({ type: 'recorder-ended', soundId, end: 'gone', beat: beat() });
      return null;
    }
    this.#endRecorderOf(source, 'replaced');
    const tap = this.#tapOf(soundId, sampleRateHz, channels);
    source.tap = tap;
    const detach = (): void => {
      source.tap = null;
    };
    this.#recorders.set(soundId, { soundId, source, tap, detach });
    return null;
  }

  #openRoomRecorder(command: Extract<SoundCommand, { type: 'open-room-recorder' }>): string | null {
    const { soundId, roomId, sampleRateHz } = command;
    if (this.#recorders.has(soundId)) return 'recorder exists';
    const room = this.#options.rooms.get(roomId);
    if (room === undefined) {
      this.#options.post({ type: 'recorder-ended', soundId, end: 'gone', beat: this.#options.beat() });
      return null;
    }
    const tap = this.#tapOf(soundId, sampleRateHz, 1);
    const ear: RoomTap = {
      told: (dueMs, frame, rateHz) => tap.told(dueMs, frame, rateHz),
      toldNext: (frame, rateHz) => tap.toldNext(frame, rateHz),
      gone: () => this.#endRecorder(this.#recorders.get(soundId), 'gone'),
    };
    room.addTap(ear);
    this.#recorders.set(soundId, { soundId, source: null, tap, detach: () => room.removeTap(ear) });
    return null;
  }

  #tapOf(soundId: SoundId, sampleRateHz: SampleRateHz, channels: 1 | 2): LegRecorder {
    const { post, beat } = this.#options;
    const onChunk = (pcm: Uint8Array, lostFrames: number): void =>
      post({ type: 'recorded', soundId, pcm, lostFrames, beat: beat() });
    return new LegRecorder({ sampleRateHz, channels, onChunk });
  }

  #endRecorderOf(source: Tapped, end: SoundEnd): void {
    if (source.tap === null) return;
    for (const recorder of [...this.#recorders.values()])
      if (recorder.source === source) this.#endRecorder(recorder, end);
  }

  #endRecorder(recorder: Recorder | undefined, end: SoundEnd): void {
    if (recorder === undefined || !this.#recorders.delete(recorder.soundId)) return;
    const { soundId, tap, detach } = recorder;
    detach();
    tap.flush();
    this.#options.post({ type: 'recorder-ended', soundId, end, beat: this.#options.beat() });
  }
}
