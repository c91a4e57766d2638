import type { RoomId } from '../../base/ids.js';
import type { ChannelEvent, ChannelStats, CloseReason, RecordBody, SoundSoup } from '../../contract/mediaswitch/rtp.js';
import { codecs, type LegStats } from '../../media/index.js';
import type { LegEvent, MediaLeg } from '../../rooms/index.js';
import type { NamedTimers } from '../calls/timers.js';
import type { SoundFiles, SoundSink } from '../sounds/sound-files.js';
import { type ChannelAgreement, codecOf, hasEvents, isHeld, legMediaOf, nothingAgreed } from './channel-media.js';
import { Recording, type RecordingEnd } from './recording.js';
import { SoupPlayer } from './soup-player.js';

/** Contract §3.4: silence of a peer that is known and not on hold. */
export const idleMs = 20_000;
/** Nobody has said where the peer is. */
const neverSetMs = 3_600_000;
const holdMs = 7_200_000;

export interface ChannelOptions {
  readonly uuid: string;
  readonly leg: MediaLeg;
  readonly files: SoundFiles;
  readonly timers: NamedTimers<'idle'>;
  /** The room of its own, in which it hears itself. */
  readonly echoRoom: RoomId;
  readonly onEvent: (event: ChannelEvent) => void;
  readonly onMissing: (name: string, reason: string) => void;
  readonly onRecordFailed: (file: string, reason: string) => void;
}

/** One channel of the RTP server: a leg, what it plays and records, and whether it hears itself. */
export class Channel {
  readonly uuid: string;
  readonly leg: MediaLeg;
  readonly #options: ChannelOptions;
  readonly #soups: SoupPlayer;
  #agreement: ChannelAgreement = nothingAgreed;
  #wasSet = false;
  #echo = false;
  #mixRoom: RoomId | null = null;
  #place = '';
  #recording: { readonly file: string; readonly recording: Recording } | null = null;

  constructor(options: ChannelOptions) {
    const { uuid, leg, files, timers, onMissing } = options;
    this.uuid = uuid;
    this.leg = leg;
    this.#options = options;
    this.#soups = new SoupPlayer({
      files,
      codec: () => codecOf(this.#agreement),
      play: (play) => leg.play({ ...play, waits: true }),
      onMissing,
    });
    timers.start('idle', neverSetMs);
  }

  get agreement(): ChannelAgreement {
    return this.#agreement;
  }

  set(agreement: ChannelAgreement): void {
    const wasHeld = this.#wasSet && isHeld(this.#agreement);
    const holds = isHeld(agreement);
    const { timers } = this.#options;
    if (!holds) timers.stop('idle');
    else if (!wasHeld) timers.start('idle', holdMs);
    this.#agreement = agreement;
    this.#wasSet = true;
    this.leg.set(legMediaOf(agreement));
  }

  /** Digits would get to the peer, as telephone-events. */
  get hasEvents(): boolean {
    return hasEvents(this.#agreement);
  }

  play(soup: SoundSoup): void {
    this.#soups.play(soup);
  }

  echo(on: boolean): void {
    this.#echo = on;
    this.#settle();
  }

  /** It is in that room with others from now on; null: with nobody. */
  mix(roomId: RoomId | null): void {
    this.#mixRoom = roomId;
    this.#settle();
  }

  record(sink: SoundSink, body: RecordBody): Promise<void> {
    const { onEvent, onRecordFailed } = this.#options;
    const { file } = body;
    const onFinished = (reason: RecordingEnd, filesize: number, fault: string | null): void => {
      if (this.#recording?.recording === recording) this.#recording = null;
      if (fault !== null) onRecordFailed(file, fault);
      onEvent({ event: 'record', file, reason, filesize });
    };
    onEvent({ event: 'record', file, reason: 'started' });
    const rateHz = codecs[codecOf(this.#agreement)].sampleRateHz === 8000 ? 8000 : 16_000;
    const record = this.leg.record.bind(this.leg);
    const recording = new Recording({ sink, body, rateHz, record, onFinished });
    this.#recording = { file, recording };
    return recording.finished;
  }

  /** What the leg says while it is open. */
  onLegEvent(event: LegEvent): void {
    if (event.type === 'dtmf') this.#options.onEvent({ event: 'dtmf', digit: event.digit });
  }

  /** Closes the leg, finishes what is recorded, then tells the end. Never rejects. */
  async close(reason: CloseReason): Promise<void> {
    this.#options.timers.stopAll();
    this.#soups.stop();
    const recording = this.#recording?.recording.finished;
    const stats = await this.leg.close();
    await recording;
    this.#options.onEvent({ event: 'close', reason, stats: statsOf(stats) });
  }

  /** Into the room where it should be, if it is not there. */
  #settle(): void {
    const roomId = this.#mixRoom ?? (this.#echo ? this.#options.echoRoom : null);
    const place = `${roomId ?? ''} ${this.#echo}`;
    if (place === this.#place || (roomId === null && this.#place === '')) return;
    this.#place = roomId === null ? '' : place;
    if (roomId === null) this.leg.leave();
    else this.leg.join(roomId, { echo: this.#echo });
  }
}

function statsOf({ packetsReceived, packetsLost, jitterMs, packetsSent }: LegStats): ChannelStats {
  const lost = Math.max(0, packetsLost);
  return {
    in: { pkts: packetsReceived, lost, jitter_ms: Math.round(jitterMs * 100) / 100 },
    out: { pkts: packetsSent },
    mos: scoreOf(packetsReceived, lost),
  };
}

/** Contract §3.4: R is the percentage of packets that came. */
function scoreOf(received: number, lost: number): number {
  if (received === 0) return 0;
  const r = (received * 100) / (received + lost);
  return Math.round((1 + 0.035 * r + 0.000007 * r * (r - 60) * (100 - r)) * 100) / 100;
}
