import type { InterfaceAddress, SocketAddress } from '../../base/network.js';
import { isLiteral } from './cidr.js';
import type { HostPort } from './readers.js';
import { keyOf, type SettingValues } from './settings.js';

/** A file in PEM that was read at the start, and where from. */
export interface PemFile {
  readonly path: string;
  readonly text: string;
}

/** Where the listeners' certificate and key are; they are read again when the files change. */
export interface TlsFiles {
  readonly cert: PemFile;
  readonly key: PemFile;
}

/** Every address that SIP listens on, by transport; what a transport is not wanted for is empty. */
export interface SipListeners {
  /** Of UDP and TCP alike. Interface names are replaced by their addresses; wildcards are kept. */
  readonly sipListen: readonly SocketAddress[];
  readonly sipsListen: readonly SocketAddress[];
  readonly sipWsListen: readonly SocketAddress[];
  readonly sipWssListen: readonly SocketAddress[];
  readonly tls: TlsFiles | null;
  /** Authorities of client certificates, PEM; null: the system's. */
  readonly tlsCa: PemFile | null;
}

const SIPS_PORT = 5061;

type ReadFile = (
  file: string,
) => { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: string };

interface Context {
  readonly interfaces: readonly InterfaceAddress[];
  readonly read: ReadFile;
  readonly problems: string[];
}

/** What the settings of the listeners come to, together with those of their certificate. */
export function resolveListeners(values: SettingValues, context: Context): SipListeners {
  const { problems } = context;
  const tls = resolveTls(values, context);
  const wants = (kind: SettingValues['sipTransports'][number]): boolean => values.sipTransports.includes(kind);
  const at = (name: 'sipListen' | 'sipsListen' | 'sipWsListen' | 'sipWssListen', listens: readonly HostPort[]) =>
    listens.flatMap((listen) => resolveListen(name, listen, context));
  for (const name of ['sipsListen', 'sipWssListen'] as const) {
    const given = values[name];
    if (given !== null && given.length > 0 && tls === null) {
      problems.push(`${keyOf(name)}: needs a certificate; set tls_cert and tls_key`);
    }
  }
  const sips = values.sipsListen ?? values.sipListen.map(({ host }) => ({ host, port: SIPS_PORT }));
  return {
    sipListen: wants('udp') || wants('tcp') ? at('sipListen', values.sipListen) : [],
    sipsListen: wants('tls') && tls !== null ? unique(at('sipsListen', sips)) : [],
    sipWsListen: wants('ws') ? at('sipWsListen', values.sipWsListen) : [],
    sipWssListen: wants('ws') && tls !== null ? at('sipWssListen', values.sipWssListen) : [],
    tls,
    tlsCa: values.tlsCa === null ? null : readPem('tlsCa', values.tlsCa, context),
  };
}

function resolveTls({ tlsCert, tlsKey }: SettingValues, context: Context): TlsFiles | null {
  if (tlsCert === null && tlsKey === null) return null;
  if (tlsCert === null || tlsKey === null) {
    const missing = tlsCert === null ? 'tls_cert' : 'tls_key';
    context.problems.push(`${missing}: is missing; a certificate and its key go together`);
    return null;
  }
  const cert = readPem('tlsCert', tlsCert, context);
  const key = readPem('tlsKey', tlsKey, context);
  return cert === null || key === null ? null : { cert, key };
}

function readPem(name: 'tlsCert' | 'tlsKey' | 'tlsCa', path: string, { read, problems }: Context): PemFile | null {
  const content = read(path);
  if (content.ok && content.text.includes('-----BEGIN ')) return { path, text: content.text };
  const why = content.ok ? `${path} holds no PEM` : content.problem;
  problems.push(`${keyOf(name)}: ${why}; use the path of a PEM file`);
  return null;
}

function resolveListen(name: string, { host, port }: HostPort, { interfaces, problems }: Context): SocketAddress[] {
  const address = host === 'localhost' ? '127.0.0.1' : host;
  if (isLiteral(address)) return [{ address, port }];
  const found = interfaces.filter((each) => each.name === address);
  if (found.length === 0) {
    const known = [...new Set(interfaces.map((each) => each.name))].join(', ');
    problems.push(`${keyOf(name)}: "${address}" is no interface of this machine; use an IP address or one of ${known}`);
  }
  return found.map((each) => ({ address: each.address, port }));
}

/** Two ports of one host in sip_listen lead to one sips_listen. */
function unique(listens: readonly SocketAddress[]): SocketAddress[] {
  const byName = new Map(listens.map((listen) => [`${listen.address}|${listen.port}`, listen]));
  return [...byName.values()];
}
