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
import { siblingOf } from './stage.ts'

/** One flow that the contract promises an answer, and the mapping that the promise is of. */
export interface Question {
  readonly asker: MachineName
  readonly flow: Flow
  readonly mapping: string
  /** The words that conflicts have for who asks. */
  readonly who: RegExp
}

/** What the contract's own words need of a plan. */
export const plannedOf = (plan: Plan): Planned => ({
  ...plan,
  networks: plan.desired.networks,
  mappings: plan.desired.mappings,
  hostAddresses: [...addressesOf.ip.host, ...addressesOf.ip6.host].filter((address) => !isLoopback(address)),
})

/** As whom a machine asks: those on somebody else's bridge are other machines. */
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
  if (kind === 'machine') return new RegExp(`other machines behind ${from.interface}\\b`, 'i')
  if (kind === 'host')
    return isLoopback(to) ? /processes on this host that call 127/i : /processes on this host(?! that)/i
  if (from.address === target.address) return /the container itself/i
  return from.network === target.network ? /containers on the same bridge/i : /containers on other bridges/i
}

/** Who asks, and from where; the second of a kind is asked at fewer addresses. */
const askersIn = (family: Family): readonly (readonly [MachineName, string, 'first' | 'second'])[] => [
  ...machineNames.map(
    (name) => [name, addressesOf[family][name][0], /neighbour|a2/.test(name) ? 'second' : 'first'] as const,
  ),
  ['b1', siblingOf[family], 'second'],
]

/** Everybody asks for every mapping, at the addresses of the host that somebody knows it by. */
export const questionsOf = (plan: Plan): readonly Question[] => {
  const { desired } = plan
  const { hostAddresses } = plannedOf(plan)
  const questions: Question[] = []
  for (const mapping of desired.mappings) {
    const { family, protocol, hostPort, hostAddress } = mapping
    for (const [asker, source, rank] of askersIn(family)) {
      const from = sourceOf(plan, asker, source)
      let isAsked = false
      for (const to of hostAddress === null ? addressesOf[family].host : [hostAddress]) {
        if (isAsked && rank === 'second') break
        if (isLoopback(to) && asker !== 'host') continue
        // Other machines know the host by the addresses of its own interfaces.
        if (from.kind === 'machine' && /^(172\.30|fd00:30)/.test(to)) continue
        const flow = { family, protocol, from, to: { address: to, port: hostPort } }
        const promise = reach(desired, flow, { addresses: hostAddresses })
        // At some addresses another mapping may be on the same port.
        if (promise.kind !== 'delivered' || promise.mapping !== mapping) continue
        isAsked = true
        questions.push({ asker, flow, mapping: mapping.label, who: wordsFor(from, mapping.targets[0], to) })
      }
    }
  }
  return questions
}
