/** The key of a route lookup: struct flowi4, as far as facts can tell it. */
export interface RouteKey {
  readonly destination: number | bigint
  readonly source: number | bigint | null
  /** `lo` for a packet that the host sends. */
  readonly in: string
  readonly out: string | null
  readonly mark: number
  /** Absent: not known. */
  readonly flow?: RouteFlow
}

/** What routing rules may match besides the addresses of a packet. */
export interface RouteFlow {
  readonly protocol: number
  /** Negative where the protocol has no ports. */
  readonly sport: number
  readonly dport: number
  /** The user that the packet's socket belongs to; null: not known. */
  readonly user: number | null
}

/**
 * The flow of a packet for routing. A forwarded packet counts as the first user's (net/ipv4/route.c
 * `ip_route_input_slow`).
 *
 * @param isOwn - this host sends it
 */
export const flowOf = (
  { protocol, sport, dport }: { readonly protocol: number; readonly sport: number; readonly dport: number },
  isOwn: boolean,
): RouteFlow => ({ protocol, sport, dport, user: isOwn ? null : 0 })

/** The way back is looked up with the ports exchanged (net/ipv4/fib_frontend.c `__fib_validate_source`). */
export const wayBackOf = ({ protocol, sport, dport, user }: RouteFlow): RouteFlow => ({
  protocol,
  sport: dport,
  dport: sport,
  user,
})
