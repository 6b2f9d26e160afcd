import { bridgeName, type Intent, outwardInterfaces, readCompose } from '@portolan/core'
import { noFlows } from '@portolan/host'
import * as iptables from '@portolan/iptables'
import type { HostFacts, InterfaceFact } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import type { Backend } from '../src/backend/backend.ts'
import { type HostRules, noRules } from '../src/host-rules/host-rules.ts'
import { lowerRules } from '../src/host-rules/lower-rules.ts'
import { makePlan, type PlanInput } from '../src/plan/make-plan.ts'
import type { Plan } from '../src/plan/plan.ts'

export const backends: readonly Backend[] = ['nftables', 'iptables-nft', 'iptables-legacy']

/** Reads a Compose text as a project. Default: nginx on network `web` with port 8080. */
export const intentOf = (
  text = 'services: {nginx: {ports: ["8080:80"], networks: [web]}}\nnetworks: {web: {}}',
  project = 'shop',
): Intent => readCompose(text, { source: 'compose.yaml', project })

export const bridge = bridgeName('shop', 'web')

/** An otherwise empty host with forwarding on. */
export const forwards: HostFacts = { sysctls: { 'net.ipv4.ip_forward': '1' } }

/** Makes a plan without reading the host. */
export const planOf = (wish: Partial<PlanInput> = {}): Plan =>
  makePlan({
    intent: intentOf(),
    facts: forwards,
    rules: noRules,
    surrounding: wish.rules ?? noRules,
    present: () => lowerRules(wish.surrounding ?? wish.rules ?? noRules),
    backend: 'nftables',
    pools: null,
    blocks: null,
    reserve: [],
    allow: [],
    guardForwarding: false,
    fix: false,
    firewalld: null,
    fixes: [],
    owed: noFlows,
    sysctls: true,
    leases: null,
    move: [],
    unread: [],
    live: [],
    search: true,
    ...wish,
  })

/** The rules of a host after its plan was applied. */
export const rulesAfter = ({ desired, project, backend, observed: { facts, rules } }: Plan): HostRules =>
  backend === 'nftables'
    ? { ...rules, nftables: nftables.adopt(rules.nftables, desired, project) }
    : {
        ...rules,
        [backend]: iptables.adopt(rules[backend], desired, project, { leaving: outwardInterfaces(facts) }),
      }

/** The facts of a host after its plan was applied: its bridges, and the changed sysctls. */
export const factsAfter = ({ changes, observed: { facts } }: Plan): HostFacts => {
  const made = changes.flatMap(({ part, operation }): readonly InterfaceFact[] =>
    part === 'link' && operation.kind === 'create-bridge'
      ? [
          {
            name: operation.name,
            kind: 'bridge',
            up: true,
            mtu: operation.mtu ?? 1500,
            alias: operation.alias,
            addresses: operation.addresses,
          },
        ]
      : [],
  )
  const set = changes.flatMap(({ part, operation }) =>
    part === 'sysctl' ? [[operation.name, operation.value] as const] : [],
  )
  return {
    ...facts,
    interfaces: [...(facts.interfaces ?? []), ...made],
    sysctls: { ...facts.sysctls, ...Object.fromEntries(set) },
  }
}

/** The input for the next plan on a host where this plan was applied. */
export const after = (plan: Plan): Pick<PlanInput, 'facts' | 'rules'> => ({
  facts: factsAfter(plan),
  rules: rulesAfter(plan),
})
