import { expect } from 'vitest';
import type { DomainRegistrations, RegistrationView } from '../../contract/mediaswitch/registrations.js';
import type { HttpRequest } from '../../gateway/hooks/transport.js';
import { ContractWorld } from './contract-world.js';
import type { FakePhone } from './phone.js';
import { SipEndpoint } from './sip-endpoint.js';
import type { GatewayOptions, WorldGateway, WorldPhone } from './virtual-world.js';

export const bling = 'bling.babblevoice.com';
export const controlUrl = 'http://127.0.0.1:9001';

/** One piece of news as a control server got it. */
export type Told = readonly [method: string, url: string, body: unknown];

export interface DirectoryAnswer {
  readonly status: number;
  readonly text: string;
  readonly allow: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: the answer's shape is what each test asserts
  readonly json: any;
}

/** A contract world whose directory tests push to, with a control server that takes everything. */
export class DirectoryDesk {
  readonly world: ContractWorld;
  readonly told: Told[];
  /** Requests that went to anybody over HTTP, hooks included. */
  readonly asked: readonly string[];
  readonly #endpoints: SipEndpoint[] = [];
  gateway: WorldGateway;

  private constructor(world: ContractWorld, told: Told[], asked: readonly string[]) {
    this.world = world;
    this.told = told;
    this.asked = asked;
    this.gateway = world.gateway;
  }

  static async start(config = '', options: GatewayOptions = {}): Promise<DirectoryDesk> {
    const told: Told[] = [];
    const asked: string[] = [];
    const hooks = async ({ method, url, body }: HttpRequest) => {
      asked.push(url);
      if (url.startsWith(controlUrl)) told.push([method, url, body === '' ? null : JSON.parse(body)]);
      return { status: 200, headers: {}, body: '' };
    };
    return new DirectoryDesk(await ContractWorld.start(config, {}, { hooks, ...options }), told, asked);
  }

  /** A request to /dir or /reg as any HTTP client sends it; a text goes as it is. */
  async ask(method: string, path: string, body?: unknown): Promise<DirectoryAnswer> {
    const { api } = this.gateway.gateway;
    const sent = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
    const response = await api.request(
      path,
      { method, headers: { host: '127.0.0.1' }, ...sent },
      { remoteAddress: '127.0.0.1', localAddress: '127.0.0.1' },
    );
    const text = await response.text();
    const allow = response.headers.get('allow');
    return { status: response.status, text, allow, json: text === '' ? null : JSON.parse(text) };
  }

  /** The README's domain: one user, one control server. */
  async pushBling(users: Readonly<Record<string, string>> = { '1003': '1123654789' }): Promise<void> {
    const list = Object.entries(users).map(([username, secret]) => ({ username, secret }));
    expect((await this.ask('PUT', `/dir/${bling}`, { control: controlUrl, users: list })).status).toBe(201);
  }

  phone(user: string, more: Parameters<ContractWorld['addQuietPhone']>[1] = {}): Promise<WorldPhone> {
    return this.world.addQuietPhone(user, { domain: bling, password: '1123654789', ...more });
  }

  /** The status of a REGISTER, challenged and answered. */
  async register(phone: FakePhone, expiresS = 3600): Promise<number> {
    return (await this.world.while(phone.register(expiresS))).statusCode;
  }

  async registered(user: string, more: Parameters<ContractWorld['addQuietPhone']>[1] = {}): Promise<WorldPhone> {
    const phone = await this.phone(user, more);
    expect(await this.register(phone)).toBe(200);
    return phone;
  }

  async registrations(domain = bling): Promise<DomainRegistrations> {
    return (await this.ask('GET', `/reg/${domain}`)).json;
  }

  async registrationOf(user: string, domain = bling): Promise<RegistrationView | undefined> {
    return (await this.registrations(domain)).users[user];
  }

  /** A socket that sends what a test says, to a domain that is the gateway's own address. */
  async endpointAt(address: string, port = 5060): Promise<SipEndpoint> {
    const endpoint = await SipEndpoint.open(this.world.network.host(address), address, { port });
    this.#endpoints.push(endpoint);
    return endpoint;
  }

  /** Methods and paths of what the control server was told. */
  get news(): string[] {
    return this.told.map(([method, url]) => `${method} ${url.slice(controlUrl.length)}`);
  }

  async finish(): Promise<void> {
    for (const endpoint of this.#endpoints.splice(0)) await endpoint.close();
    await this.world.finish();
  }
}
