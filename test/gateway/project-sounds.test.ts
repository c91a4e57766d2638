import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { appendTone, filterTest, printWavInfo } from '../../gateway/project-sounds.js';

let directory = '';
let printed: string[] = [];
let complaints: string[] = [];
const output = {
  print: (line: string) => void printed.push(line),
  complain: (line: string) => void complaints.push(line),
};

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hookline-tones-'));
  printed = [];
  complaints = [];
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('mediaswitch row 27: the sounds of project-rtp', () => {
  test('mediaswitch row 27: --tone makes a file, then appends to it, and says what is there', () => {
    const file = join(directory, 'dial.wav');
    expect(appendTone({ description: '350+440*0.5:1000', file }, output)).toBe(0);
    expect(appendTone({ description: '0:500', file }, output)).toBe(0);
    expect(printed.filter((line) => line.startsWith('length'))).toEqual([
      'length: 1.000 s, 8000 samples',
      'length: 1.500 s, 12000 samples',
    ]);
    expect(printWavInfo(file, output)).toBe(0);
    expect(complaints).toEqual([]);
  });

  test('mediaswitch row 27: a bad description is pointed at, and no file is made', () => {
    const file = join(directory, 'none.wav');
    expect(appendTone({ description: '400/x:100', file }, output)).toBe(2);
    expect(complaints[0]).toContain('400/x:100 (at character 5): not a frequency');
    expect(printWavInfo(file, output)).toBe(1);
    expect(complaints[1]).toContain('ENOENT');
  });

  test('mediaswitch row 27: a file of another kind is left as it is', () => {
    const file = join(directory, 'notes.txt');
    writeFileSync(file, 'a text');
    expect(appendTone({ description: '400:100', file }, output)).toBe(1);
    expect(readFileSync(file, 'utf8')).toBe('a text');
    expect(printWavInfo(file, output)).toBe(1);
    expect(complaints[1]).toContain('not-wav');
    expect(appendTone({ description: '400:100', file: directory }, output)).toBe(1);
  });

  test('mediaswitch row 27: --testfir says how little of a tone is lost, and how much above half the rate', () => {
    expect(filterTest(1000)).toMatch(/^1000 Hz: (?:0\.0|-0\.1) dB from 16000 Hz to 8000 Hz$/);
    expect(filterTest(6000)).toMatch(/^6000 Hz: (?:below -90|-[4-9]\d\.\d) dB/);
  });
});
