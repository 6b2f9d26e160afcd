/** The protocol of a probe. `icmp` sends one echo request of the destination's family. */
export type ProbeProtocol = 'tcp' | 'udp' | 'sctp' | 'icmp'

export interface Probe {
  readonly protocol: ProbeProtocol
  readonly destination: string
  /** 0 for icmp. */
  readonly port: number
  /** Null: the kernel's choice. */
  readonly source?: string
  /**
   * Default: a port that no other probe of this lab and no program of the machine uses, so that the probe's packets are
   * recognised anywhere.
   */
  readonly sourcePort?: number
  /** The time without an answer that counts as a drop: see `Machine.probe`. An answer ends the probe at once. */
  readonly timeoutMs?: number
  /** The interface of the destination, when that is a link-local address. */
  readonly interface?: string
  /** The probe waits until so many bytes have arrived; for path MTU discovery. */
  readonly expectBytes?: number
}

/** Data passed in both directions: for TCP after the handshake, for UDP two datagrams and the answers to both. */
export interface Delivered {
  readonly delivered: true
  /** The name of the service that answered, as given to `listen`; for icmp the address. */
  readonly by: string
  /** The source of the flow as the service saw it. */
  readonly source: string
  readonly sourcePort: number
  /** The destination address and port as the service saw them. */
  readonly at: string
  readonly port: number
  readonly bytes: number
  readonly elapsedMs: number
}

export interface Undelivered {
  readonly delivered: false
  /** `timeout`, `refused`, `unreachable`, `closed`, or an errno name such as `EPERM`. */
  readonly how: string
  /** True: a TCP handshake was completed, or the first datagram was answered, and a later packet was lost. */
  readonly connected: boolean
  readonly elapsedMs: number
}

export type ProbeOutcome = Delivered | Undelivered

/** A packet that arrived at an interface, before any translation here. */
export interface Arrival {
  readonly interface: string
  readonly protocol: ProbeProtocol
  readonly source: string
  /** The echo identifier for icmp. */
  readonly sourcePort: number
  readonly destination: string
  readonly port: number
  /** The ICMP type, or the TCP flags. */
  readonly type: number
  readonly code: number
}
