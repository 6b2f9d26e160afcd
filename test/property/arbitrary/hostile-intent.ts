import { arbitraryIntent } from '@portolan/testing'
import fc from 'fast-check'
import type { Intent } from 'portolan'
import { namesFrom, rename } from '../support/rename.ts'
import { hostileInterface, hostileText } from './hostile.ts'

/** An intent with hostile words, and the same intent with plain words instead. */
export interface HostilePair {
  readonly hostile: Intent
  readonly plain: Intent
}

const four = (word: fc.Arbitrary<string>): fc.Arbitrary<readonly string[]> =>
  fc.uniqueArray(word, { minLength: 4, maxLength: 4 })

/** Gives both intents the same bridge names, so that no name is made from a network's name. */
const withBridges = (wanted: Intent, bridges: readonly string[]): Intent => ({
  ...wanted,
  networks: wanted.networks.map((network, index) => ({ ...network, bridge: bridges[index] ?? `b${index}` })),
})

const plainBridges = ['b0', 'b1', 'b2', 'b3']

/** Hostile names of networks and services. The names of interfaces and of the project are plain. */
export const hostileNames: fc.Arbitrary<HostilePair> = fc
  .tuple(arbitraryIntent(), four(hostileText), four(hostileText))
  .map(([wanted, networks, services]) => {
    const base = withBridges(wanted, plainBridges)
    const numbered = (letter: string): readonly string[] => [0, 1, 2, 3].map((index) => `${letter}${index}`)
    return {
      hostile: rename(base, namesFrom(base, networks, services)),
      plain: rename(base, namesFrom(base, numbered('net'), numbered('service'))),
    }
  })

const seldom = (plain: string): fc.Arbitrary<string> =>
  fc.oneof({ weight: 2, arbitrary: fc.constant(plain) }, { weight: 1, arbitrary: hostileInterface })

/** Hostile names of bridges and of the interfaces to which ports are bound. Some of them are plain. */
export const hostileInterfaces: fc.Arbitrary<HostilePair> = fc
  .tuple(
    arbitraryIntent(),
    // Mostly one hostile name: of several, one is nearly always refused, and then the whole intent.
    fc
      .tuple(hostileInterface, fc.nat(3), seldom('b9'))
      .map(([name, at, another]) => [...new Set(plainBridges.with(at, name).with((at + 1) % 4, another))]),
    seldom('eth0'),
  )
  .map(([wanted, bridges, entry]) => {
    const bound = (intent: Intent, name: string): Intent => ({
      ...intent,
      mappings: intent.mappings.map((mapping) =>
        mapping.interface === null ? mapping : { ...mapping, interface: name },
      ),
    })
    return {
      hostile: bound(withBridges(wanted, bridges), entry),
      plain: bound(withBridges(wanted, plainBridges), 'eth0'),
    }
  })
