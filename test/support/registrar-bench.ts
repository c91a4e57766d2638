import { DigestAuthenticator } from '../../sip/auth/challenge.js';
import { ha1 } from '../../sip/auth/digest.js';
import { contacts } from '../../sip/headers.js';
import type { SipRequest, SipResponse } from '../../sip/message.js';
import { MemoryBindingStore } from '../../sip/ua/binding-memory.js';
import { Registrar, type RegistrarOptions } from '../../sip/ua/registrar.js';
import { DigestRegistrarAuth, type DigestRegistrarAuthOptions } from '../../sip/ua/registrar-auth.js';
import { Registration } from '../../sip/ua/registration.js';
import type { RegistrationEvent, RegistrationOptions } from '../../sip/ua/registration-types.js';
import { sipUri } from '../../sip/uri.js';
import { type Agent, UaBench, type UaBenchOptions } from './ua-bench.js';

export const REALM = 'atlanta.example.com';
export const bobsAor = sipUri({ user: 'bob', host: 'biloxi.example.com' });
const registrarUri = sipUri({ host: 'biloxi.example.com' });

export interface RegistrarBenchOptions extends UaBenchOptions {
  /** Passwords by user; without it nobody is challenged. */
  readonly users?: Readonly<Record<string, string>>;
  readonly registrar?: Partial<RegistrarOptions>;
  /** Of the challenges; SHA-256 and MD5 with `auth` unless told. */
  readonly digest?: Partial<Pick<DigestRegistrarAuthOptions, 'algorithms' | 'qop'>>;
}

/** A registrar of the library, and registrations of the library that use it, every datagram written down. */
export class RegistrarBench {
  readonly bench: UaBench;
  readonly server: Agent;
  readonly registrar: Registrar;
  readonly store: MemoryBindingStore;
  /** `registered sip:…` of every binding that changed. */
  readonly changes: string[] = [];
  readonly registrations: Registration[] = [];

  private constructor(bench: UaBench, server: Agent, options: RegistrarBenchOptions) {
    this.bench = bench;
    this.server = server;
    const { clock, random } = bench;
    this.store = new MemoryBindingStore({ clock });
    const digest = new DigestAuthenticator({ clock, random });
    const auth = new DigestRegistrarAuth(server.ua.context, {
      digest,
      realm: REALM,
      algorithms: ['SHA-256', 'MD5'],
      ...options.digest,
      ha1: (user, algorithm) => {
        const password = options.users?.[user];
        return password === undefined ? null : ha1(algorithm, user, REALM, password);
      },
    });
    this.registrar = new Registrar(server.ua.context, {
      store: this.store,
      onBinding: (_aor, event, binding) => this.changes.push(`${event} ${binding.contact}`),
      ...(options.users === undefined ? {} : { authenticate: auth.authenticate }),
      ...options.registrar,
    });
    server.ua.use(this.registrar);
  }

  static async start(options: RegistrarBenchOptions = {}): Promise<RegistrarBench> {
    const bench = new UaBench(options);
    return new RegistrarBench(bench, await bench.agent('server', '10.0.0.9'), options);
  }

  /** A registration of an agent's, and its news, one word each where nothing else matters. */
  registration(agent: Agent, options: Partial<RegistrationOptions> = {}) {
    const news: RegistrationEvent[] = [];
    const registration = new Registration(
      agent.ua.context,
      { registrar: registrarUri, aor: bobsAor, target: this.server.target, ...options },
      (event) => news.push(event),
    );
    this.registrations.push(registration);
    return { registration, news, words: () => news.map(({ state }) => state) };
  }

  /** The contacts of the address of record, as URIs. */
  bound(aor = bobsAor): string[] {
    return this.store.load(`${aor.user}@${aor.host}`).map(({ contact }) => contact);
  }

  registers(): SipRequest[] {
    return this.bench.sent('REGISTER').filter((message) => message.kind === 'request');
  }

  answers(statusCode: number): SipResponse[] {
    return this.bench.sent(`${statusCode} REGISTER`).filter((message) => message.kind === 'response');
  }

  /** Stops every registration, then what `others` does, and asserts that nothing is left of any. */
  async finish(others: () => Promise<void> = async () => undefined): Promise<void> {
    const stopped = Promise.all(this.registrations.map((registration) => registration.stop()));
    await this.bench.clock.advance(70_000);
    await stopped;
    this.store.close();
    await others();
    await this.bench.expectNothingLeft();
  }
}

/** Expiry by Contact URI of a REGISTER or its 200. */
export function expiriesOf(message: SipRequest | SipResponse): Record<string, string | null | undefined> {
  const read = contacts(message);
  if (!read.ok) return {};
  return Object.fromEntries(
    read.value.values.map(({ uri, params }) => ['host' in uri ? uri.host : '', params.get('expires')]),
  );
}
