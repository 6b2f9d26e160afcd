import { type ClusterHostMachine, clusterAddress, hostOn, hostSetUp, plug } from '../cluster-site.ts'
import { Disposables } from '../disposables.ts'
import { createMachine, type Machine } from '../machine.ts'
import { until } from '../until.ts'
import { bothWays } from './cluster-lab.ts'
import { createEtcdMember, type EtcdMember } from './etcd-member.ts'

/**
 *            wire (a switch, which cuts what a test says)
 *   etcd-1 .2 ──┤
 *   etcd-2 .3 ──┤  192.0.2.0/24, 2001:db8:1::/64
 *   etcd-3 .4 ──┤
 *   h1 .11 ─────┤
 *   ...         │
 *   h5 .15 ─────┘
 *
 * Hosts that run the command, and etcd of one member or of several.
 */
export interface MembersSite extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  readonly hosts: readonly ClusterHostMachine[]
  readonly members: readonly EtcdMember[]
  /** `etcd://192.0.2.2,192.0.2.3,192.0.2.4/NAME` */
  url(name: string): string
  /** Drops packets between a host and members in both directions. Pairs of earlier calls are connected again. */
  cut(pairs: readonly (readonly [ClusterHostMachine | EtcdMember, EtcdMember])[]): Promise<void>
  /** Resolves once a member answers a request that needs a majority. */
  answers(): Promise<void>
}

const cutting = `table bridge cut {
  set pairs { type ipv4_addr . ipv4_addr; }
  chain forward { type filter hook forward priority 0; ip saddr . ip daddr @pairs drop; }
}`

const firstMember = 2
const firstHost = 11

export const openMembersSite = async (hostCount: number, memberCount: number): Promise<MembersSite> => {
  const held = new Disposables()
  const programs = new Disposables()
  try {
    const wire = held.use(await createMachine('wire'))
    await wire.ip('link add br0 type bridge', 'link set br0 up')
    await wire.mustRun(['nft', '-f', '-'], { input: cutting })
    const addresses = Object.fromEntries(
      Array.from({ length: memberCount }, (_, at) => [`etcd-${at + 1}`, clusterAddress(firstMember + at)]),
    )
    const members = await Promise.all(
      Object.keys(addresses).map(async (name) => held.use(await createEtcdMember(name, addresses))),
    )
    const machines = await Promise.all(
      Array.from({ length: hostCount }, async (_, at) =>
        held.use(await createMachine(`h${at + 1}`, hostSetUp)),
      ),
    )
    for (const [at, { machine }] of members.entries()) await plug(wire, machine, firstMember + at)
    for (const [at, machine] of machines.entries()) await plug(wire, machine, firstHost + at)
    const links = ['br0', ...[...members.map(({ machine }) => machine), ...machines].map(({ name }) => name)]
    if (!(await wire.areUp(links))) throw new Error('the switch is not up after 30 s')
    for (const member of members) member.start()
    const begun = new Set<string>()
    const hosts = machines.map((machine) => hostOn(machine, { held, programs, begun }))
    const addressOf = (one: ClusterHostMachine | EtcdMember): string =>
      'address' in one ? one.address : clusterAddress(firstHost + hosts.indexOf(one))
    const site: MembersSite = {
      hosts,
      members,
      url: (name) => `etcd://${members.map(({ address }) => address).join(',')}/${name}`,
      async cut(pairs) {
        const elements = pairs
          .flatMap(([one, member]) => bothWays([addressOf(one)], [member.address]))
          .map((pair) => pair.join(' . '))
        const added =
          elements.length === 0 ? '' : `add element bridge cut pairs { ${[...new Set(elements)].join(', ')} }`
        await wire.mustRun(['nft', '-f', '-'], { input: `flush set bridge cut pairs\n${added}\n` })
      },
      async answers() {
        await until('an answer of every member', async () => {
          const told = await Promise.all(members.map((one) => one.ask('kv/range', { key: 'AA==' })))
          return told.every((one) => one !== null)
        })
      },
      async [Symbol.asyncDispose]() {
        await programs.close()
        await held.close()
      },
    }
    await site.answers()
    return site
  } catch (error) {
    await held.close()
    throw error
  }
}

/** A machine that holds the network namespace of a process which is attached to networks. */
export const createProcess = async (name: string): Promise<Machine> => {
  const machine = await createMachine(name)
  await machine.listen({ protocol: 'tcp', port: 80 }, { protocol: 'tcp', port: 81 })
  return machine
}
