import { parseAddress } from '../address/index.ts'
import { isLocalAddress, readHostFacts } from '../evaluate/packet/host.ts'
import { lookUpRoute } from '../evaluate/route/router.ts'
import { checkHostFacts } from '../facts/check-host-facts.ts'
import type { HostFacts } from '../facts/index.ts'

/**
 * Where packets from an address enter a host.
 * @public @since 0.1.0
 */
export type Entry =
  /** An address of the host itself: its own processes send from it. */
  | { readonly kind: 'host' }
  | { readonly kind: 'interface'; readonly name: string }
  /** No route leads back to the address. */
  | { readonly kind: 'unknown' }

/**
 * Tells the interface that packets of a sender most likely come in by: the interface that replies to the sender leave
 * by.
 *
 * @throws ParseError when the sender is no address
 * @example
 * entryOf({ interfaces: [{ name: 'eth0', addresses: ['192.0.2.2/24'] }] }, '192.0.2.9')
 * // { kind: 'interface', name: 'eth0' }
 * @public @since 0.1.0
 */
export const entryOf = (facts: HostFacts, sender: string): Entry => {
  checkHostFacts(facts, 'the facts')
  const { family, value } = parseAddress(sender)
  const host = readHostFacts(facts)
  if (isLocalAddress(host, family, value)) return { kind: 'host' }
  const { route } = lookUpRoute(host.routers[family], {
    destination: value,
    source: null,
    in: 'lo',
    out: null,
    mark: 0,
  })
  const link = route?.link ?? null
  return link === null ? { kind: 'unknown' } : { kind: 'interface', name: link.name }
}
