import fc from 'fast-check'
import { addressesOf, type Family } from '../differential/scene.ts'
import { one, port } from '../differential/vocabulary.ts'
import { closedPorts } from './closed-rows.ts'

/**
 * A packet that the contract keeps out, and what another program makes of it. The words of the packet are those of the
 * closed rows that are asked, so that many of them meet it.
 */
export type Opening =
  | Translation
  | {
      /** Packets from an address look as if another machine sent them. */
      readonly kind: 'source'
      readonly address: string
      readonly to: string
    }
  | {
      /** Packets for a port look as if they were sent to another one. */
      readonly kind: 'port'
      readonly port: number
      readonly to: number
    }

/** Packets for an address, of a container or of the host, are led to a container; port null: to the port they ask for. */
export interface Translation {
  readonly kind: 'destination'
  readonly address: string
  readonly ports: readonly number[]
  readonly to: { readonly address: string; readonly port: number | null }
}

const containersIn = (family: Family): readonly string[] =>
  (['a1', 'a2', 'b1'] as const).map((name) => addressesOf[family][name][0])

/** Addresses by which other machines know the host. */
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

/** Mostly what opens a network: mappings that close anything are seldom on the same port. */
export const opening = (family: Family): fc.Arbitrary<Opening> =>
  fc.oneof(
    { weight: 4, arbitrary: toContainer(family) },
    { weight: 4, arbitrary: elsewhere(family) },
    { weight: 3, arbitrary: source(family) },
    { weight: 1, arbitrary: otherPort },
  )

/** What a translation can do: it changes the destination alone. */
export const translation = (family: Family): fc.Arbitrary<Translation> =>
  fc.oneof(toContainer(family), elsewhere(family))
