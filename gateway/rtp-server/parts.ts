import type { Clock } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import type { Logger } from '../../base/log.js';
import { type InterfaceAddress, type Network, systemCode } from '../../base/network.js';
import type { Random } from '../../base/random.js';
import type { PortAllocator } from '../../media/index.js';
import type { MediaPool } from '../../rooms/index.js';
import type { Api } from '../api/app.js';
import { createRtpApi } from '../api/rtp-app.js';
import type { Config } from '../config.js';
import type { ControlClient } from '../control/control-client.js';
import { createSoundFiles, noSoundFiles, type SoundFiles } from '../sounds/sound-files.js';
import { RtpServer } from './server.js';

export interface RtpPartsDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly log: Logger;
  readonly pool: MediaPool;
  readonly ports: PortAllocator;
  /** Where its news go out. */
  readonly control: ControlClient;
  /** Why one more channel would harm the others; null: it may be opened. */
  readonly refusal: () => string | null;
  /** Of the whole process, for GET /metrics. */
  readonly counters: () => Readonly<Record<string, number>>;
  /** The process takes what comes. */
  readonly isReady: () => boolean;
}

/** The RTP server with its API and its news; the listener is the owner's. */
export interface RtpParts {
  readonly server: RtpServer;
  readonly api: Api;
}

/** Throws an Error that names the setting when the directory of the sounds is of no use. */
export function createRtpParts(deps: RtpPartsDeps): RtpParts {
  const { config, clock, random, network, log, pool, ports, control, refusal } = deps;
  const server = new RtpServer({
    clock,
    random,
    log,
    pool,
    ports,
    files: soundFilesOf(config.sounds),
    control,
    address: rtpAddressOf(config, network.interfaces()),
    inbandDtmf: config.dtmfInband === 'on' ? 'auto' : 'off',
    refusal,
  });
  const { apiSecret, apiAllow } = config;
  const health = { ready: () => deps.isReady() && server.ready(), counters: deps.counters, histograms: () => ({}) };
  const api = createRtpApi(server, health, { apiSecret, apiAllow, log });
  return { server, api };
}

function soundFilesOf(directory: string | null): SoundFiles {
  if (directory === null) return noSoundFiles;
  try {
    return createSoundFiles(directory);
  } catch (thrown) {
    const why = systemCode(thrown) ?? messageOf(thrown);
    throw new Error(`sounds: ${directory} cannot be read (${why}); use the path of a directory`, { cause: thrown });
  }
}

/**
 * Where channels are bound, and the address that is told. A channel is opened before anybody knows who its peer is, so that
 * it is one address for all: public_ip where it is one of this machine, else the first of sip_listen, else the first that is
 * not loopback, else loopback.
 */
export function rtpAddressOf(
  { publicIp, sipListen }: Pick<Config, 'publicIp' | 'sipListen'>,
  interfaces: readonly InterfaceAddress[],
): { readonly bind: string; readonly published: string } {
  const isOurs = publicIp !== null && interfaces.some(({ address }) => address === publicIp);
  const listening = sipListen
    .map(({ address }) => address)
    .find((address) => address !== '0.0.0.0' && address !== '::');
  const outside = interfaces.find(({ family, internal }) => !internal && family === 4);
  const bind = isOurs && publicIp !== null ? publicIp : (listening ?? outside?.address ?? '127.0.0.1');
  return { bind, published: publicIp ?? bind };
}
