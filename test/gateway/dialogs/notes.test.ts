import { afterEach, describe, expect, test } from 'vitest';
import { dialogView, MAX_NOTE_BYTES, noteText, ownDialogsBody } from '../../../contract/mediaswitch/dialogs.js';
import { FakeControlServer } from '../../support/control-server.js';
import { DialogWorld, domainName } from '../../support/dialog-world.js';

let stage: DialogWorld;

afterEach(() => stage.finish());

const get = (path: string) => stage.command(path, undefined, 'GET');
const note = (callid: unknown, value: unknown, method?: string) =>
  stage.command('/dialog/note', { callid, note: value }, method);

async function calling(): Promise<string> {
  stage = await DialogWorld.start();
  await stage.registered('1003', { onInvite: 'ring' });
  const { json } = await stage.command('/dialog/invite', { domain: domainName, to: '1003', from: '1000' });
  return (json as { callid: string }).callid;
}

async function over(callid: string): Promise<void> {
  await stage.command('/dialog/hangup', { callid });
  await stage.until(() => stage.control.events().some(({ hangup }) => hangup), 'ended', 300_000);
}

describe('what a control server finds again', () => {
  test('mediaswitch 1.4 a note is kept with its dialog, and is in no event', async () => {
    const callid = await calling();
    const path = `/dialog/${callid}`;
    expect((await get(path)).json).not.toHaveProperty('note');
    const value = { family: ['a', null], channel: { port: 10_000 } };
    expect(await note(callid, value)).toEqual({ status: 200, json: null });
    const { json } = await get(path);
    expect(json).toMatchObject({ callid, note: value });
    expect(dialogView.parse(json)).toEqual(json);
    expect((await note(callid, 'another', 'PUT')).status).toBe(200);
    expect((await get(path)).json).toMatchObject({ note: 'another' });
    await stage.events(1);
    expect((await note(callid, null)).status).toBe(200);
    expect((await get(path)).json).not.toHaveProperty('note');
    expect((await note(callid, 1)).status).toBe(200);
    await over(callid);
    expect((await get(path)).status).toBe(404);
    expect((await note(callid, 1)).status).toBe(404);
    for (const event of stage.control.events()) expect(event).not.toHaveProperty('note');
  });

  test('mediaswitch 1.4 a note has 4 KiB as JSON; more, none at all and one of no dialog is refused', async () => {
    const callid = await calling();
    const longest = 'x'.repeat(MAX_NOTE_BYTES - 2);
    expect((await note(callid, longest)).status).toBe(200);
    for (const wrong of [`${longest}x`, 'ü'.repeat(MAX_NOTE_BYTES / 2), undefined]) {
      expect(await note(callid, wrong)).toMatchObject({ status: 400, json: { error: expect.any(String) } });
    }
    expect((await get(`/dialog/${callid}`)).json).toMatchObject({ note: longest });
    expect(noteText(JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`))).toBeNull();
    expect((await note('nobody', 1)).status).toBe(404);
    expect((await note(undefined, 1)).status).toBe(404);
    await over(callid);
  });

  test('mediaswitch 1.4 GET /dialog names the dialogs of a control server that is asked for', async () => {
    const callid = await calling();
    const other = await stage.command('/dialog/invite', {
      ...{ domain: domainName, to: '1003', from: '1000' },
      control: 'http://control.test:9009/',
    });
    const counts = { count: 2, counter: 2 };
    expect((await get('/dialog')).json).toEqual(counts);
    const asked = (url: string) => get(`/dialog?control=${encodeURIComponent(url)}`);
    const { json } = await asked(FakeControlServer.url);
    expect(json).toEqual({ ...counts, callids: [callid] });
    expect(ownDialogsBody.parse(json)).toEqual(json);
    expect((await asked(`${FakeControlServer.url}/`)).json).toEqual(json);
    expect((await asked('http://control.test:9009')).json).toMatchObject({ callids: [expect.any(String)] });
    expect((await asked('http://control.test')).json).toEqual({ ...counts, callids: [] });
    for (const wrong of ['', 'control.test', 'ftp://control.test']) {
      expect((await asked(wrong)).status).toBe(400);
    }
    await stage.command('/dialog/hangup', other.json);
    await over(callid);
    await stage.world.expectNothingLeft();
    expect((await asked(FakeControlServer.url)).json).toEqual({ count: 0, counter: 2, callids: [] });
  });
});
