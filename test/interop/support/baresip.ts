import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { eventually } from '../../support/eventually.js';
import { freePort } from '../../support/gateway-process.js';
import { readRecording } from '../../support/wav-file.js';
import type { Gateway } from './gateway.js';
import { PeerProcess, requirePeers } from './peers.js';
import { freeRange } from './ports.js';
import { type Sound, silence } from './sound.js';

export interface BaresipOptions {
  /** Whatever listens for SIP there. */
  readonly gateway: Pick<Gateway, 'address'>;
  /** A new folder below it holds configuration and recordings. */
  readonly directory: string;
  readonly user: string;
  readonly password?: string;
  /** Of its own address and of those that it calls; the gateway's address unless told. */
  readonly domain?: string;
  readonly codec?: keyof typeof codecRates;
  /** Seconds between registrations. */
  readonly registerEveryS?: number;
  /** Registers there and sends its calls there, with a Route, in place of the gateway. */
  readonly proxy?: Pick<Gateway, 'address'>;
  /** UDP unless told. */
  readonly transport?: 'udp' | 'tcp' | 'tls';
  /** File of authorities whose certificates it takes. */
  readonly ca?: string;
  /** Users whose presence it watches. It publishes its own then. */
  readonly watches?: readonly string[];
  /**
   * SDES: `srtp` offers it under RTP/AVP, `srtp-mand` and `srtp-mandf` under RTP/SAVP and RTP/SAVPF; `dtls_srtp` under
   * UDP/TLS/RTP/SAVPF; else none.
   */
  readonly encryption?: 'srtp' | 'srtp-mand' | 'srtp-mandf' | 'dtls_srtp';
  /** ICE, with RTCP on the port of RTP. */
  readonly ice?: boolean;
  /** RTCP on the port of RTP. */
  readonly rtcpMux?: boolean;
  /** Asks what waits in its mailbox. */
  readonly mailbox?: boolean;
}

/** What baresip calls them. */
const codecRates = { PCMU: 8000, PCMA: 8000, G722: 16000, opus: 48_000, L16: 16_000 } as const;

function channelsOf(codec: keyof typeof codecRates): number {
  return codec === 'opus' ? 2 : 1;
}

interface Report {
  readonly event?: boolean;
  readonly type?: string;
  readonly param?: string;
  readonly token?: string;
  readonly ok?: boolean;
  readonly data?: string;
}

/**
 * A baresip softphone without a sound card, told what to do over its control socket. Silent until it is told to
 * `say`; keeps a recording of each call.
 */
export class Baresip {
  readonly user: string;
  /** What it told of itself, in order: CALL_ESTABLISHED, CALL_CLOSED, … */
  readonly events: { readonly type: string; readonly param: string }[] = [];
  readonly #options: BaresipOptions;
  readonly #directory: string;
  readonly #process: PeerProcess;
  #control: Socket | null = null;
  #unread = Buffer.alloc(0);
  readonly #answers = new Map<string, Report>();
  #tokens = 0;
  #accepted = 0;
  /** Those of calls that are over. */
  readonly #oldRecordings = new Set<string>();

  private constructor(options: BaresipOptions, directory: string) {
    this.#options = options;
    this.user = options.user;
    this.#directory = directory;
    this.#process = new PeerProcess('baresip', ['-f', directory], { cwd: directory });
  }

  /** Resolves when it has registered. */
  static async start(options: BaresipOptions): Promise<Baresip> {
    requirePeers('baresip');
    const directory = join(options.directory, `baresip-${options.user}`);
    mkdirSync(directory, { recursive: true });
    const controlPort = await configure(options, directory);
    const baresip = new Baresip(options, directory);
    try {
      await baresip.#attach(controlPort);
      await eventually(`baresip ${options.user} registered`, () =>
        / 200 OK .*\[\d+ binding/.test(baresip.#process.output),
      );
    } catch (error) {
      await baresip.close();
      throw new Error(`baresip ${options.user} did not register:\n${baresip.#process.output}`, { cause: error });
    }
    return baresip;
  }

  /** Waits for the n-th event of that type since the start. */
  event(type: string, count = 1): Promise<unknown> {
    return eventually(`baresip ${this.user}: ${type} for the ${count}. time`, () => {
      if (this.#process.isOver) throw new Error(`baresip ${this.user} has ended:\n${this.#process.output}`);
      return this.events.filter((event) => event.type === type).length >= count;
    });
  }

  /** Calls a number at the gateway; resolves when it is answered. */
  async call(number: string): Promise<void> {
    const before = this.events.filter((event) => event.type === 'CALL_ESTABLISHED').length;
    await this.dial(number);
    await this.event('CALL_ESTABLISHED', before + 1);
  }

  async dial(number: string): Promise<void> {
    this.#closeRecordings();
    await this.command('dial', `sip:${number}@${this.#options.domain ?? this.#options.gateway.address}`);
  }

  /** Takes the call that rings here. */
  async accept(): Promise<void> {
    this.#accepted += 1;
    await this.event('CALL_INCOMING', this.#accepted);
    this.#closeRecordings();
    await this.command('accept');
  }

  /** Says this from now on. */
  async say(sound: Sound): Promise<void> {
    await this.command('ausrc', `aufile,${this.#atRate(sound.file)}`);
  }

  #atRate(file: string): string {
    return atRate(file, this.#directory, codecRates[this.#options.codec ?? 'PCMU']);
  }

  async command(command: string, params = ''): Promise<string> {
    this.#tokens += 1;
    const token = String(this.#tokens);
    const text = JSON.stringify({ command, params, token });
    this.#control?.write(`${Buffer.byteLength(text)}:${text},`);
    const { ok, data } = await eventually(`baresip ${this.user}: answer to ${command}`, () => this.#answers.get(token));
    if (ok !== true) throw new Error(`baresip ${this.user}: ${command} ${params}: ${data}`);
    return data ?? '';
  }

  /** Length of the last call's recording, in ms. */
  recordedMs(): number {
    const file = this.#recordingFile();
    const codec = this.#options.codec ?? 'PCMU';
    const bytesPerMs = (channelsOf(codec) * codecRates[codec]) / 500;
    return file === null ? 0 : (statSync(file).size - 44) / bytesPerMs;
  }

  /** Waits until the recording is so much longer. */
  async hearMore(ms: number): Promise<void> {
    const target = this.recordedMs() + ms;
    await eventually(`baresip ${this.user} hears ${ms} ms more`, () => this.recordedMs() >= target, ms + 60_000);
  }

  async hangUp(): Promise<void> {
    const before = this.events.filter((event) => event.type === 'CALL_CLOSED').length;
    await this.command('hangup');
    await this.event('CALL_CLOSED', before + 1);
  }

  /** What it heard in the last call, at 8 kHz. */
  heard(): Int16Array {
    const file = this.#recordingFile();
    if (file === null) throw new Error(`baresip ${this.user} recorded nothing:\n${this.#process.output}`);
    return readRecording(file);
  }

  async close(): Promise<void> {
    this.#control?.destroy();
    await this.#process.stop();
  }

  /** A call that begins now makes a recording of its own. */
  #closeRecordings(): void {
    for (const name of this.#recordings()) this.#oldRecordings.add(name);
  }

  #recordings(): string[] {
    return readdirSync(this.#directory).filter((name) => name.endsWith('-dec.wav'));
  }

  #recordingFile(): string | null {
    const name = this.#recordings().find((each) => !this.#oldRecordings.has(each));
    return name === undefined ? null : join(this.#directory, name);
  }

  async #attach(port: number): Promise<void> {
    this.#control = await eventually(`baresip ${this.user}: control socket`, async () => {
      if (this.#process.isOver) throw new Error(`baresip ${this.user} has ended`);
      return open(port);
    });
    this.#control.on('data', (chunk) => this.#read(chunk));
    this.#control.on('error', () => undefined);
  }

  /** Netstrings of JSON. */
  #read(chunk: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, chunk]);
    for (;;) {
      const colon = this.#unread.indexOf(':');
      if (colon < 0) return;
      const end = colon + 1 + Number(this.#unread.toString('latin1', 0, colon));
      if (this.#unread.length <= end) return;
      const report = JSON.parse(this.#unread.toString('utf8', colon + 1, end)) as Report;
      this.#unread = this.#unread.subarray(end + 1);
      if (report.event === true) this.events.push({ type: report.type ?? '', param: report.param ?? '' });
      else if (report.token !== undefined) this.#answers.set(report.token, report);
    }
  }
}

/** The file at that rate: baresip's own conversion takes much of the upper half of the band. */
function atRate(file: string, directory: string, rateHz: number): string {
  if (rateHz === 8000) return file;
  const converted = join(directory, `${rateHz}-${basename(file)}`);
  execFileSync('sox', ['-D', file, '-r', String(rateHz), converted]);
  return converted;
}

function open(port: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.once('error', () => resolve(null));
  });
}

/** @returns the port of its control socket */
async function configure(options: BaresipOptions, directory: string): Promise<number> {
  const { user, password = user, codec = 'PCMU', registerEveryS = 300, gateway, ca, transport = 'udp' } = options;
  const { domain = '127.0.0.1', proxy, watches, mailbox = false, encryption, ice = false, rtcpMux = ice } = options;
  const via = transport === 'udp' ? '' : `;transport=${transport}`;
  const sip = await freePort();
  const control = await freePort();
  const rtp = await freeRange(20);
  const menu = spawnSync('dpkg', ['-L', 'baresip-core'], { encoding: 'utf8' }).stdout.match(/.*\/menu\.so$/m)?.[0];
  if (menu === undefined) throw new Error('the modules of baresip were not found');
  const lines = [
    'poll_method epoll',
    `sip_listen 127.0.0.1:${sip}`,
    'net_interface 127.0.0.1',
    ...(ca === undefined ? [] : [`sip_cafile ${ca}`]),
    `rtp_ports ${rtp}-${rtp + 19}`,
    'call_local_timeout 120',
    'audio_path /usr/share/baresip',
    `audio_source aufile,${atRate(silence(directory).file, directory, codecRates[codec])}`,
    'audio_player aubridge,sink',
    'audio_alert aubridge,alert',
    `ausrc_srate ${codecRates[codec]}`,
    `auplay_srate ${codecRates[codec]}`,
    'ausrc_channels 1',
    'auplay_channels 1',
    'jitter_buffer_delay 5-10',
    `module_path ${dirname(menu)}`,
    ...['g711', 'g722', 'opus', 'l16', 'aufile', 'aubridge', 'sndfile', 'ctrl_tcp'].map((name) => `module ${name}.so`),
    ...(encryption === undefined ? [] : [encryption === 'dtls_srtp' ? 'module dtls_srtp.so' : 'module srtp.so']),
    ...(ice ? ['module ice.so'] : []),
    ...(rtcpMux ? ['rtcp_mux yes'] : []),
    'module_tmp uuid.so',
    'module_tmp account.so',
    'module_app menu.so',
    ...(watches === undefined ? [] : ['module_app contact.so', 'module_app presence.so']),
    ...(mailbox ? ['module_app mwi.so'] : []),
    `ctrl_tcp_listen 127.0.0.1:${control}`,
    `snd_path ${directory}`,
  ];
  const account = [
    `<sip:${user}@${domain}${via}>`,
    `auth_user=${user}`,
    `auth_pass=${password}`,
    `outbound="sip:${(proxy ?? gateway).address}${via}${proxy === undefined ? '' : ';lr'}"`,
    `regint=${registerEveryS}`,
    `audio_codecs=${codec}/${codecRates[codec]}/${channelsOf(codec)}`,
    'answermode=manual',
    ...(encryption === undefined ? [] : [`mediaenc=${encryption}`]),
    ...(ice ? ['medianat=ice'] : []),
    `mwi=${mailbox ? 'yes' : 'no'}`,
    ...(watches === undefined ? [] : ['pubint=60']),
  ];
  writeFileSync(join(directory, 'config'), `${lines.join('\n')}\n`);
  writeFileSync(join(directory, 'accounts'), `${account.join(';')}\n`);
  const contacts = (watches ?? []).map((each) => `"${each}" <sip:${each}@127.0.0.1>;presence=p2p\n`);
  writeFileSync(join(directory, 'contacts'), contacts.join(''));
  return control;
}
