import { describe, expect, test } from 'vitest';
import { type ConfigResult, parseConfig } from '../../../gateway/config.js';

function read(...argv: string[]): ConfigResult {
  return parseConfig({ argv, env: {}, interfaces: [], cores: 4 });
}

function config(...argv: string[]) {
  const result = read(...argv);
  if (result.kind !== 'config') throw new Error(JSON.stringify(result));
  return result;
}

describe('media_url', () => {
  test.each([
    ['ws://192.0.2.7:9002', 'ws://192.0.2.7:9002/room'],
    ['http://media.example.com:9002/', 'ws://media.example.com:9002/room'],
    ['https://media.example.com/one/', 'wss://media.example.com:443/one'],
    ['wss://[2001:db8::1]:9443/room', 'wss://[2001:db8::1]:9443/room'],
    ['ws://localhost', 'ws://localhost:80/room'],
  ])('%s is %s', (url, text) => {
    const [node] = config('--media-url', url).config.mediaUrl;
    expect(node).toMatchObject({ text, secure: text.startsWith('wss:') });
    expect(node?.host).not.toContain('[');
  });

  test.each(['ftp://a', 'ws://user:secret@a', 'ws://a?x=1', 'ws://a#b', 'a:9002'])('%s is refused', (url) => {
    expect(read('--media-url', url).kind).toBe('problems');
  });

  test('credentials in one are not repeated', () => {
    expect(JSON.stringify(read('--media-url', 'ws://user:s3cret@192.0.2.7'))).not.toContain('s3cret');
  });

  test('with it nothing is done here, unless media_workers says so', () => {
    const node = ['--media-url', 'ws://127.0.0.1:9002', '--media-url', 'ws://127.0.0.1:9003'];
    expect(config(...node).config).toMatchObject({ mediaWorkers: null, mediaUrl: [{ port: 9002 }, { port: 9003 }] });
    expect(config(...node, '--media-workers', '2').config.mediaWorkers).toBe(2);
    expect(config().config).toMatchObject({ mediaWorkers: 3, mediaUrl: [], mediaSecret: null });
  });

  test('keys in the clear between machines, and a secret for nobody, are warned of', () => {
    const warnings = (...argv: string[]) => config(...argv).warnings.filter((text) => text.includes('media_'));
    expect(warnings('--media-url', 'ws://192.0.2.7:9002')).toEqual([expect.stringContaining('use wss://')]);
    expect(warnings('--media-url', 'wss://192.0.2.7', '--media-url', 'ws://127.0.0.1:9002')).toEqual([]);
    expect(warnings('--media-secret', 's3cret')).toEqual(['media_secret is ignored: there is no media_url']);
  });
});
