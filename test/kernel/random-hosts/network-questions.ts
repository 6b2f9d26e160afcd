import { type Flow, type FlowSource, reach } from '@portolan/core'
import type { Plan } from 'portolan'
import { addressesOf, type Family, type MachineName, ports } from '../differential/scene.ts'
import { extraAddresses, seededPick } from './extra-addresses.ts'
import { plannedOf, type Question, sentFrom } from './question.ts'

const containersOf: Readonly<Record<string, readonly MachineName[]>> = {
  'br-a': ['a1', 'a2'],
  'br-b': ['b1'],
}

/** The number of extra addresses that are tested, of each kind. */
const MORE = 3

const all = (family: Family, name: MachineName): readonly string[] => [
  ...addressesOf[family][name],
  ...extraAddresses(family, name),
]

interface Asked {
  readonly asker: MachineName
  readonly from: string | null
  readonly to: string
  readonly senderWords: RegExp
}

/** Questions about a network: between its containers, from them to the outside, and from the host to them. */
export const networkQuestionsOf = (plan: Plan, seed: number): readonly Question[] => {
  const draw = seededPick(seed)
  const { hostAddresses } = plannedOf(plan)
  return plan.desired.networks.flatMap(({ name, bridge, ...network }) =>
    (['ip', 'ip6'] as const).flatMap((family) => {
      if (network[family] === null) return []
      return askedIn(family, containersOf[bridge] ?? [], draw).flatMap(
        ({ asker, from, to, senderWords }): Question[] => {
          const source: FlowSource =
            from === null
              ? { kind: 'host', address: null }
              : { kind: 'container', network: name, address: from }
          const flow: Flow = {
            family,
            protocol: draw(['tcp', 'udp'] as const) ?? 'tcp',
            from: source,
            to: { address: to, port: draw(ports) ?? 80 },
          }
          const promise = reach(plan.desired, flow, { addresses: hostAddresses })
          return promise.kind === 'delivered' || promise.kind === 'outside'
            ? [{ asker, flow, mapping: null, network: name, senderWords }]
            : []
        },
      )
    }),
  )
}

const askedIn = (
  family: Family,
  containers: readonly MachineName[],
  draw: ReturnType<typeof seededPick>,
): readonly Asked[] => {
  const [first, second] = containers
  const asked: Asked[] = []
  const some = (name: MachineName): string => draw(all(family, name)) ?? addressesOf[family][name][0]
  const add = (asker: MachineName, from: string | null, to: string): void => {
    const isOut = addressesOf[family].outside.includes(to) || extraAddresses(family, 'outside').includes(to)
    const senderWords = isOut ? /the outside/ : sentFrom(from === null ? 'this host' : 'each other')
    asked.push({ asker, from, to, senderWords })
  }
  for (const name of containers) {
    add('host', null, addressesOf[family][name][0])
    add(name, addressesOf[family][name][0], addressesOf[family].outside[0])
  }
  for (let at = 0; at < MORE && first !== undefined; at += 1) {
    const name = draw(containers) ?? first
    add('host', null, some(name))
    add(name, some(name), some('outside'))
    if (second === undefined) continue
    add(first, some(first), some(second))
    add(second, some(second), some(first))
  }
  return asked
}
