/** Power of a tone against that of all else, in dB. */
export function purityDb(heard: Int16Array, hz: number, rateHz: number): number {
  let [re, im, power] = [0, 0, 0];
  for (let i = 0; i < heard.length; i += 1) {
    const angle = (2 * Math.PI * hz * i) / rateHz;
    re += heard[i]! * Math.cos(angle);
    im += heard[i]! * Math.sin(angle);
    power += heard[i]! ** 2;
  }
  const wanted = (2 * (re * re + im * im)) / heard.length;
  return 10 * Math.log10(wanted / Math.max(1e-9, power - wanted));
}
