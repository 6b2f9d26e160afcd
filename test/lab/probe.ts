/** Which transport a probe speaks; `icmp` is one echo request of the destination's family. */
export type ProbeProtocol = 'tcp' | 'udp' | 'sctp' | 'icmp'

export interface Probe {
  readonly protocol: ProbeProtocol
  readonly destination: string
  /** 0 for icmp. */
  readonly port: number
  /** Null: the kernel's choice. */
  readonly source?: string
  /** Default: one that no other probe of this lab has, so that its packets can be recognised anywhere. */
  readonly sourcePort?: number
  /** How long silence lasts: see `Machine.probe`. A drop is a timeout. An answer is never waited for longer than it takes. */
  readonly timeoutMs?: number
  /** The interface of a link-local destination. */
  readonly interface?: string
  /** Wait until so many bytes have come; for path MTU discovery. */
  readonly expectBytes?: number
}

/** Data went both ways: of TCP once the handshake was over, of UDP two datagrams and the answers to both. */
export interface Delivered {
  readonly delivered: true
  /** The name of the service that answered, as given to `listen`; for icmp the address. */
  readonly by: string
  /** The source of the flow, as the service that answered saw it. */
  readonly source: string
  readonly sourcePort: number
  /** The address and port it arrived at. */
  readonly at: string
  readonly port: number
  readonly bytes: number
  readonly elapsedMs: number
}

export interface Undelivered {
  readonly delivered: false
  /** `timeout`, `refused`, `unreachable`, `closed`, or an errno name such as `EPERM`. */
  readonly how: string
  /** A TCP handshake was completed, or the first datagram was answered; what came after was not. */
  readonly connected: boolean
  readonly elapsedMs: number
}

export type ProbeOutcome = Delivered | Undelivered

/** A packet that came in by an interface, as it was on the wire. */
export interface Arrival {
  readonly interface: string
  readonly protocol: ProbeProtocol
  readonly source: string
  /** The echo identifier for icmp. */
  readonly sourcePort: number
  readonly destination: string
  readonly port: number
  /** ICMP type; TCP flags. */
  readonly type: number
  readonly code: number
}
