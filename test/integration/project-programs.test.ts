import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readWav } from '../../media/wav.js';
import { eventually } from '../support/eventually.js';
import { freePort, rtpBase } from '../support/gateway-process.js';
import { Program } from '../support/program.js';

let directory = '';
const running: Program[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hookline-project-'));
});

afterEach(async () => {
  for (const program of running.splice(0)) await program.kill();
  rmSync(directory, { recursive: true, force: true });
});

function run(name: 'project-sip' | 'project-rtp', ...args: string[]): Program {
  const program = new Program(`gateway/${name}.js`, args);
  running.push(program);
  return program;
}

async function ended(program: Program): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { code } = await program.ended;
  return { code, stdout: program.stdout, stderr: program.stderr };
}

describe('mediaswitch row 31: project-sip and project-rtp as their users run them', () => {
  test('mediaswitch row 31: project-sip --test prints each check and ends with 0', async () => {
    const { code, stdout } = await ended(run('project-sip', '--test'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ok {6}OPTIONS/m);
    expect(stdout).not.toContain('FAILED');
  });

  test.each(['project-sip', 'project-rtp'] as const)(
    'mediaswitch row 31: %s --help ends with 0, an unknown flag with 2',
    async (name) => {
      const [help, wrong] = await Promise.all([
        ended(run(name, '--help')),
        ended(run(name, '--fg', '--nonsense', '1')),
      ]);
      expect(help.code).toBe(0);
      expect(help.stdout).toContain('--fg ');
      expect(wrong.code).toBe(2);
      expect(wrong.stderr).toContain(`${name}: --nonsense: no such flag`);
    },
  );

  test('mediaswitch row 31: project-sip --fg serves on --cp and --sp, and SIGINT stops it', async () => {
    const [http, sip] = [await freePort(), await freePort()];
    const args = ['--cp', String(http), '--sp', String(sip), '--pa', '127.0.0.1', '--data-dir', directory];
    const program = run('project-sip', '--fg', ...args, '--media-workers', '0');
    const { listening } = await program.event('ready');
    expect(listening).toContainEqual({ kind: 'udp', address: '127.0.0.1', port: sip });
    const reg = await fetch(`http://127.0.0.1:${http}/reg`);
    expect([reg.status, await reg.json()]).toEqual([200, { count: 0 }]);
    program.signal('SIGINT');
    expect((await program.ended).code).toBe(0);
  });

  test('mediaswitch row 31: project-rtp --fg serves on --port, and SIGINT stops it', async () => {
    const [http, rtp] = [await freePort(), rtpBase()];
    const args = ['--port', String(http), '--pa', '127.0.0.1', '--maxworker', '1', '--chroot', directory];
    const program = run('project-rtp', '--fg', ...args, '--rtp-ports', `${rtp}-${rtp + 9}`);
    const opened = await Promise.race([
      program.ended,
      eventually('a channel', () =>
        fetch(`http://127.0.0.1:${http}/`, { method: 'POST', body: '{}' }).catch(() => false),
      ),
    ]);
    expect(opened, program.stderr).toMatchObject({ status: 200 });
    program.signal('SIGINT');
    expect((await program.ended).code).toBe(0);
  });

  test('mediaswitch row 27: project-rtp --tone makes a file, --wavinfo tells of it, a bad description is refused', async () => {
    const file = join(directory, 'ringing.wav');
    const made = await ended(run('project-rtp', '--tone', '400+450*0.5/0:400/200', file));
    expect(made.code, made.stderr).toBe(0);
    const read = readWav(readFileSync(file));
    expect(read.ok && read.value.samples).toHaveLength(4800);
    const [told, refused] = await Promise.all([
      ended(run('project-rtp', '--wavinfo', file)),
      ended(run('project-rtp', '--tone', 'a:1', file)),
    ]);
    expect([told.code, told.stdout.split('\n')[0]]).toEqual([0, 'format: 16-bit PCM (format tag 1)']);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('project-rtp: a:1 (at character 1)');
  });
});
