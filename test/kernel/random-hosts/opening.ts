import fc from 'fast-check'
import { addressesOf, type Family } from '../differential/scene.ts'
import { one, port } from '../differential/vocabulary.ts'
import { closedPorts } from './closed-rows.ts'

/**
 * A change that another program makes to packets which the contract keeps out. The addresses and ports are those of the
 * closed rows, so that many tested packets match.
 */
export type Opening =
  | Translation
  | {
      /** Replaces the source address: packets seem to come from another machine. */
      readonly kind: 'source'
      readonly address: string
      readonly to: string
    }
  | {
      /** Replaces the destination port. */
      readonly kind: 'port'
      readonly port: number
      readonly to: number
    }

/**
 * Translates packets for an address, of a container or of the host, to a container. Port null: the destination port
 * stays.
 */
export interface Translation {
  readonly kind: 'destination'
  readonly address: string
  readonly ports: readonly number[]
  readonly to: { readonly address: string; readonly port: number | null }
}

const containersIn = (family: Family): readonly string[] =>
  (['a1', 'a2', 'b1'] as const).map((name) => addressesOf[family][name][0])

/** The addresses of the host that other machines know. */
const hostIn = (family: Family): readonly string[] => addressesOf[family].host.slice(0, 3)

const sendersIn = (family: Family): readonly string[] =>
  (['client', 'neighbour', 'outside', 'b1'] as const).map((name) => addressesOf[family][name][0])

const toContainer = (family: Family): fc.Arbitrary<Translation> =>
  one(...containersIn(family)).chain((address) =>
    fc
      .tuple(fc.subarray([...closedPorts], { minLength: 1 }), fc.option(port, { freq: 4 }))
      .map(([ports, to]) => ({ kind: 'destination', address, ports, to: { address, port: to } })),
  )

const elsewhere = (family: Family): fc.Arbitrary<Translation> =>
  fc
    .tuple(
      one(...hostIn(family), ...containersIn(family)),
      fc.uniqueArray(port, { minLength: 1, maxLength: 3 }),
      one(...containersIn(family)),
      fc.option(port, { freq: 3 }),
    )
    .map(([address, ports, to, toPort]) => ({
      kind: 'destination',
      address,
      ports,
      to: { address: to, port: toPort },
    }))

const source = (family: Family): fc.Arbitrary<Opening> =>
  fc
    .tuple(one(...sendersIn(family)), one(...sendersIn(family)))
    .map(([address, to]) => ({ kind: 'source', address, to }))

const otherPort: fc.Arbitrary<Opening> = fc
  .tuple(port, port)
  .map(([from, to]) => ({ kind: 'port', port: from, to }))

/** A random change. Most lead to a network, because mappings that close a port are seldom on the same port. */
export const opening = (family: Family): fc.Arbitrary<Opening> =>
  fc.oneof(
    { weight: 4, arbitrary: toContainer(family) },
    { weight: 4, arbitrary: elsewhere(family) },
    { weight: 3, arbitrary: source(family) },
    { weight: 1, arbitrary: otherPort },
  )

/** A change of the destination only, which a translation rule can do. */
export const translation = (family: Family): fc.Arbitrary<Translation> =>
  fc.oneof(toContainer(family), elsewhere(family))
