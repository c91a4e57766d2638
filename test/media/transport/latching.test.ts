import { describe, expect, test } from 'vitest';
import { Latch } from '../../../media/transport/latching.js';

const sdp = { address: '10.0.0.2', rtpPort: 4000, rtcpPort: 4001 };
const peer = 'peer 198.51.100.7:7000';

class Bench {
  readonly latch: Latch;
  nowMs = 0;
  #sequence = 0;

  constructor(nat?: 'auto' | 'off') {
    this.latch = new Latch(nat);
    this.latch.set(sdp, true);
  }

  /** `count` packets 20 ms apart from `who` ("name address:port"), numbered on; how many were heard. */
  hear(who: string, count: number, sequenceStep = 1): number {
    const at = who.lastIndexOf(':');
    const address = who.slice(who.indexOf(' ') + 1, at);
    let heard = 0;
    for (let i = 0; i < count; i += 1) {
      this.nowMs += 20;
      this.#sequence = (this.#sequence + sequenceStep) & 0xffff;
      if (this.latch.accept(address, Number(who.slice(at + 1)), this.#sequence, this.nowMs)) heard += 1;
    }
    return heard;
  }

  get destination(): string {
    return `${this.latch.rtpAddress}:${this.latch.rtpPort}`;
  }
}

const atSdp = 'sdp 10.0.0.2:4000';
const attacker = 'attacker 203.0.113.66:6666';

describe('learning', () => {
  test('RFC 4961 §3 the SDP address is heard from its first packet', () => {
    const bench = new Bench();
    expect(bench.destination).toBe('10.0.0.2:4000');
    expect(bench.hear(atSdp, 3)).toBe(3);
  });

  test('RFC 4961 §3 another source is heard and sent to from its fifth packet in a row', () => {
    const bench = new Bench();
    expect(bench.hear(peer, 4)).toBe(0);
    expect(bench.destination).toBe('10.0.0.2:4000');
    expect(bench.hear(peer, 3)).toBe(3);
    expect(bench.destination).toBe('198.51.100.7:7000');
  });

  test('packets that are not in a row teach nothing', () => {
    const bench = new Bench();
    expect(bench.hear(peer, 50, 2)).toBe(0);
    expect(bench.destination).toBe('10.0.0.2:4000');
  });

  test('a packet from the SDP address begins the count of all others anew', () => {
    const bench = new Bench();
    bench.hear(peer, 4);
    bench.hear(atSdp, 1);
    expect(bench.hear(peer, 4)).toBe(0);
    expect(bench.destination).toBe('10.0.0.2:4000');
  });

  test('two sources that speak in turns are counted apart', () => {
    const latch = new Latch();
    latch.set(sdp, true);
    const heard: string[] = [];
    for (let i = 0; i < 6; i += 1) {
      if (latch.accept('198.51.100.7', 7000, 100 + i, i * 20)) heard.push(`peer ${i}`);
      if (latch.accept('203.0.113.66', 6666, 900 + i * 3, i * 20)) heard.push(`attacker ${i}`);
    }
    expect(heard).toEqual(['peer 4', 'peer 5']);
  });

  test('nothing but the SDP address is heard where symmetric RTP is off', () => {
    const bench = new Bench('off');
    expect(bench.hear(peer, 50)).toBe(0);
    expect(bench.hear(atSdp, 1)).toBe(1);
  });

  test('RFC 3264 §5.1 before the answer a source is learned too, and gives way to the answer', () => {
    const latch = new Latch();
    latch.set(null, true);
    const heard = [1, 2, 3, 4, 5, 6].map((sequence) => latch.accept('203.0.113.66', 6666, sequence, sequence * 20));
    expect(heard).toEqual([false, false, false, false, true, true]);
    latch.set(sdp, true);
    expect(latch.rtpAddress).toBe('10.0.0.2');
    expect(latch.accept('203.0.113.66', 6666, 7, 140)).toBe(false);
  });

  test('an IPv6 address of the SDP is known by its value, not its spelling', () => {
    const latch = new Latch();
    latch.set({ address: '2001:DB8:0:0::1', rtpPort: 4000, rtcpPort: 4001 }, true);
    expect(latch.rtpAddress).toBe('2001:db8::1');
    expect(latch.accept('2001:db8::1', 4000, 1, 0)).toBe(true);
  });

  test('what is no address at all, or port 0, does no harm', () => {
    const latch = new Latch();
    latch.set({ address: ':::not an address', rtpPort: 4000, rtcpPort: 4001 }, true);
    expect(latch.accept('10.0.0.2', 4000, 1, 0)).toBe(false);
    const other = new Latch();
    other.set({ ...sdp, rtpPort: 0 }, true);
    expect(other.rtpAddress).toBeNull();
  });
});

describe('locked', () => {
  test('a foreign source neither is heard nor moves the destination, however long it tries', () => {
    const bench = new Bench();
    bench.hear(atSdp, 5);
    for (let i = 0; i < 100; i += 1) {
      expect(bench.hear(attacker, 20)).toBe(0);
      bench.hear(atSdp, 1);
    }
    expect(bench.destination).toBe('10.0.0.2:4000');
  });

  test('the same holds for a learned source, also on its address but another port', () => {
    const bench = new Bench();
    bench.hear(peer, 5);
    for (let i = 0; i < 20; i += 1) {
      expect(bench.hear('same host 198.51.100.7:7002', 20)).toBe(0);
      bench.hear(peer, 1);
    }
    expect(bench.destination).toBe('198.51.100.7:7000');
  });

  test('the SDP address wins over a learned source at once', () => {
    const bench = new Bench();
    bench.hear(attacker, 10);
    expect(bench.hear(atSdp, 1)).toBe(1);
    expect(bench.destination).toBe('10.0.0.2:4000');
    expect(bench.hear(attacker, 10)).toBe(0);
  });

  test('once the locked source was silent for 3 s another one is learned: a NAT that forgot its binding', () => {
    const bench = new Bench();
    bench.hear(peer, 5);
    bench.nowMs += 2000;
    expect(bench.hear('rebound 198.51.100.7:7999', 40)).toBe(0);
    bench.nowMs += 1000;
    expect(bench.hear('rebound 198.51.100.7:7999', 6)).toBeGreaterThan(0);
    expect(bench.destination).toBe('198.51.100.7:7999');
  });

  test('RTCP of the locked source keeps it from being silent', () => {
    const bench = new Bench();
    bench.hear(peer, 5);
    for (let i = 0; i < 10; i += 1) {
      bench.nowMs += 1000;
      expect(bench.latch.acceptRtcp('198.51.100.7', 7001, bench.nowMs)).toBe(true);
      expect(bench.hear(attacker, 10)).toBe(0);
    }
  });

  test('RFC 3264 §8.4 while the peer is on hold its silence lets nobody in', () => {
    const bench = new Bench();
    bench.hear(peer, 5);
    bench.latch.set(sdp, false);
    bench.nowMs += 60_000;
    expect(bench.hear(attacker, 100)).toBe(0);
    bench.latch.set(sdp, true);
    expect(bench.destination).toBe('198.51.100.7:7000');
    expect(bench.hear(peer, 1)).toBe(1);
  });

  test('RFC 3264 §8.3.1 a re-INVITE with a new address moves the destination at once and forgets the old source', () => {
    const bench = new Bench();
    bench.hear(peer, 5);
    bench.latch.set({ address: '10.0.0.9', rtpPort: 5000, rtcpPort: 5001 }, true);
    expect(bench.destination).toBe('10.0.0.9:5000');
    expect(bench.hear(peer, 4)).toBe(0);
    expect(bench.hear('new 10.0.0.9:5000', 1)).toBe(1);
  });

  test('a re-INVITE with the same address keeps what was learned; another source waits half a second of silence', () => {
    const bench = new Bench();
    bench.hear(peer, 5);
    bench.latch.set(sdp, true);
    expect(bench.destination).toBe('198.51.100.7:7000');
    expect(bench.hear('moved 192.0.2.1:9000', 24)).toBe(0);
    expect(bench.hear('moved 192.0.2.1:9000', 6)).toBeGreaterThan(0);
    expect(bench.destination).toBe('192.0.2.1:9000');
  });

  test('a flood does not slip in between two packets of the peer, not even after a re-INVITE', () => {
    const bench = new Bench();
    bench.hear(peer, 5);
    bench.latch.set(sdp, true);
    for (let sequence = 0; sequence < 1000; sequence += 1) {
      expect(bench.latch.accept('203.0.113.66', 6666, sequence, bench.nowMs + 1)).toBe(false);
    }
    expect(bench.hear(peer, 1)).toBe(1);
  });
});

describe('RTCP', () => {
  test('RFC 3605 §2.1 goes to the port of the SDP until the peer shows another', () => {
    const latch = new Latch();
    latch.set({ ...sdp, rtcpPort: 4444 }, true);
    expect(latch.rtcpPort).toBe(4444);
    latch.accept('10.0.0.2', 4000, 1, 0);
    expect(latch.rtcpPort).toBe(4444);
    latch.acceptRtcp('10.0.0.2', 5555, 1);
    expect(latch.rtcpPort).toBe(5555);
  });

  test('RFC 3605 §2.1 goes to the address of the SDP, and comes from there or from where RTP does', () => {
    const latch = new Latch();
    expect(latch.rtcpAddress).toBeNull();
    latch.set({ ...sdp, rtcpAddress: '10.0.0.7' }, true);
    for (const hear of [() => undefined, () => latch.accept('10.0.0.2', 4000, 1, 0)]) {
      hear();
      expect([latch.rtcpAddress, latch.rtcpPort]).toEqual(['10.0.0.7', 4001]);
    }
    expect(latch.acceptRtcp('203.0.113.66', 4001, 1)).toBe(false);
    expect(latch.acceptRtcp('10.0.0.7', 5555, 1)).toBe(true);
    expect([latch.rtcpAddress, latch.rtcpPort]).toEqual(['10.0.0.7', 5555]);
    expect(latch.acceptRtcp('10.0.0.2', 4001, 2)).toBe(true);
    expect([latch.rtcpAddress, latch.rtcpPort]).toEqual(['10.0.0.2', 4001]);
  });

  test('RFC 3605 §2.1 what the SDP says of RTCP does not hold for a source that was learned', () => {
    const bench = new Bench();
    bench.latch.set({ ...sdp, rtcpAddress: '10.0.0.7' }, true);
    bench.hear(peer, 5);
    expect([bench.latch.rtcpAddress, bench.latch.rtcpPort]).toEqual(['198.51.100.7', 7001]);
    expect(bench.latch.acceptRtcp('10.0.0.7', 4001, 0)).toBe(false);
  });

  test('goes to the port after RTP at a learned source, and a stranger is not taken', () => {
    const bench = new Bench();
    bench.hear(peer, 5);
    expect(bench.latch.rtcpPort).toBe(7001);
    expect(bench.latch.acceptRtcp('203.0.113.66', 7001, 0)).toBe(false);
    expect(bench.latch.rtcpPort).toBe(7001);
  });
});
