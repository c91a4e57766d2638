import type { DialogDocument } from '../../contract/mediaswitch/dialogs.js';
import type { DomainProfile } from '../../gateway/config/domains.js';
import { sdpCodec } from '../../gateway/dialogs/sdp-codec.js';
import { ContractWorld } from './contract-world.js';
import { FakeControlServer } from './control-server.js';
import { profilesOf } from './domain-profile.js';
import { silentMedia } from './phone.js';
import type { WorldPhone } from './virtual-world.js';

export const domainName = 'pbx.example.com';

/** A domain whose calls that control server decides about. */
export function controlDomain(users: Readonly<Record<string, string>>, control = FakeControlServer.url): DomainProfile {
  const [profile] = profilesOf(JSON.stringify([{ name: domainName, users }]));
  return { ...profile!, routing: 'control', control };
}

/** A gateway with one domain, its control server, and phones of its users; the password of each is `pw` and his name. */
export class DialogWorld {
  readonly world: ContractWorld;
  readonly control: FakeControlServer;
  /** What our side of a dialog says: JSON as a control server writes it. */
  readonly us = jsonOf(silentMedia('10.0.9.1', 10_000).offer('sendrecv'));

  private constructor(world: ContractWorld, control: FakeControlServer) {
    this.world = world;
    this.control = control;
  }

  static async start(config = ''): Promise<DialogWorld> {
    const control = new FakeControlServer();
    const hooks = {
      transport: (): never => {
        throw new Error('a hook was called');
      },
    };
    const world = await ContractWorld.start(config, {}, { hooks: control.transport(async () => hooks.transport()) });
    world.gateway.gateway.domains.add(controlDomain({ '1003': 'pw1003', '1004': 'pw1004' }));
    return new DialogWorld(world, control);
  }

  phone(user: string, more: Parameters<ContractWorld['addQuietPhone']>[1] = {}): Promise<WorldPhone> {
    return this.world.addQuietPhone(user, { domain: domainName, password: `pw${user}`, ...more });
  }

  async registered(user: string, more: Parameters<ContractWorld['addQuietPhone']>[1] = {}): Promise<WorldPhone> {
    const phone = await this.phone(user, more);
    const { statusCode } = await this.world.register(phone, 3600);
    if (statusCode !== 200) throw new Error(`REGISTER got ${statusCode}`);
    return phone;
  }

  /** A command from inside a script of the control server: the clock is moved by somebody else meanwhile. */
  async command(
    path: string,
    body: unknown,
    method = 'POST',
  ): Promise<{ readonly status: number; readonly json: unknown }> {
    const response = await this.world.gateway.gateway.api.request(
      path,
      { method, headers: { host: '127.0.0.1' }, ...(method === 'GET' ? {} : { body: JSON.stringify(body) }) },
      { remoteAddress: '127.0.0.1', localAddress: '127.0.0.1' },
    );
    const text = await response.text();
    return { status: response.status, json: text === '' ? null : JSON.parse(text) };
  }

  /** The control server rings and answers each call that comes in, and confirms each re-INVITE. */
  answerAll(): void {
    this.control.script = async (event) => {
      const { callid } = event;
      if (event.hangup) return;
      // Where nothing waits for it, it changes nothing.
      if (event.answered) await this.command('/dialog/ok', { callid, sdp: this.us });
      if (event.originator || event.answered) return;
      await this.command('/dialog/ring', { callid });
      await this.command('/dialog/answer', { callid, sdp: this.us });
    };
  }

  async until(condition: () => boolean, what: string, limitMs?: number): Promise<void> {
    await this.world.until(condition, what, limitMs);
  }

  /** Waits for the n-th event. */
  async events(count: number): Promise<readonly DialogDocument[]> {
    await this.until(() => this.control.events().length >= count, `${count} events: ${this.story()}`, 400_000);
    return this.control.events();
  }

  /** One word per event: what is true in it. */
  story(callid?: string): string[] {
    return this.control.events(callid).map((event) => {
      const flags = (['ring', 'answered', 'hold', 'hangup'] as const).filter((flag) => event[flag]);
      const error = event.error.code === 0 ? '' : ` ${event.error.code} ${event.error.status}`;
      return `${event.refer === undefined ? '' : 'refer '}${flags.join(' ') || 'new'}${error}`;
    });
  }

  /** Every dialog had exactly one last event, nothing is left, nothing is open. */
  async finish(): Promise<void> {
    const callids = new Set(this.control.events().map(({ callid }) => callid));
    for (const callid of callids) {
      const hangups = this.control.events(callid).map(({ hangup }) => hangup);
      if (hangups.indexOf(true) !== hangups.length - 1) throw new Error(`${callid}: ${this.story(callid)}`);
    }
    await this.world.finish();
  }
}

export function jsonOf(body: Buffer | string): Record<string, unknown> {
  return { ...sdpCodec.ofBody(Buffer.from(body))?.json };
}
