import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { openMachineNetwork } from '../base/batched-network.js';
import { createRealClock } from '../base/clock.js';
import { apiErrorStatus, problem } from '../contract/errors.js';
import * as quality from '../contract/quality.js';
import { roomEventBody, roomStarted } from '../contract/room-events.js';
import * as v1 from '../contract/v1.js';
import { endCauses } from '../gateway/calls/call-end.js';
import { flagOf, keyOf, type SettingName, settings, variableOf } from '../gateway/config/settings.js';
import { parseConfig } from '../gateway/config.js';
import { eventNames } from '../gateway/events/names.js';
import { mediaBackendFigures } from '../gateway/media-backend.js';
import { processFigures } from '../gateway/process-figures.js';
import { withSettings } from '../scripts/write-settings.js';
import * as sip from '../sip/index.js';
import { rootDir } from './support/dist.js';
import { type Block, blocksOf, documents, proseOf, readDocument } from './support/documents/blocks.js';
import { kindOf } from './support/documents/kinds.js';
import { notRun } from './support/documents/not-run.js';
import { VirtualWorld } from './support/virtual-world.js';

/** Every schema that a document may show a value of. */
const contract = { ...v1, ...quality, problem, roomStarted };

/** What test/integration/documents.test.ts does not run is checked here. */

const blocks = documents.flatMap(blocksOf);

/** What reSIProcate lists of itself, and what came after it. */
const wantedRfcs = [
  ...[2327, 2616, 2617, 2782, 2915, 2976, 3261, 3262, 3263, 3264, 3265, 3266, 3311, 3323, 3325, 3326, 3420, 3428],
  ...[3515, 3550, 3551, 3581, 3665, 3840, 3841, 3842, 3857, 3858, 3861, 3891, 3892, 3903, 3911, 3952, 4028, 4317],
  ...[4475, 4488, 4566, 5118, 5626, 5627, 5922, 5923, 6026, 6086, 6665, 7118, 7616, 8551, 8760, 8866],
];
const settingNames = Object.keys(settings) as SettingName[];

function blocksWith(word: string): (readonly [string, string, Block])[] {
  return blocks.filter(({ words }) => words.has(word)).map((block) => [block.at, block.words.get(word)!, block]);
}

function textOf(file: string): string {
  return readFileSync(join(rootDir, file), 'utf8');
}

/** What stands in backticks outside of the blocks, with where: `docs/api.md rtp_ports`. */
function codeWords(pattern: RegExp, files = documents): string[] {
  return files.flatMap((file) =>
    [...proseOf(file).matchAll(/`([^`\n]+)`/g)]
      .map((match) => match[1]!)
      .filter((word) => pattern.test(word))
      .map((word) => `${file} ${word}`),
  );
}

function wordOf(entry: string): string {
  return entry.slice(entry.indexOf(' ') + 1);
}

/** First column of the table after a heading or comment. */
function firstColumn(file: string, after: string): string[] {
  const table =
    readDocument(file)
      .split(after)[1]
      ?.split('\n\n')
      .find((part) => part.trim().startsWith('|')) ?? '';
  return [...table.matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1]!);
}

describe('examples', () => {
  test('each says how it is checked', () => {
    expect(blocks.filter((block) => kindOf(block) === null).map(({ at }) => at)).toEqual([]);
  });

  test('what is not run is listed with a reason, and nothing else is', () => {
    const found = blocksWith('norun').map(([, , { text }]) => text.split('\n', 1)[0]);
    expect(found.sort()).toEqual(Object.keys(notRun).sort());
  });

  test.each(blocksWith('norun'))('%s is shell', (_at, _value, { text }) => {
    const checked = spawnSync('bash', ['-n', '-c', text], { encoding: 'utf8' });
    expect([checked.status, checked.stderr]).toEqual([0, '']);
  });

  test('the packages that the phones need are those that npm test installs, and curl', () => {
    const line = Object.keys(notRun).find((each) => each.includes('apt-get install')) ?? '';
    const peers = textOf('scripts/lib/peers.mjs');
    const names = line.replace(/.*install /, '').split(' ');
    expect(names.filter((name) => name !== 'curl' && !new RegExp(`^  '?${name}'?:`, 'm').test(peers))).toEqual([]);
  });

  test.each(blocksWith('schema'))('%s is a whole %s', (_at, name, { text }) => {
    const schema = new Map<string, unknown>(Object.entries(contract)).get(name);
    if (!(schema instanceof z.ZodObject)) throw new Error(`contract/ has no ${name}`);
    expect(z.strictObject(schema.shape).safeParse(JSON.parse(text)).error?.issues ?? []).toEqual([]);
  });

  test.each(blocksWith('config'))('%s is taken without a warning', (_at, _value, { text }) => {
    const pem = '-----BEGIN CERTIFICATE-----';
    const readFile = (file: string): string => (file === 'a.yaml' ? text : pem);
    const result = parseConfig({ argv: ['--config', 'a.yaml'], env: {}, readFile });
    expect(result).toMatchObject({ kind: 'config', warnings: [] });
  });

  test.each(blocksWith('from'))('%s is out of %s', (_at, file, { text }) => {
    expect(textOf(file)).toContain(text);
  });
});

describe('the systemd unit', () => {
  const known = {
    Unit: ['Description', 'After', 'Wants'],
    Service: [
      'User',
      'WorkingDirectory',
      'ExecStart',
      'Restart',
      'RestartSec',
      'KillMode',
      'TimeoutStopSec',
      'LimitNOFILE',
      'StateDirectory',
      'NoNewPrivileges',
      'ProtectSystem',
      'ProtectHome',
    ],
    Install: ['WantedBy'],
  } as const;
  const [, , unit] = blocksWith('unit')[0]!;
  const sections = new Map<string, Map<string, string>>();
  let section = new Map<string, string>();
  for (const line of unit.text.trim().split('\n')) {
    const name = /^\[(\w+)\]$/.exec(line)?.[1];
    if (name !== undefined) {
      section = new Map();
      sections.set(name, section);
    } else if (line !== '') section.set(line.replace(/=.*/, ''), line.replace(/^[^=]*=/, ''));
  }
  const service = sections.get('Service') ?? new Map<string, string>();

  test('has the sections and keys that systemd knows', () => {
    expect([...sections.keys()]).toEqual(Object.keys(known));
    for (const [name, keys] of Object.entries(known)) expect([...(sections.get(name)?.keys() ?? [])]).toEqual(keys);
  });

  test('starts the program with flags that exist, and gives it time to drain', () => {
    const [node, program, ...flags] = service.get('ExecStart')?.split(' ') ?? [];
    expect(node).toBe('/usr/bin/node');
    expect(existsSync(join(rootDir, program!.replace(/^dist\//, '').replace(/\.js$/, '.ts')))).toBe(true);
    const names = settingNames.map(flagOf);
    expect(flags.filter((flag) => flag.startsWith('--') && !names.includes(flag))).toEqual([]);
    expect(Number(service.get('TimeoutStopSec')) * 1000).toBeGreaterThan(settings.drainMs.initial + 20_000);
  });
});

describe('names', () => {
  /** `a-b` of a heading "A, b!". */
  const anchorsOf = (file: string): string[] =>
    [...proseOf(file).matchAll(/^#+ (.*)$/gm)].map((match) =>
      match[1]!
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    );

  test.each(documents)('every link of %s leads somewhere', (file) => {
    const broken = [...proseOf(file).matchAll(/\]\(([^)\s]+)\)/g)]
      .map((match) => match[1]!)
      .filter((target) => !/^https?:/.test(target))
      .filter((target) => {
        const [path = '', anchor] = target.split('#');
        const linked = path === '' ? file : normalize(join(dirname(file), path));
        if (!existsSync(join(rootDir, linked))) return true;
        return (
          anchor !== undefined && !(statSync(join(rootDir, linked)).isFile() && anchorsOf(linked).includes(anchor))
        );
      });
    expect(broken).toEqual([]);
  });

  test('every file that is named exists', () => {
    const files = codeWords(/^[\w.-]+(?:\/[\w.-]+)*\/?$/).filter((entry) => /\/|\.(?:ts|mjs|md)$/.test(wordOf(entry)));
    const paths = files.filter((entry) => !/^(?:hookline|dist|native\/build|phones|application)\//.test(wordOf(entry)));
    expect(paths.length).toBeGreaterThan(50);
    expect(paths.filter((entry) => !existsSync(join(rootDir, wordOf(entry))))).toEqual([]);
  });

  test('every flag and variable that is named exists', () => {
    const ofHooks = [...textOf('hooks-reference/main.ts').matchAll(/^ {2}(--[a-z-]+)/gm)].map((match) => match[1]!);
    const known = new Set([...settingNames.flatMap((name) => [flagOf(name), variableOf(name)]), ...ofHooks, '--help']);
    const named = documents.flatMap((file) => [
      ...[...proseOf(file).matchAll(/`(--[a-z-]+)/g)].map((match) => match[1]!),
      ...[...readDocument(file).matchAll(/\bHOOKLINE_[A-Z_]+\b/g)].map((match) => match[0]),
      ...[...readDocument(file).matchAll(/^npm (?:start|run hooks) -- (.*)$/gm)].flatMap((match) =>
        match[1]!.split(' ').filter((word) => word.startsWith('--')),
      ),
    ]);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  test('every snake_case word is a setting, or a field or parameter of the contract', () => {
    const fields = new Set(textOf('openapi.yaml').match(/\b[a-z]+(?:_[a-z0-9]+)+\b/g));
    // Of a server profile, of a domain, of an ICE server, of baresip's configuration, and of LiveKit.
    const inside = new Set([
      ...['max_calls', 'ttl_s', 'users_file', 'audio_source', 'audio_player'],
      ...['max_participants', 'empty_timeout', 'can_publish', 'room_finished', 'participant_joined'],
      ...['participant_left', 'participant_connection_aborted', 'track_published', 'track_unpublished'],
      ...['egress_started', 'egress_updated', 'egress_ended', 'ingress_started', 'ingress_ended'],
    ]);
    const known = (word: string): boolean =>
      settingNames.map(keyOf).includes(word) || fields.has(word) || inside.has(word);
    const words = codeWords(/^(?!hookline_)[a-z]+(?:_[a-z0-9]+)+(?::.*)?$/);
    expect(words.length).toBeGreaterThan(40);
    expect(words.filter((entry) => !known(wordOf(entry).replace(/:.*/, '')))).toEqual([]);
  });

  test('a setting with a value is one that its reader takes', () => {
    const given = codeWords(/^[a-z_]+: \S.*$/).filter((entry) =>
      settingNames.map(keyOf).includes(wordOf(entry).replace(/:.*/, '')),
    );
    expect(given.length).toBeGreaterThan(5);
    for (const entry of given) {
      const result = parseConfig({ argv: ['--config', 'a'], env: {}, readFile: () => wordOf(entry) });
      expect([entry, result.kind]).toEqual([entry, 'config']);
    }
  });

  test('docs/sip.md has a row for each RFC that a SIP stack is asked for, with a verdict, code and tests', () => {
    const rows = readDocument('docs/sip.md')
      .split('<!-- rfcs:')[1]
      ?.split('\n')
      .filter((line) => /^\| \d/.test(line))
      .map((line) => line.split(' | '));
    const numbers = (rows ?? []).flatMap(([first]) => first!.match(/\d+/g) ?? []).map(Number);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(wantedRfcs.filter((rfc) => !numbers.includes(rfc))).toEqual([]);
    const verdicts = (rows ?? []).map(([first, , verdict = '', code = '', tests = '']) => ({
      rfc: first,
      isClear: /^(?:full|partial|not|as)\b/.test(verdict),
      isShown: verdict.startsWith('not') || verdict.startsWith('as') || (code + tests).includes('](../'),
    }));
    expect(verdicts.filter(({ isClear, isShown }) => !isClear || !isShown)).toEqual([]);
  });

  test('every error code exists, and the table has all of them with their status', () => {
    const ofApi = documents.filter((file) => file !== 'sip/README.md');
    const codes = codeWords(/^[A-Z]+(?:_[A-Z]+)+$|^OVERLOADED$|^DRAINING$/, ofApi).map(wordOf);
    expect(codes.filter((code) => !code.startsWith('HOOKLINE_') && !Object.hasOwn(apiErrorStatus, code))).toEqual([]);
    const rows = [...readDocument('docs/api.md').matchAll(/^\| `([A-Z_]+)` \| (\d+) \|/gm)];
    expect(Object.fromEntries(rows.map((row) => [row[1], Number(row[2])]))).toEqual(apiErrorStatus);
  });

  test('every error class and code of sip/README.md is one of the door', () => {
    const rows = [
      ...readDocument('sip/README.md').matchAll(/^\| ((?:`\w+Error`(?:, )?)+) \| ((?:`[A-Z_]+`(?:, )?)+) \|/gm),
    ];
    const listed = rows.map((row) =>
      [row[1], row[2]].map((cell) => [...cell!.matchAll(/`(\w+)`/g)].map(([, name]) => name!)),
    );
    expect(listed.flatMap(([names]) => names)).toContain('ListenError');
    for (const [names = [], codes = []] of listed) {
      for (const [index, name] of names.entries()) {
        const made: unknown = new Map<string, unknown>(Object.entries(sip)).get(name);
        expect([name, typeof made]).toEqual([name, 'function']);
        const sources = readdirSync(join(rootDir, 'sip'), { recursive: true, encoding: 'utf8' }).filter((file) =>
          file.endsWith('.ts'),
        );
        const text = sources.map((file) => textOf(`sip/${file}`)).find((each) => each.includes(`class ${name} `)) ?? '';
        expect(text.slice(text.indexOf(`class ${name} `))).toMatch(new RegExp(`^[^}]*? code = '${codes[index]}'`));
      }
    }
  });

  test('every route is in README.md and docs/api.md', () => {
    const { paths } = parseYaml(textOf('openapi.yaml')) as { paths: Record<string, object> };
    for (const [path, methods] of Object.entries(paths)) {
      for (const method of Object.keys(methods)) {
        expect(readDocument('README.md')).toContain(`\`${method.toUpperCase()} ${path}\``);
      }
      expect(readDocument('docs/api.md')).toContain(path);
    }
  });

  test('every log event exists', () => {
    const events = codeWords(
      /^(?:admission|api|call|certificate|drain|hook|log|media-host|message|presence|process|register|store|trunk|sip(?:\.[a-z]+)?)\.[a-z-]+$/,
    );
    expect(events.length).toBeGreaterThan(15);
    expect(events.filter((entry) => !Object.hasOwn(eventNames, wordOf(entry)))).toEqual([]);
  });

  test('the table of causes has all of them', () => {
    expect(firstColumn('docs/operations.md', '<!-- causes:')).toEqual([...endCauses]);
  });

  test('the table of room events has all of them', () => {
    const types = roomEventBody.options.map(({ shape }) => shape.type.value);
    expect(firstColumn('docs/rooms.md', '<!-- room events:')).toEqual(types);
  });

  test('every metric exists', async () => {
    const world = new VirtualWorld();
    const { gateway } = await world.addGateway();
    const source = { remoteAddress: '127.0.0.1', localAddress: '127.0.0.1' };
    const answer = await gateway.api.request('/metrics', { headers: { host: '127.0.0.1' } }, source);
    const shown = [...(await answer.text()).matchAll(/^# TYPE (\S+)/gm)].map((line) => line[1]);
    const backend = mediaBackendFigures(openMachineNetwork('dgram', createRealClock()));
    const others = [processFigures(), backend].flatMap((figures) => Object.keys(figures));
    const known = [...shown, ...others.map((name) => `hookline_${name}`)];
    await world.close();
    const metrics = codeWords(/^hookline_[a-z_]+$/);
    expect(metrics.length).toBeGreaterThan(20);
    expect(metrics.filter((entry) => !known.includes(wordOf(entry)))).toEqual([]);
  });

  test('the settings of README.md are those of gateway/config/settings.ts: node dist/scripts/write-settings.js', () => {
    expect(readDocument('README.md')).toBe(withSettings(readDocument('README.md')));
  });
});
