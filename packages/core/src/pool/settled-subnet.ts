import {
  type Address,
  InvalidRequestError,
  type Prefix,
  parseInterfaceAddress,
  prefixAround,
} from '@portolan/netfilter'
import type { BridgeApart } from './host-index.ts'
import type { PlanState } from './plan-state.ts'
import { isIrrelevant } from './route-relevance.ts'
import type { SubnetWish } from './subnet-request.ts'
import { unusableRange } from './unusable-range.ts'

/** A subnet that needs no picking. `gateway` is its present gateway; null: none is known. */
export interface SettledSubnet {
  readonly origin: 'fixed' | 'held'
  readonly subnet: Prefix
  readonly gateway: Address | null
}

/** The bridges kept apart that carry the network of the request. */
export const bridgesOf = (state: PlanState, request: SubnetWish): readonly BridgeApart[] =>
  state.host.bridges.filter(
    ({ name, owner }) =>
      (request.bridge ?? null) === name ||
      (owner !== null && owner.project === state.options.project && owner.network === request.network),
  )

const held = (text: string, request: SubnetWish): SettledSubnet => {
  const { address, subnet } = readNamed(text, request)
  return { origin: 'held', subnet, gateway: address.value === subnet.base ? null : address }
}

const readNamed = (text: string, { network, family }: SubnetWish): { address: Address; subnet: Prefix } => {
  const { address, length } = parseInterfaceAddress(text, {
    source: `<subnet of network ${network}>`,
    line: 1,
    column: 1,
  })
  const subnet = prefixAround(address, length)
  if (subnet.family !== family)
    throw new InvalidRequestError(`Network ${network} asks for an ${family} subnet but names ${text}.`)
  return { address, subnet }
}

/**
 * `0.0.0.0/20` and `::/64` are Docker's way to ask for any subnet of that size. A length of 0 leaves the size open.
 */
const anyOfSize = (text: string): number | null => {
  const [, digits] = /^(?:0\.0\.0\.0|::)\/(\d+)$/.exec(text) ?? []
  return digits === undefined ? null : Number(digits)
}

/** The size that the request wants for a picked subnet; null: the pool decides. */
export const wantedSize = (request: SubnetWish): number | null =>
  request.size ?? (request.subnet == null ? null : anyOfSize(request.subnet) || null)

const fixed = (text: string, request: SubnetWish): SettledSubnet => {
  const { subnet } = readNamed(text, request)
  const range = unusableRange(subnet)
  if (range !== null)
    throw new InvalidRequestError(
      `The subnet ${text} of network ${request.network} is not one that containers can have: it overlaps ${range}, which no network can use. Name another subnet, or none to have one picked.`,
    )
  return { origin: 'fixed', subnet, gateway: null }
}

const fromBridge = (state: PlanState, request: SubnetWish): SettledSubnet | null => {
  if (state.host.bridges.length === 0) return null
  for (const { addresses, isolated } of bridgesOf(state, request)) {
    for (const { address, length } of addresses) {
      const subnet = prefixAround(address, length)
      if (address.family !== request.family || isIrrelevant(subnet)) continue
      return { origin: 'held', subnet, gateway: address }
    }
    const subnet = isolated.find(({ family }) => family === request.family)
    if (subnet !== undefined) return { origin: 'held', subnet, gateway: null }
  }
  return null
}

const fromLease = (state: PlanState, request: SubnetWish): SettledSubnet | null => {
  if (state.held.size === 0) return null
  for (const { subnet } of state.held.get(request.network) ?? []) {
    if (subnet.includes(':') === (request.family === 'ip6')) return held(subnet, request)
  }
  return null
}

/**
 * The subnet that a request has without picking: the one that it asks for, or else the one that it holds. The request
 * itself, its bridge or a lease names a held subnet. Null: it has none.
 *
 * @throws ParseError for a subnet that cannot be read; InvalidRequestError for one of the wrong family, or unusable
 */
export const settledSubnet = (state: PlanState, request: SubnetWish): SettledSubnet | null => {
  if (request.subnet != null && anyOfSize(request.subnet) === null) return fixed(request.subnet, request)
  if (request.renumber === true) return null
  if (request.held != null) {
    const named = held(request.held, request)
    const bridge = fromBridge(state, request)
    const same = bridge?.subnet.base === named.subnet.base && bridge.subnet.length === named.subnet.length
    return named.gateway === null && same ? bridge : named
  }
  return fromBridge(state, request) ?? fromLease(state, request)
}
