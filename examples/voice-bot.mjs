// A voice bot in a room: it waits until somebody has spoken, answers, and is silent at once when it is interrupted.
//   node examples/voice-bot.mjs ws://127.0.0.1:8002/streams/9000 answer.wav     (16 bits, mono; without it espeak-ng speaks)
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { WebSocket } from 'ws';

const [url = 'ws://127.0.0.1:8002/streams/9000', file] = process.argv.slice(2);
const wav = file
  ? readFileSync(file)
  : execFileSync('espeak-ng', ['--stdout', 'I have heard you. What else can I do?']);
const [step, from] = [wav.readUInt32LE(24) / 16_000, wav.indexOf('data') + 8];
const answer = Buffer.alloc(2 * Math.floor((wav.length - from - 4) / 2 / step));
for (let i = 0; i < answer.length; i += 2) {
  const [at, part] = [from + 2 * Math.floor((i / 2) * step), ((i / 2) * step) % 1];
  answer.writeInt16LE(Math.round(wav.readInt16LE(at) * (1 - part) + wav.readInt16LE(at + 2) * part), i);
}
const headers = process.env.API_SECRET ? { authorization: `Bearer ${process.env.API_SECRET}` } : {};
const socket = new WebSocket(`${url}?encoding=l16&rate=16000&name=bot`, { headers });
let [streamSid, loudMs, quietMs, hasHeard, isSpeaking] = ['', 0, 0, false, false];
const send = (event, more) => {
  console.log(event);
  socket.send(JSON.stringify({ event, streamSid, ...more }));
};
socket.on('message', (text) => {
  const message = JSON.parse(text);
  if (message.event === 'start') streamSid = message.streamSid;
  if (message.event === 'mark') isSpeaking = false;
  if (message.event !== 'media') return;
  const pcm = Buffer.from(message.media.payload, 'base64');
  let energy = 0;
  for (let i = 0; i < pcm.length; i += 2) energy += pcm.readInt16LE(i) ** 2;
  [loudMs, quietMs] = energy / (pcm.length / 2) > 300 ** 2 ? [loudMs + 20, 0] : [0, quietMs + 20];
  if (loudMs >= 100) hasHeard = true;
  if (loudMs === 100 && isSpeaking) send('clear');
  if (!hasHeard || quietMs < 700) return;
  [hasHeard, isSpeaking] = [false, true];
  send('media', { media: { payload: answer.toString('base64') } });
  send('mark', { mark: { name: 'answered' } });
});
socket.on('close', (code, reason) => console.log(`closed: ${code} ${reason}`));
