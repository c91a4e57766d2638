// The ears and the microphone of the test pages: what is heard is kept as 16-bit PCM of 8 kHz.

/** A steady tone is noise to the browser's voice processing, which fades it away within seconds. */
const untouched = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };

const RATE_HZ = 8000;
const parts = [];
let samples = 0;
let context = null;
const playing = new Map();

/** @param toneHz  what it hears all the time; null: the browser's fake microphone */
export async function microphone(toneHz) {
  if (toneHz === null) return navigator.mediaDevices.getUserMedia({ audio: untouched });
  const speech = new AudioContext();
  const tone = new OscillatorNode(speech, { frequency: toneHz });
  const level = new GainNode(speech, { gain: 0.1 });
  const out = new MediaStreamAudioDestinationNode(speech, { channelCount: 1 });
  tone.connect(level).connect(out);
  tone.start();
  return out.stream;
}

/** Plays a remote track, and keeps what it plays. */
export function hearingOf(track) {
  if (playing.has(track.id)) return;
  context ??= new AudioContext({ sampleRate: RATE_HZ });
  const stream = new MediaStream([track]);
  // Chromium takes sound from a remote track only while an element plays it.
  const element = new Audio();
  element.muted = true;
  element.srcObject = stream;
  void element.play().catch(() => undefined);
  const source = new MediaStreamAudioSourceNode(context, { mediaStream: stream });
  const tap = context.createScriptProcessor(2048, 1, 1);
  tap.onaudioprocess = ({ inputBuffer }) => {
    const part = Int16Array.from(inputBuffer.getChannelData(0), (value) => Math.max(-1, Math.min(1, value)) * 32767);
    parts.push(part);
    samples += part.length;
  };
  source.connect(tap);
  tap.connect(context.destination);
  void context.resume();
  playing.set(track.id, { element, source, tap });
}

window.ears = {
  /** How much has been heard so far, in samples. */
  length: () => samples,
  /** From that sample on, in base64. */
  since: (from) => {
    const all = new Int16Array(samples);
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    const bytes = new Uint8Array(all.slice(from).buffer);
    let text = '';
    for (let i = 0; i < bytes.length; i += 32_768) text += String.fromCharCode(...bytes.subarray(i, i + 32_768));
    return btoa(text);
  },
};
