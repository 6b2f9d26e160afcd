import { Disposables } from '../disposables.ts'
import { createMachine, type Machine } from '../machine.ts'
import type { Issued } from '../neighbour/certificates.ts'
import { until } from '../until.ts'
import { clientPort, createEtcdMember, type EtcdMember } from './etcd-member.ts'

/**
 *              wire (a switch, which cuts what a test says)
 *   etcd-1 .11 ───┤ 192.0.2.0/24
 *   etcd-2 .12 ───┤
 *   etcd-3 .13 ───┤
 *   host-1 .21 ───┤
 *   ...           │
 *   host-5 .25 ───┤
 *   observer .99 ─┘ is never cut off from a member
 */
export interface ClusterLab extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  readonly members: readonly EtcdMember[]
  readonly hosts: readonly ClusterHost[]
  readonly observer: Machine
  /** `192.0.2.11:2379` and so on. */
  readonly endpoints: readonly string[]
  /** Drops packets from the first to the second host of each pair. Pairs of earlier calls are connected again. */
  cut(pairs: readonly (readonly [string, string])[]): Promise<void>
  /** Sets the link of a host down or up. */
  setLink(host: string, state: 'up' | 'down'): Promise<void>
  /** Resolves once a majority of the members agrees on a leader. */
  leader(): Promise<EtcdMember>
}

export interface ClusterHost {
  readonly name: string
  readonly address: string
  readonly machine: Machine
}

export const memberAddresses = { 'etcd-1': '192.0.2.11', 'etcd-2': '192.0.2.12', 'etcd-3': '192.0.2.13' }
const observerAddress = '192.0.2.99'

/** The pairs are an nftables set, so that one transaction replaces all of them. */
const cutting = `table bridge cut {
  set pairs { type ipv4_addr . ipv4_addr; }
  chain forward { type filter hook forward priority 0; ip saddr . ip daddr @pairs drop; }
}`

/** Each pair in both directions. */
export const bothWays = (
  ones: readonly string[],
  others: readonly string[],
): readonly (readonly [string, string])[] =>
  ones.flatMap((one) =>
    others.flatMap((other): readonly (readonly [string, string])[] => [
      [one, other],
      [other, one],
    ]),
  )

/**
 * @param more - further arguments for each etcd
 * @param guarded - the TLS files each etcd shows to hosts, and shell lines that prepare the mount namespace of hosts
 */
export const openClusterLab = async (
  hostCount: number,
  more: readonly string[] = [],
  guarded: { readonly shown: Readonly<Record<string, Issued>>; readonly setUp: string } | null = null,
): Promise<ClusterLab> => {
  const held = new Disposables()
  try {
    const wire = held.use(await createMachine('wire'))
    const members = await Promise.all(
      Object.keys(memberAddresses).map(async (name) =>
        held.use(await createEtcdMember(name, memberAddresses, more, guarded?.shown[name] ?? null)),
      ),
    )
    const hosts = await Promise.all(
      Array.from({ length: hostCount }, async (_, at): Promise<ClusterHost> => {
        const name = `host-${at + 1}`
        return {
          name,
          address: `192.0.2.${21 + at}`,
          machine: held.use(await createMachine(name, guarded?.setUp ?? null)),
        }
      }),
    )
    const observer = held.use(await createMachine('observer'))
    const plugged = [...members, ...hosts, { name: 'observer', address: observerAddress, machine: observer }]
    await wire.ip(
      'link add br0 type bridge',
      ...plugged.flatMap(({ name, machine }) => [
        `link add ${name} type veth peer name eth0 netns ${machine.pid}`,
        `link set ${name} master br0 up`,
      ]),
      'link set br0 up',
    )
    await Promise.all(
      plugged.map(({ machine, address }) =>
        machine.ip(`addr add ${address}/24 dev eth0`, 'link set eth0 up'),
      ),
    )
    await wire.mustRun(['nft', '-f', '-'], { input: cutting })
    for (const member of members) member.start()
    const lab: ClusterLab = {
      members,
      hosts,
      observer,
      endpoints: members.map(({ address }) => `${address}:${clientPort}`),
      async cut(pairs) {
        const elements = [...new Set(pairs.map((pair) => pair.join(' . ')))].join(', ')
        const added = pairs.length === 0 ? '' : `add element bridge cut pairs { ${elements} }`
        await wire.mustRun(['nft', '-f', '-'], { input: `flush set bridge cut pairs\n${added}\n` })
      },
      setLink: (host, state) => wire.ip(`link set ${host} ${state}`),
      async leader() {
        let told: readonly MemberStatus[] = []
        const look = async (): Promise<EtcdMember | undefined> => {
          told = await Promise.all(members.map(statusOf))
          const known = told.find(
            ({ leader }) => leader !== null && told.filter((it) => it.leader === leader).length > 1,
          )
          return members[told.findIndex(({ id }) => id !== null && id === known?.leader)]
        }
        return until('a leader of etcd', look, { shows: () => told })
      },
      [Symbol.asyncDispose]: () => held.close(),
    }
    await lab.leader()
    return lab
  } catch (error) {
    await held.close()
    throw error
  }
}

/** Null: the member does not answer, or knows no leader. */
interface MemberStatus {
  readonly leader: string | null
  readonly id: string | null
}

const statusOf = async (member: EtcdMember): Promise<MemberStatus> => {
  const told = await member.ask('maintenance/status', {})
  const leader = told?.leader
  const header = told?.header as { readonly member_id?: string } | undefined
  return {
    leader: typeof leader === 'string' && leader !== '0' ? leader : null,
    id: header?.member_id ?? null,
  }
}
