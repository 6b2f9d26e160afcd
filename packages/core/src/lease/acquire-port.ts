import type { Protocol } from '@portolan/netfilter'
import { PortolanError } from '@portolan/netfilter'
import type { PortRange } from '../intent/index.ts'
import { checkOf, portKinds } from './check-lease-request.ts'
import type { LeasedPort, LeaseOrigin, PortHolder } from './lease.ts'
import { type LeaseBook, openBook } from './lease-book.ts'
import { portHolderKey, portKey } from './lease-key.ts'
import type { LeaseState, LeaseStep } from './lease-state.ts'

/** @public @since 0.1.0 */
export interface PortRequest extends LeaseOrigin {
  readonly holder: PortHolder
  readonly protocol: Protocol
  /** `ip_local_port_range`. */
  readonly range: PortRange
  /** The port at which the search begins; by default the first port of the range. */
  readonly from?: number
  /**
   * Is a port reserved, listened on, or published without a lease? Not called for a port that the holder already has.
   */
  readonly isTaken: (port: number) => boolean
}

const check = checkOf<PortRequest>(portKinds, 'the request of acquirePort')

/**
 * Gives a host port to a mapping that names none: the port that it has, or else the first free one of the range.
 *
 * @throws PortolanError `PORTS_EXHAUSTED` when the range is used up; InvalidRequestError for a part of the request that
 * is of another kind
 * @example
 * acquirePort(emptyLeases, { holder, protocol: 'tcp', range: { first: 32768, last: 60999 }, isTaken: () => false })
 *   .result.port // 32768
 * @public @since 0.1.0
 */
export const acquirePort = (state: LeaseState, request: PortRequest): LeaseStep<LeasedPort> => {
  check(request)
  const book = openBook(state)
  return book.close(acquirePortIn(book, request))
}

/**
 * Does what `acquirePort` does, in a book.
 * @internal
 */
export const acquirePortIn = (book: LeaseBook, request: PortRequest): LeasedPort => {
  const { holder, protocol, range, isTaken, planned } = request
  const holderKey = portHolderKey(protocol, holder)
  const known = book.ofHolder(holderKey)
  if (known?.kind === 'port') return known
  for (let port = Math.max(range.first, request.from ?? 0); port <= range.last; port += 1) {
    const key = portKey(protocol, port)
    if (book.find(key) !== null || isTaken(port)) continue
    const mark = planned === true ? { planned } : {}
    const lease: LeasedPort = { kind: 'port', protocol, port, holder, ...mark }
    book.put(key, lease, holderKey)
    return lease
  }
  throw new PortolanError(
    'PORTS_EXHAUSTED',
    `No host port is free for port ${holder.containerPort}/${protocol} of ${holder.service}: all of ${range.first} to ${range.last} (net.ipv4.ip_local_port_range) is reserved, listened on, leased or published. Name a host port outside the range, or widen the range.`,
  )
}
