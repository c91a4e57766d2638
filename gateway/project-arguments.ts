import ipaddr from 'ipaddr.js';

/** What a command line of project-sip or project-rtp asks for. */
export type ProjectRequest =
  | {
      readonly kind: 'run';
      /** Flags of hookline, and those that hold where nobody says anything else. */
      readonly argv: readonly string[];
      readonly defaults: readonly string[];
      /** A host name in place of the address to be told to peers; its address has to be found first. */
      readonly publicName: string | null;
    }
  | { readonly kind: 'help' }
  | { readonly kind: 'problems'; readonly problems: readonly string[] }
  | { readonly kind: 'self-test' }
  | { readonly kind: 'tone'; readonly description: string; readonly file: string }
  | { readonly kind: 'wav-info'; readonly file: string }
  | { readonly kind: 'filter-test'; readonly hz: number };

/**
 * The original has no hooks and no file of its own, and ends at the first SIGINT. The main HTTP listener gets any free
 * port, so that several programs of this kind and a hookline run side by side.
 */
const sipDefaults = [
  ...['--hook-url', 'off', '--http-listen', '127.0.0.1:0', '--data-dir', './data/project-sip', '--drain-ms', '0'],
  ...['--mediaswitch-listen', '127.0.0.1:9000', '--sip-listen', '0.0.0.0:5060'],
];

const rtpDefaults = [
  ...['--role', 'media', '--http-listen', '127.0.0.1:0', '--data-dir', ':memory:', '--drain-ms', '0'],
  ...['--rtp-http-listen', '127.0.0.1:9002'],
];

export const sipHelp = `project-sip: the SIP server of hookline, under the command line of mediaswitch

  --fg              stay in the foreground; it always does
  --test            test itself without opening a socket, print the outcome and end: 0 all well, 1 not
  --cp PORT         HTTP port of /dir, /reg and /dialog, on 127.0.0.1 (9000)
  --sp PORT         SIP port, UDP and TCP, on every address (5060)
  --pa ADDRESS      address in Via, Contact and SDP for peers outside --local-net; a host name is looked up
  --help            print this and end

Every flag of hookline is taken as well: hookline --help lists them. Other defaults than there: --hook-url off,
--http-listen 127.0.0.1:0, --data-dir ./data/project-sip, --drain-ms 0. For control servers on other machines use
--mediaswitch-listen and --api-secret in place of --cp. SIGINT stops it.`;

export const rtpHelp = `project-rtp: the RTP server of hookline, under the command line of mediaswitch

  --fg              stay in the foreground; it always does
  --port PORT       HTTP port, on 127.0.0.1 (9002)
  --pa ADDRESS      address told to peers outside --local-net; a host name is looked up
  --maxworker N     media hosts, each in a thread of its own (one per spare core)
  --chroot DIR      where sound files are read and recorded
  --tone DESC FILE  append tones to a WAV file, or make one, and end: 350+440*0.5:1000
  --wavinfo FILE    print what a WAV file is, and end
  --testfir HZ      print what is left of a tone of that frequency after 16 kHz were made 8 kHz, and end
  --help            print this and end

Every flag of hookline is taken as well: hookline --help lists them. Other defaults than there: --role media,
--http-listen 127.0.0.1:0, --data-dir :memory:, --drain-ms 0. For gateways on other machines use --rtp-http-listen
and --api-secret in place of --port. SIGINT stops it.`;

/** Reads the arguments of project-sip. */
export function readSipArguments(argv: readonly string[]): ProjectRequest {
  const reading = new Reading(argv);
  if (reading.take('--help') !== null || reading.take('-h') !== null) return { kind: 'help' };
  reading.take('--fg');
  if (reading.take('--test') !== null) return reading.alone({ kind: 'self-test' }, '--test');
  reading.map('--cp', portOf, (port) => ['--mediaswitch-listen', `127.0.0.1:${port}`]);
  reading.map('--sp', portOf, (port) => ['--sip-listen', `0.0.0.0:${port}`]);
  return reading.run(sipDefaults);
}

/** Reads the arguments of project-rtp. */
export function readRtpArguments(argv: readonly string[]): ProjectRequest {
  const reading = new Reading(argv);
  if (reading.take('--help') !== null || reading.take('-h') !== null) return { kind: 'help' };
  reading.take('--fg');
  const tone = reading.take('--tone', 2);
  if (tone !== null) {
    return reading.alone({ kind: 'tone', description: tone[0] ?? '', file: tone[1] ?? '' }, '--tone');
  }
  const wav = reading.take('--wavinfo', 1);
  if (wav !== null) return reading.alone({ kind: 'wav-info', file: wav[0] ?? '' }, '--wavinfo');
  const hz = reading.take('--testfir', 1);
  if (hz !== null) {
    const value = /^\d{1,5}$/.test(hz[0] ?? '') ? Number(hz[0]) : 0;
    if (value < 1 || value > 7999) reading.complain('--testfir', hz[0], 'a frequency from 1 to 7999');
    return reading.alone({ kind: 'filter-test', hz: value }, '--testfir');
  }
  reading.map('--port', portOf, (port) => ['--rtp-http-listen', `127.0.0.1:${port}`]);
  reading.map('--maxworker', countOf, (count) => ['--media-workers', count]);
  reading.map('--chroot', directory, (path) => ['--sounds', path]);
  return reading.run(rtpDefaults);
}

/** What one flag takes. */
interface Kind {
  readonly accepted: string;
  readonly pattern: RegExp;
  readonly most: number;
}

const portOf: Kind = { accepted: 'a port from 0 to 65535', pattern: /^\d{1,5}$/, most: 65535 };
const countOf: Kind = { accepted: 'a number of media hosts from 0 to 256', pattern: /^\d{1,3}$/, most: 256 };
const directory: Kind = { accepted: 'a directory', pattern: /^[^-]/, most: Number.POSITIVE_INFINITY };
const address: Kind = {
  accepted: 'an IP address or a host name',
  pattern: /^[0-9A-Za-z:][0-9A-Za-z.:_-]{0,254}$/,
  most: Number.POSITIVE_INFINITY,
};

/** Arguments of which one flag after the other is taken; the rest is hookline's. */
class Reading {
  readonly #left: string[];
  readonly #mapped: string[] = [];
  readonly #problems: string[] = [];

  constructor(argv: readonly string[]) {
    this.#left = [...argv];
  }

  /** The values behind a flag, as many as that; null where it is not there. `--flag=value` is read for one value. */
  take(flag: string, count = 0): string[] | null {
    const at = this.#left.findIndex(
      (argument) => argument === flag || (count === 1 && argument.startsWith(`${flag}=`)),
    );
    if (at < 0) return null;
    const isWhole = this.#left[at] === flag;
    const taken = this.#left.splice(at, isWhole ? 1 + count : 1);
    const values = isWhole ? taken.slice(1) : [taken[0]!.slice(flag.length + 1)];
    if (values.length < count || values.some((value) => value === '')) {
      this.#problems.push(`${flag}: ${count === 2 ? 'a description and a file are' : 'a value is'} missing`);
    }
    return values;
  }

  /** A flag of ours for one of theirs; the last one counts. */
  map(flag: string, kind: Kind, ours: (value: string) => readonly string[]): void {
    let value: string | undefined;
    for (let taken = this.take(flag, 1); taken !== null; taken = this.take(flag, 1)) value = taken[0] ?? '';
    if (value === undefined || value === '') return;
    const isGood = kind.pattern.test(value) && (kind.most === Number.POSITIVE_INFINITY || Number(value) <= kind.most);
    if (isGood) this.#mapped.push(...ours(value));
    else this.complain(flag, value, kind.accepted);
  }

  complain(flag: string, value: string | undefined, accepted: string): void {
    if (value !== undefined) this.#problems.push(`${flag}: ${JSON.stringify(value)} is not accepted; use ${accepted}`);
  }

  /** A request that goes with no other flag. */
  alone(request: ProjectRequest, flag: string): ProjectRequest {
    for (const argument of this.#left) this.#problems.push(`${argument}: does not go with ${flag}`);
    return this.#problems.length > 0 ? { kind: 'problems', problems: this.#problems } : request;
  }

  run(defaults: readonly string[]): ProjectRequest {
    let publicName: string | null = null;
    this.map('--pa', address, (value) => {
      if (ipaddr.IPv4.isValidFourPartDecimal(value) || ipaddr.IPv6.isValid(value)) return ['--public-ip', value];
      publicName = value;
      return [];
    });
    if (this.#problems.length > 0) return { kind: 'problems', problems: this.#problems };
    return { kind: 'run', argv: [...this.#mapped, ...this.#left], defaults, publicName };
  }
}
