import type { SdpSeen } from '../../contract/mediaswitch/control.js';
import type { Report } from './callbacks.js';
import { audioTarget, type CodecName, commonPayloads } from './codecs.js';
import type { ServerReply } from './http.js';
import { reasonOf, textMember } from './json-client.js';
import { Lane } from './lane.js';

/** Contract 3.2; its file names are those of the RTP server. */
export interface SoundSoup {
  readonly loop?: boolean | number;
  readonly files: readonly SoundFile[];
}

export interface SoundFile {
  readonly wav?: string | readonly string[];
  readonly pcma?: string | readonly string[];
  readonly pcmu?: string | readonly string[];
  readonly l168k?: string | readonly string[];
  readonly l1616k?: string | readonly string[];
  readonly ilbc?: string | readonly string[];
  readonly g722?: string | readonly string[];
  /** Milliseconds into the file. */
  readonly start?: number;
  readonly stop?: number;
  readonly loop?: boolean | number;
}

/** What a channel asks of the RTP server, and whom it tells. */
export interface ChannelWorld {
  rtp(method: string, path: string, body?: unknown): Promise<ServerReply>;
  /** Our own address, for the RTP server's news of the channel. */
  readonly url: string;
  readonly report: Report;
  /** From the moment its uuid is known until it is closed. */
  channelOpened(channel: Channel): void;
  channelClosed(channel: Channel): void;
}

export interface ChannelOwner {
  /** The channel cannot do what a call needs of it, or is gone. */
  channelLost(reason: string): void;
  /** The phone pressed a key. */
  digit(digit: string): void;
}

export interface KnownChannel {
  readonly uuid: string;
  readonly ip: string;
  readonly port: number;
}

/**
 * One RTP channel: opened, aimed, mixed, played to and deleted in that order, whatever the answers take. Closing it
 * before it is open deletes it once it is.
 */
export class Channel {
  uuid = '';
  ip = '';
  port = 0;
  /** Of the RTP server's run that has it; null where it does not say. */
  server: string | null = null;
  /** Whose sound this is; a transfer may change it. */
  owner: ChannelOwner;
  /** Whether it opened. */
  readonly opened: Promise<boolean>;
  readonly #world: ChannelWorld;
  readonly #lane = new Lane();
  #state: 'opening' | 'open' | 'closed' = 'opening';

  /** `known`: one that an earlier process has opened. */
  constructor(world: ChannelWorld, owner: ChannelOwner, known: KnownChannel | null = null) {
    this.#world = world;
    this.owner = owner;
    if (known === null) {
      this.opened = this.#lane.runAnyway(() => this.#open());
      return;
    }
    this.uuid = known.uuid;
    this.ip = known.ip;
    this.port = known.port;
    this.#state = 'open';
    this.opened = Promise.resolve(true);
    world.channelOpened(this);
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  async #open(): Promise<boolean> {
    const reply = await this.#world.rtp('POST', '/channel', { control: this.#world.url });
    const { code, json } = reply;
    const uuid = textMember(json, 'uuid', 'channel');
    const ip = textMember(json, 'ip');
    const port = typeof json === 'object' && json !== null ? Number((json as { port?: unknown }).port) : Number.NaN;
    if (code !== 200 || uuid === null) {
      this.#state = 'closed';
      this.#world.report(`no RTP channel: ${code} ${reasonOf(reply)}`);
      return false;
    }
    this.uuid = uuid;
    if (this.#state === 'closed' || ip === null || !Number.isInteger(port)) {
      this.#state = 'closed';
      await this.#send('DELETE', '');
      return false;
    }
    this.ip = ip;
    this.port = port;
    this.server = textMember(json, 'server');
    this.#state = 'open';
    this.#world.channelOpened(this);
    return true;
  }

  /** Aims it at the peer and says which payload types both have. Nothing is sent while the peer wants no audio. */
  target(them: SdpSeen, codecs: readonly CodecName[]): void {
    const target = audioTarget(them);
    if (target === null) return;
    this.#command('', { ...target, audio: { payloads: commonPayloads(codecs, them) ?? [] } }, true);
  }

  /** The peer is on hold, and wants nothing or something. A server that does not know `direction` ignores it. */
  rest(them: SdpSeen, codecs: readonly CodecName[]): void {
    const target = audioTarget(them) ?? { ip: '0.0.0.0', port: 0 };
    const audio = { payloads: commonPayloads(codecs, them) ?? [] };
    this.#command('', { ...target, audio, direction: { send: false, recv: false } }, false);
  }

  mix(other: Channel): Promise<void> {
    const earlier = other.#lane.settled;
    return this.#queue(async () => {
      await earlier;
      if (!this.isOpen || !other.isOpen) return;
      const { code, message } = await this.#send('PUT', `/mix/${encodeURIComponent(other.uuid)}`);
      if (code === 200 || !this.isOpen || !other.isOpen) return;
      this.owner.channelLost(`mix: ${code} ${message}`);
      other.owner.channelLost(`mix: ${code} ${message}`);
    });
  }

  unmix(): Promise<void> {
    return this.#command('/unmix', undefined, false);
  }

  play(soup: SoundSoup): Promise<void> {
    return this.#command('/play', soup, false);
  }

  /** Deletes it on the RTP server, after everything asked of it before. May be called twice. */
  close(): void {
    if (this.#state === 'closed') return;
    const wasOpen = this.isOpen;
    this.#state = 'closed';
    if (!wasOpen) return;
    this.#world.channelClosed(this);
    void this.#lane.runAnyway(() => this.#send('DELETE', ''));
  }

  /** The RTP server has closed it. */
  gone(reason: string): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#world.channelClosed(this);
    this.owner.channelLost(reason);
  }

  #command(path: string, body: unknown, isVital: boolean): Promise<void> {
    return this.#queue(async () => {
      if (!this.isOpen) return;
      const { code, message } = await this.#send('PUT', path, body);
      if (isVital && code !== 200 && this.isOpen) this.owner.channelLost(`channel${path}: ${code} ${message}`);
    });
  }

  async #queue(task: () => Promise<void>): Promise<void> {
    await this.#lane.run(task);
  }

  #send(method: string, path: string, body?: unknown): Promise<ServerReply> {
    return this.#world.rtp(method, `/channel/${encodeURIComponent(this.uuid)}${path}`, body);
  }
}
