import { posix } from 'node:path';
import type { Clock } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import type { LegId, RoomId } from '../../base/ids.js';
import type { Logger } from '../../base/log.js';
import { systemCode } from '../../base/network.js';
import { type Random, randomHex, randomUuid } from '../../base/random.js';
import type {
  ChannelEvent,
  ChannelWorkload,
  ClosedChannel,
  CloseReason,
  DtmfBody,
  EchoBody,
  OpenChannelBody,
  OpenedChannel,
  RecordBody,
  RtpWorkload,
  SetChannelBody,
  SoundSoup,
  TargetBody,
} from '../../contract/mediaswitch/rtp.js';
import type { InbandDtmf, PortAllocator } from '../../media/index.js';
import { type LegEvent, type MediaLeg, type MediaPool, NoPortError } from '../../rooms/index.js';
import { PlainRefusal } from '../api/plain-routes.js';
import type { RtpCommands } from '../api/rtp.js';
import { NamedTimers } from '../calls/timers.js';
import type { ControlClient } from '../control/control-client.js';
import type { SoundFiles } from '../sounds/sound-files.js';
import { Channel, idleMs } from './channel.js';
import { agreed, remoteOf } from './channel-media.js';
import { Mixes } from './mixes.js';

export interface RtpServerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly pool: MediaPool;
  readonly ports: PortAllocator;
  readonly files: SoundFiles;
  readonly control: ControlClient;
  /** Where RTP is bound, and the address that is told. */
  readonly address: { readonly bind: string; readonly published: string };
  readonly inbandDtmf: InbandDtmf;
  /** Why one more channel would harm the others; null: it may be opened. */
  readonly refusal: () => string | null;
}

const outOfChannels = 'Currently out of channels';

interface Entry {
  readonly channel: Channel;
  readonly controlUrl: string | null;
}

/**
 * The RTP server of contract §3: channels over the media pool. Limit: one port pair each, beyond which POST is answered 503
 * (`rtp_channels_refused_total`). A channel that nobody deletes ends by itself, by the silence of its peer (20 s), or after
 * 1 h without one and 2 h on hold: so do those of a control server that is gone.
 */
export class RtpServer implements RtpCommands {
  readonly #options: RtpServerOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #mixes: Mixes<Channel>;
  /** Files that are being recorded, by the shortest form of their name. */
  readonly #recorded = new Set<string>();
  /** Those that are being opened or closed. */
  #busy = 0;
  readonly #counts = { opened: 0, refused: 0, idle: 0, lost: 0, soundsMissing: 0, recordsFailed: 0 };
  readonly #roomPrefix: string;
  /** Told to control servers, which know by it that their channels have gone with an earlier run. */
  readonly #instance: string;
  #rooms = 0;
  #isDraining = false;
  readonly #emptied = new Set<() => void>();

  constructor(options: RtpServerOptions) {
    this.#options = options;
    // Rooms of calls are named by applications: none of them can hit upon these.
    this.#roomPrefix = `rtp-${randomHex(options.random, 8)}`;
    this.#instance = randomHex(options.random, 8);
    this.#mixes = new Mixes(() => this.#newRoomId());
  }

  ready(): boolean {
    return !this.#isDraining;
  }

  async open(body: OpenChannelBody): Promise<OpenedChannel> {
    const { log, refusal } = this.#options;
    const reason = this.#isDraining ? 'shutting down' : refusal();
    if (reason !== null) throw this.#refuse(reason);
    const uuid = randomUuid(this.#options.random);
    this.#busy += 1;
    try {
      const leg = await this.#openLeg(uuid);
      if (this.#isDraining) {
        await leg.close();
        throw this.#refuse('shutting down');
      }
      const channel = this.#add(uuid, leg, controlUrlOf(body.control ?? null));
      log.info('rtp.channel-opened', { uuid, port: channel.leg.rtpPort });
      return this.#opened(channel);
    } finally {
      this.#busy -= 1;
      this.#tellEmptied();
    }
  }

  set(uuid: string, body: SetChannelBody): void {
    const { channel } = this.#entry(uuid);
    channel.set(agreed(channel.agreement, body));
  }

  target(uuid: string, body: TargetBody): void {
    const { channel } = this.#entry(uuid);
    channel.set({ ...channel.agreement, remote: remoteOf(body.ip ?? body.address ?? '', body.port) });
  }

  mix(uuid: string, other: string): void {
    const [{ channel: a }, { channel: b }] = [this.#entry(uuid), this.#entry(other)];
    if (a === b) throw new PlainRefusal(400, 'a channel cannot be mixed with itself');
    this.#place(this.#mixes.mix(a, b));
  }

  unmix(uuid: string): void {
    this.#place(this.#mixes.unmix(this.#entry(uuid).channel));
  }

  play(uuid: string, soup: SoundSoup): void {
    this.#entry(uuid).channel.play(soup);
  }

  async record(uuid: string, body: RecordBody): Promise<void> {
    const { channel } = this.#entry(uuid);
    const name = posix.normalize(body.file);
    if (this.#recorded.has(name)) throw new PlainRefusal(409, 'that file is being recorded');
    this.#recorded.add(name);
    try {
      const sink = await this.#options.files.create(body.file).catch((error: unknown) => {
        throw new PlainRefusal(400, `file cannot be written: ${systemCode(error) ?? messageOf(error)}`);
      });
      if (sink === null) throw new PlainRefusal(400, 'file is not one below the directory of the sounds');
      if (this.#entries.get(uuid)?.channel !== channel) {
        await sink.close();
        throw noChannel();
      }
      void channel.record(sink, body).then(() => this.#recorded.delete(name));
    } catch (error) {
      this.#recorded.delete(name);
      throw error;
    }
  }

  dtmf(uuid: string, body: DtmfBody): void {
    const { channel } = this.#entry(uuid);
    if (!channel.hasEvents && this.#options.inbandDtmf === 'off') {
      throw new PlainRefusal(409, 'telephone-event (101) was not agreed on, and dtmf_inband is off');
    }
    channel.leg.dtmf(body.digits.toUpperCase());
  }

  echo(uuid: string, { on }: EchoBody): void {
    this.#entry(uuid).channel.echo(on);
  }

  async close(uuid: string): Promise<ClosedChannel> {
    await this.#close(this.#entry(uuid).channel, 'requested');
    return { channels: this.#workload() };
  }

  counters(): Readonly<Record<string, number>> {
    const { opened, refused, idle, lost, soundsMissing, recordsFailed } = this.#counts;
    return {
      rtp_channels: this.#entries.size,
      rtp_channels_available: this.#workload().available,
      rtp_mixes: this.#mixes.size,
      rtp_channels_opened_total: opened,
      rtp_channels_refused_total: refused,
      rtp_channels_idle_total: idle,
      rtp_channels_lost_total: lost,
      rtp_sounds_missing_total: soundsMissing,
      rtp_records_failed_total: recordsFailed,
    };
  }

  /** No new channels from now on; resolves when there is none left. */
  drain(): Promise<void> {
    this.#isDraining = true;
    if (this.#isEmpty) return Promise.resolve();
    return new Promise((resolve) => this.#emptied.add(resolve));
  }

  /** Closes every channel; resolves when their last news are on their way. */
  async stop(): Promise<void> {
    this.#isDraining = true;
    await Promise.all([...this.#entries.values()].map(({ channel }) => this.#close(channel, 'shutdown')));
    await this.drain();
  }

  get #isEmpty(): boolean {
    return this.#entries.size === 0 && this.#busy === 0;
  }

  #tellEmptied(): void {
    if (!this.#isEmpty) return;
    for (const tell of this.#emptied) tell();
    this.#emptied.clear();
  }

  #entry(uuid: string): Entry {
    const entry = this.#entries.get(uuid);
    if (entry === undefined) throw noChannel();
    return entry;
  }

  #refuse(reason: string): PlainRefusal {
    this.#counts.refused += 1;
    this.#options.log.warn('rtp.channel-refused', { reason });
    return new PlainRefusal(503, outOfChannels);
  }

  async #openLeg(uuid: string): Promise<MediaLeg> {
    const { pool, ports, address, inbandDtmf } = this.#options;
    try {
      return await pool.openLeg({
        legId: `rtp-${uuid}` as LegId,
        roomId: null,
        address: address.bind,
        ports,
        rtpTimeoutMs: idleMs,
        inbandDtmf,
        cname: uuid,
        onEvent: (event) => this.#onLegEvent(uuid, event),
      });
    } catch (error) {
      throw this.#refuse(error instanceof NoPortError ? 'no RTP port pair is free' : messageOf(error));
    }
  }

  #add(uuid: string, leg: MediaLeg, controlUrl: string | null): Channel {
    const { clock, files, log } = this.#options;
    const channel: Channel = new Channel({
      uuid,
      leg,
      files,
      timers: new NamedTimers(clock, () => void this.#close(channel, 'idle-timeout')),
      echoRoom: this.#newRoomId(),
      onEvent: (event) => this.#tell(uuid, controlUrl, event),
      onMissing: (name, reason) => {
        this.#counts.soundsMissing += 1;
        log.warn('rtp.sound-missing', { uuid, name, reason });
      },
      onRecordFailed: (file, reason) => {
        this.#counts.recordsFailed += 1;
        log.error('rtp.record-failed', { uuid, file, reason });
      },
    });
    this.#entries.set(uuid, { channel, controlUrl });
    this.#counts.opened += 1;
    return channel;
  }

  #opened({ uuid, leg }: Channel): OpenedChannel {
    return { uuid, channel: uuid, ip: this.#options.address.published, port: leg.rtpPort, ...this.workload() };
  }

  workload(): RtpWorkload {
    const { busyShare, beatLatenessMs } = this.#options.pool.load;
    return {
      channels: this.#workload(),
      server: this.#instance,
      load: {
        busy_share: Math.round(busyShare * 1000) / 1000,
        mixer_lateness_ms: Math.round(beatLatenessMs * 10) / 10,
      },
    };
  }

  #workload(): ChannelWorkload {
    const { capacity, inUse } = this.#options.ports;
    return { active: this.#entries.size, available: capacity - inUse };
  }

  #newRoomId(): RoomId {
    this.#rooms += 1;
    return `${this.#roomPrefix}-${this.#rooms}` as RoomId;
  }

  #place(channels: readonly Channel[]): void {
    for (const channel of channels) channel.mix(this.#mixes.roomOf(channel));
  }

  #onLegEvent(uuid: string, event: LegEvent): void {
    const channel = this.#entries.get(uuid)?.channel;
    if (channel === undefined) return;
    if (event.type === 'media-timeout') void this.#close(channel, 'idle-timeout');
    else if (event.type === 'lost') void this.#close(channel, 'media-host-lost');
    else channel.onLegEvent(event);
  }

  async #close(channel: Channel, reason: CloseReason): Promise<void> {
    if (!this.#entries.delete(channel.uuid)) return;
    if (reason === 'idle-timeout') this.#counts.idle += 1;
    if (reason === 'media-host-lost') this.#counts.lost += 1;
    this.#busy += 1;
    this.#place(this.#mixes.unmix(channel).filter((other) => other !== channel));
    await channel.close(reason);
    this.#options.log.info('rtp.channel-closed', { uuid: channel.uuid, reason });
    this.#busy -= 1;
    this.#tellEmptied();
  }

  #tell(uuid: string, controlUrl: string | null, body: ChannelEvent): void {
    if (controlUrl === null) return;
    void this.#options.control.send({ method: 'POST', url: `${controlUrl}/channel/${uuid}`, body, lane: uuid });
  }
}

function noChannel(): PlainRefusal {
  return new PlainRefusal(404, 'no such channel');
}

function controlUrlOf(control: OpenChannelBody['control']): string | null {
  if (control === null || control === undefined) return null;
  const url = typeof control === 'string' ? control : `http://${hostOf(control.host)}:${control.port}`;
  return url.replace(/\/+$/, '');
}

function hostOf(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}
