// Shows that the microphone works, before anybody hears it.
import { openMicrophone } from './microphone.js';

/** Tells the level of a stream, 0 to 1, about ten times a second. @returns what ends that */
function watchLevel(stream, tell) {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 1024 });
  new MediaStreamAudioSourceNode(context, { mediaStream: stream }).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    tell(Math.max(0, Math.min(1, 1 + (10 * Math.log10(power + 1e-10)) / 60)));
  }, 100);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}

/** One microphone at a time, whatever is chosen while another one is still being opened. */
export class Preview {
  #tell;
  #turn = 0;
  #end = () => undefined;

  /** @param tell  is told the level, 0 to 1 */
  constructor(tell) {
    this.#tell = tell;
  }

  async start(deviceId, isOriginal) {
    this.stop();
    const turn = this.#turn;
    const stream = await openMicrophone(deviceId, isOriginal);
    const stopAll = () => {
      for (const track of stream.getTracks()) track.stop();
    };
    if (turn !== this.#turn) {
      stopAll();
      return;
    }
    const unwatch = watchLevel(stream, this.#tell);
    this.#end = () => {
      unwatch();
      stopAll();
      this.#tell(0);
    };
  }

  /** Also what is still being opened. */
  stop() {
    this.#turn += 1;
    this.#end();
    this.#end = () => undefined;
  }
}
