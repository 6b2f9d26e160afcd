import { type Intent, readCompose } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import { families, type HostFacts } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import { type FakeHost, fakeHost } from '@portolan/testing'
import { fromJson } from '../../from-json.ts'
import { attach } from '../../lab/attach.ts'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import { addresses } from '../../lab/topology.ts'
import { iptablesProgram } from '../../property/support/load.ts'
import { iptablesStructure, nftStructure, type Structure } from '../../property/support/structure.ts'
import { pilotOf } from '../lifecycle/pilot.ts'
import type { ComparedProject } from './two-hosts.ts'

/** `compareFlows` tests these ports. */
const compose = `name: shop
networks:
  web: {enable_ipv6: true}
  back: {enable_ipv6: true, internal: true}
services:
  one:
    networks: [web]
    ports:
      - "8080:80"
      - {target: 80, published: "8082", x-portolan: {interface: eth1}}
      - "127.0.0.1:8083:81"
      - "5353:53/udp"
  two:
    networks: [web]
    ports:
      - {target: 81, published: "8081", x-portolan: {allow_from: ["${addresses.ip.client}", "${addresses.ip6.client}"]}}
  db: {networks: [back]}
`

const intent = (): Intent => readCompose(compose, { source: 'compose.yaml' })

/** The result of a Compose file on a host. */
export interface Applied {
  readonly subnets: readonly unknown[]
  readonly addresses: readonly unknown[]
  readonly rules: Structure
}

export const applyOnFake = async (
  facts: HostFacts,
  backend: Backend,
): Promise<readonly [FakeHost, Applied]> => {
  const fake = fakeHost(facts)
  const plan = await fake.plan(intent(), { backend })
  await fake.apply(plan)
  const { subnets, addresses: leased } = fromJson<Applied>(JSON.stringify(plan))
  const structure = (): Structure =>
    backend === 'nftables'
      ? nftStructure(fake.rules.nftables, { labels: true })
      : iptablesStructure(fake.rules[backend], { labels: true })
  return [fake, { subnets, addresses: leased, rules: structure() }]
}

/** The rules in the kernel, as the backend's tool lists them. */
const listRules = async (lab: Lab, backend: Backend): Promise<Structure> => {
  if (backend === 'nftables') {
    const all = nftables.parse(await lab.host.mustRun(['nft', '-j', 'list', 'ruleset']))
    const tables = all.tables.filter(({ name }) => name === 'portolan')
    return nftStructure({ ...all, tables }, { labels: true })
  }
  const saved = await Promise.all(
    families.map(async (family) => {
      const program = iptablesProgram(backend, family, 'save')
      return iptables.parse(await lab.host.mustRun([program]), program, family)
    }),
  )
  return iptablesStructure(iptables.mergeRulesets(...saved), { labels: true })
}

const services = [
  { protocol: 'tcp', port: 80 },
  { protocol: 'tcp', port: 81 },
  { protocol: 'udp', port: 53 },
] as const

/** Applies the file with the command, starts its containers, and returns what flows may be tested. */
export const applyInLab = async (
  lab: Lab,
  backend: Backend,
): Promise<readonly [ComparedProject, Applied]> => {
  const pilot = pilotOf(lab, backend)
  const plan = await pilot.plan(compose)
  await pilot.apply(compose)
  const rules = await listRules(lab, backend)
  for (const service of ['one', 'two', 'db']) await attach(lab, plan, service, { services, hairpin: true })
  const addressOf = (service: string, isOfIp6: boolean): string | null =>
    plan.addresses.find((one) => one.service === service && one.address.includes(':') === isOfIp6)?.address ??
    null
  const leases = ['one', 'two', 'db'].map((name) => ({
    name,
    ip: addressOf(name, false),
    ip6: addressOf(name, true),
    network: { name: name === 'db' ? 'back' : 'web' },
  }))
  const project: ComparedProject = { leases, published: [{ hostPort: 5353, protocol: 'udp' }] }
  return [project, { subnets: plan.subnets, addresses: plan.addresses, rules }]
}
