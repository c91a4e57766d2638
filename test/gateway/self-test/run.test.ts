import { describe, expect, test } from 'vitest';
import { type Check, runSelfTest, selfTestChecks } from '../../../gateway/self-test/run.js';

async function outcome(checks?: readonly Check[]): Promise<{ code: number; lines: string[] }> {
  const lines: string[] = [];
  const code = await runSelfTest((line) => lines.push(line), checks);
  return { code, lines };
}

describe('mediaswitch row 31: project-sip --test', () => {
  test('mediaswitch row 31: it prints each check, and all pass', async () => {
    const { code, lines } = await outcome();
    expect(lines.filter((line) => line.startsWith('FAILED'))).toEqual([]);
    expect(code).toBe(0);
    expect(lines).toHaveLength(selfTestChecks.length + 1);
    expect(lines.at(-1)).toBe(`All ${selfTestChecks.length} checks passed.`);
  });

  test('mediaswitch row 31: it covers what the original tests', () => {
    const names = selfTestChecks.map(({ name }) => name).join('\n');
    for (const part of ['IPv4 multicast', 'audio and video with ICE', 'IPv6', '15 payloads', 'digest', 'OPTIONS']) {
      expect(names).toContain(part);
    }
    for (const part of ['URI', 'HTTP', 'display names', 'Refer-To', 'several lines', 'Via', 'built']) {
      expect(names).toContain(part);
    }
    expect(new Set(selfTestChecks.map(({ name }) => name)).size).toBe(selfTestChecks.length);
  });

  test('mediaswitch row 31: one that throws or rejects is printed as failed, the others still run, and the exit code tells', async () => {
    const { code, lines } = await outcome([
      { name: 'one', run: () => undefined },
      {
        name: 'two',
        run: () => {
          throw new Error('it is broken\nhere');
        },
      },
      { name: 'three', run: () => Promise.reject(new Error('late')) },
      { name: 'four', run: async () => undefined },
    ]);
    expect(code).toBe(1);
    expect(lines).toEqual([
      'ok      one',
      'FAILED  two: it is broken',
      'FAILED  three: late',
      'ok      four',
      '2 of 4 checks FAILED.',
    ]);
  });
});
