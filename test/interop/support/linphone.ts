import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.js';
import { freePort } from '../../support/gateway-process.js';
import { readRecording } from '../../support/wav-file.js';
import { type Gateway, realm as hookRealm } from './gateway.js';
import { PeerProcess, requirePeers } from './peers.js';
import { freeRange } from './ports.js';
import type { Sound } from './sound.js';

export interface LinphoneOptions {
  readonly gateway: Pick<Gateway, 'address'>;
  /** A new folder below it holds configuration and recording. */
  readonly directory: string;
  readonly user: string;
  /** The user's name unless told. */
  readonly password?: string;
  /** Of the digest; that of the hook server unless told. */
  readonly realm?: string;
  /** Seconds between registrations. */
  readonly registerEveryS?: number;
  /** What it says, from the start of each call. */
  readonly sound: Sound;
  /** Speaks TLS to the gateway, whose certificate the authorities in this file have to vouch for; else UDP. */
  readonly ca?: string;
  /** SRTP with keys in the SDP: offered, or nothing else; DTLS and nothing else; else none. */
  readonly encryption?: 'offered' | 'mandatory' | 'dtls';
}

/** A linphonec with files for a sound card, told what to do over its standard input. */
export class Linphone {
  readonly user: string;
  readonly #recording: string;
  readonly #gateway: Pick<Gateway, 'address'>;
  readonly #via: string;
  readonly #process: PeerProcess;

  private constructor({ gateway, user, sound, ca }: LinphoneOptions, home: string, recording: string) {
    this.user = user;
    this.#gateway = gateway;
    this.#via = ca === undefined ? '' : ';transport=tls';
    this.#recording = recording;
    this.#process = new PeerProcess('linphonec', ['-c', join(home, 'rc'), '-d', '4', '-l', join(home, 'log')], {
      cwd: home,
      env: { HOME: home },
    });
    this.#process.write(`soundcard use files\nplay ${sound.file}\nrecord ${recording}\n`);
  }

  /** Resolves when it has registered. */
  static async start(options: LinphoneOptions): Promise<Linphone> {
    requirePeers('linphonec');
    const home = join(options.directory, `linphone-${options.user}`);
    mkdirSync(join(home, '.local/share/linphone'), { recursive: true });
    mkdirSync(join(home, '.config/linphone'), { recursive: true });
    writeFileSync(join(home, 'rc'), await configuration(options));
    const linphone = new Linphone(options, home, join(home, 'heard.wav'));
    try {
      await linphone.#registered();
    } catch (error) {
      await linphone.close();
      throw error;
    }
    return linphone;
  }

  /** Calls a number at the gateway; resolves when it is answered. Not while another call is up and not on hold. */
  async call(number: string): Promise<void> {
    const before = this.#established();
    this.#process.write(`call sip:${number}@${this.#gateway.address}${this.#via}\n`);
    await eventually(`linphone ${this.user} is answered`, () => this.#established() > before);
  }

  #established(): number {
    return this.#process.output.match(/Media streams established/g)?.length ?? 0;
  }

  /** RFC 3891: puts the far ends of two calls together. Calls count from 1. */
  transfer(call: number, to: number): void {
    this.#process.write(`transfer ${call} --to-call ${to}\n`);
  }

  /** Takes the call that comes in. */
  async answer(): Promise<void> {
    await this.prints(/incoming call/i);
    this.#process.write('answer\n');
    await this.prints(/Media streams established/);
  }

  async hangUp(): Promise<void> {
    this.#process.write('terminate\n');
    await this.ended();
  }

  async hold(): Promise<void> {
    this.#process.write('pause\n');
    await this.prints(/is now paused/);
  }

  async resume(): Promise<void> {
    this.#process.write('resume\n');
    await this.prints(/Resuming call[\s\S]*Media streams established/);
  }

  /** Presses one key. */
  press(key: string): void {
    this.#process.write(`${key}\n`);
  }

  async ended(): Promise<void> {
    await this.prints(/Call \d+ (?:with|to) .* ended/);
  }

  /** It does not tell by itself. */
  async #registered(): Promise<void> {
    let asked = 0;
    await eventually(`linphone ${this.user} registers`, () => {
      if (asked % 25 === 0) this.#process.write('status register\n');
      asked += 1;
      return this.#process.output.includes('registered, identity=');
    });
  }

  /** Waits until the recording is so much longer. */
  async hearMore(ms: number): Promise<void> {
    const recordedBytes = (): number => (existsSync(this.#recording) ? statSync(this.#recording).size : 0);
    // Linphone writes 16 bits at 8 kHz or more.
    const target = recordedBytes() + ms * 16;
    await eventually(`linphone ${this.user} hears ${ms} ms more`, () => recordedBytes() >= target, ms + 60_000);
  }

  /** What it heard, at 8 kHz. */
  heard(): Int16Array {
    return readRecording(this.#recording);
  }

  async prints(pattern: RegExp): Promise<void> {
    await eventually(`linphone ${this.user} prints ${pattern}`, () => {
      if (pattern.test(this.#process.output)) return true;
      if (this.#process.isOver) throw new Error(`linphone ${this.user} has ended:\n${this.#process.output}`);
      return false;
    }).catch((error: Error) => {
      throw new Error(`${error.message}\n${this.#process.output}`);
    });
  }

  async close(): Promise<void> {
    if (!this.#process.isOver) this.#process.write('quit\n');
    await this.#process.stop('SIGTERM');
  }
}

function mediaEncryption(encryption: LinphoneOptions['encryption']): 'none' | 'srtp' | 'dtls' {
  if (encryption === undefined) return 'none';
  return encryption === 'dtls' ? 'dtls' : 'srtp';
}

async function configuration(options: LinphoneOptions): Promise<string> {
  const { gateway, user, ca, encryption, password = user, realm = hookRealm, registerEveryS = 300 } = options;
  const identity = `<sip:${user}@127.0.0.1>`;
  const proxy = `sip:${gateway.address};transport=${ca === undefined ? 'udp' : 'tls'}`;
  const trust = ca === undefined ? '' : `\nroot_ca=${ca}\nverify_server_certs=1\nverify_server_cn=1`;
  return `[sip]
sip_port=${await freePort()}
sip_tcp_port=0
sip_tls_port=${ca === undefined ? 0 : await freePort()}${trust}
bind_address=127.0.0.1
guess_hostname=0
default_proxy=0
media_encryption=${mediaEncryption(encryption)}
media_encryption_mandatory=${encryption === 'mandatory' || encryption === 'dtls' ? 1 : 0}
[rtp]
audio_rtp_port=${await freeRange(4)}
[proxy_0]
reg_proxy=<${proxy}>
reg_route=<${proxy};lr>
reg_identity=${identity}
reg_expires=${registerEveryS}
reg_sendregister=1
[auth_info_0]
username=${user}
passwd=${password}
realm=${realm}
domain=127.0.0.1
`;
}
