import { beforeEach, expect, test } from 'vitest';
import type { LogFields, Logger } from '../../base/log.js';
import { silentLogger } from '../../base/log.js';
import type { TlsCertificate } from '../../base/tls.js';
import { CertificateFiles } from '../../gateway/certificate-files.js';
import { TestAuthority } from '../support/certificates.js';
import { ManualClock } from '../support/manual-clock.js';

const authority = await TestAuthority.create();
const [first, second] = [await authority.issue({ dns: ['a.example'] }), await authority.issue({ dns: ['a.example'] })];
let clock: ManualClock;
let disk: Record<string, string>;
let lines: { readonly event: string; readonly fields: LogFields | undefined }[];
let changes: (readonly TlsCertificate[])[];

beforeEach(() => {
  clock = new ManualClock();
  disk = { cert: first.cert, key: first.key };
  lines = [];
  changes = [];
});

function open(): CertificateFiles {
  const note = (event: string, fields?: LogFields): void => void lines.push({ event, fields });
  const log: Logger = { ...silentLogger, info: note, warn: note };
  const readFile = (file: string): string => {
    const text = disk[file];
    if (text === undefined) throw new Error('ENOENT');
    return text;
  };
  const files = { cert: { path: 'cert', text: disk.cert ?? '' }, key: { path: 'key', text: disk.key ?? '' } };
  const source = new CertificateFiles({ clock, log, files, readFile });
  source.certificates.subscribe((certificates) => changes.push(certificates));
  return source;
}

test('a new certificate is found within 10 s, told once, and named in the log with its end', async () => {
  open();
  await clock.advance(60_000);
  expect(changes).toEqual([]);
  disk = { cert: second.cert, key: second.key };
  await clock.advance(60_000);
  expect(changes).toEqual([[second]]);
  expect(lines.map(({ event }) => event)).toEqual(['certificate.loaded']);
  expect(lines[0]?.fields).toMatchObject({ file: 'cert', expiresAt: expect.stringMatching(/GMT$/) });
});

test('between the replacement of the one file and of the other the old pair stays; the log says so once', async () => {
  const source = open();
  disk = { cert: second.cert, key: first.key };
  await clock.advance(60_000);
  expect(source.certificates.current).toEqual([first]);
  expect(lines.map(({ event }) => event)).toEqual(['certificate.refused']);
  disk = { cert: second.cert, key: second.key };
  await clock.advance(10_000);
  expect(source.certificates.current).toEqual([second]);
});

test('a file that is gone, or is no certificate, changes nothing', async () => {
  const source = open();
  disk = { cert: 'rubbish', key: first.key };
  source.reload();
  disk = { key: first.key };
  source.reload();
  expect(source.certificates.current).toEqual([first]);
  expect(changes).toEqual([]);
  expect(lines.map(({ event }) => event)).toEqual(['certificate.refused', 'certificate.refused']);
});

test('a key of another certificate stops the start', () => {
  disk = { cert: first.cert, key: second.key };
  expect(open).toThrow('the key is not that of the certificate');
});

test('closing leaves no timer behind', () => {
  open().close();
  expect(clock.pendingTimers).toBe(0);
});
