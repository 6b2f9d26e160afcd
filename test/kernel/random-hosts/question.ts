import { type Flow, type FlowSource, reach } from '@portolan/core'
import type { Plan } from 'portolan'
import type { Planned } from '../conflicts/planned.ts'
import {
  addressesOf,
  entries,
  type Family,
  isLoopback,
  type MachineName,
  machineNames,
} from '../differential/scene.ts'
import { extraAddresses, seededPick } from './extra-addresses.ts'
import { siblingOf } from './stage.ts'

/** One flow that the contract promises to answer, and the mapping or network of the promise. */
export interface Question {
  readonly asker: MachineName
  readonly flow: Flow
  readonly mapping: string | null
  readonly network: string | null
  /** Matches a conflict's message that names the sender of this flow. */
  readonly senderWords: RegExp
}

/** The parts of a plan that the contract needs. */
export const plannedOf = (plan: Plan): Planned => ({
  ...plan,
  networks: plan.desired.networks,
  mappings: plan.desired.mappings,
  hostAddresses: [...addressesOf.ip.host, ...addressesOf.ip6.host].filter((address) => !isLoopback(address)),
})

/** The contract's name for a machine as a sender. A machine on a foreign bridge counts as another machine. */
export const sourceOf = (plan: Plan, name: MachineName, address: string): FlowSource => {
  const entry = entries[name]
  if (entry === null) return { kind: 'host', address: null }
  const network = plan.desired.networks.find(({ bridge }) => bridge === entry.in)
  return network === undefined
    ? { kind: 'machine', address, interface: entry.in }
    : { kind: 'container', network: network.name, address }
}

const wordsFor = (
  { kind, ...from }: FlowSource & { readonly interface?: string; readonly network?: string },
  target: { readonly network: string; readonly address: string },
  to: string,
): RegExp => {
  if (kind === 'machine') return sentFrom(from.interface ?? '')
  if (kind === 'host') return sentFrom(isLoopback(to) ? '127\\.0\\.0\\.1 on this host' : '(?<!on )this host')
  if (from.address === target.address) return sentFrom('its own container')
  return sentFrom(
    from.network === target.network ? 'containers on the same bridge' : 'containers on other bridges',
  )
}

/** A pattern for a sender's name in a conflict's list of senders. */
export const sentFrom = (name: string): RegExp =>
  new RegExp(`^[^\`]*?\\bfrom (?:(?:(?!\\. )[^\`])*?[ ,])?${name}(?=[ ,.])`)

/** The number of extra senders for each mapping. Each tests one address of the host. */
const MORE = 6

/** The senders, each with its source address and the host addresses that it tests. */
const askersIn = (
  family: Family,
  at: readonly string[],
  draw: ReturnType<typeof seededPick>,
): readonly (readonly [MachineName, string, readonly string[]])[] => [
  ...machineNames.map((name) => [name, addressesOf[family][name][0], at] as const),
  ['b1', siblingOf[family], at],
  ...Array.from({ length: MORE }, () => draw(['client', 'neighbour', 'outside', 'a1', 'a2', 'b1'] as const))
    .filter((name) => name !== null)
    .map((name) => [name, draw(extraAddresses(family, name)) ?? '', [draw(at) ?? '']] as const),
]

/** Questions of every sender about every mapping, at the host addresses that the sender knows. */
export const questionsOf = (plan: Plan, seed: number): readonly Question[] => {
  const { desired } = plan
  const draw = seededPick(seed)
  const { hostAddresses } = plannedOf(plan)
  const questions: Question[] = []
  for (const mapping of desired.mappings) {
    const { family, protocol, hostPort, hostAddress } = mapping
    const at = hostAddress === null ? addressesOf[family].host : [hostAddress]
    for (const [asker, source, asked] of askersIn(family, at, draw)) {
      const from = sourceOf(plan, asker, source)
      for (const to of asked) {
        if (isLoopback(to) && asker !== 'host') continue
        // Other machines know only the addresses of the host's own interfaces.
        if (from.kind === 'machine' && /^(172\.30|fd00:30)/.test(to)) continue
        const flow = { family, protocol, from, to: { address: to, port: hostPort } }
        const promise = reach(desired, flow, { addresses: hostAddresses })
        // Another mapping may have the same port at this address.
        if (promise.kind !== 'delivered' || promise.mapping !== mapping) continue
        const senderWords = wordsFor(from, mapping.targets[0], to)
        questions.push({ asker, flow, mapping: mapping.label, network: null, senderWords })
      }
    }
  }
  return questions
}
