import { bothWays, type ClusterLab } from '../../lab/cluster/cluster-lab.ts'
import type { EtcdMember } from '../../lab/cluster/etcd-member.ts'

export const faultKinds = [
  'member-killed',
  'member-stopped',
  'leader-moves',
  'host-without-members',
  'host-with-a-minority',
  'leader-with-a-minority',
  'no-answers-to-a-host',
  'no-requests-of-a-host',
  'leader-unheard',
  'leader-deaf',
  'all-apart',
  'link-down',
] as const

export type FaultKind = (typeof faultKinds)[number]

const addressesOf = (all: readonly { readonly address: string }[]): readonly string[] =>
  all.map(({ address }) => address)

const fromEachToEach = (ones: readonly string[], others: readonly string[]) =>
  ones.flatMap((one) => others.map((other) => [one, other] as const))

/**
 * Starts a fault. No other fault may be active.
 * @param index - selects the host or member
 * @returns a function that ends the fault
 */
export const startFault = async (
  lab: ClusterLab,
  kind: FaultKind,
  index: number,
): Promise<() => Promise<void>> => {
  const members = addressesOf(lab.members)
  const hosts = addressesOf(lab.hosts)
  const host = lab.hosts[index % lab.hosts.length]
  const member = lab.members[index % lab.members.length]
  if (host === undefined || member === undefined) throw new Error('a lab has hosts and members')
  const others = (one: EtcdMember): readonly string[] => members.filter((address) => address !== one.address)
  const cut = async (pairs: readonly (readonly [string, string])[]): Promise<() => Promise<void>> => {
    await lab.cut(pairs)
    return () => lab.cut([])
  }
  switch (kind) {
    case 'member-killed':
      await member.kill()
      return async () => member.start()
    case 'member-stopped':
      await member.pause()
      return async () => member.resume()
    case 'leader-moves':
      await moveLeader(lab, index)
      return async () => {}
    case 'host-without-members':
      return cut(bothWays([host.address], members))
    case 'host-with-a-minority':
      return cut([...bothWays([member.address], others(member)), ...bothWays([host.address], others(member))])
    case 'leader-with-a-minority': {
      const leader = await lab.leader()
      // Half of the hosts are on the side of the old leader.
      const [side, rest] = [hosts.filter((_, one) => one % 2 === 0), hosts.filter((_, one) => one % 2 === 1)]
      return cut([
        ...bothWays([leader.address], [...others(leader), ...rest]),
        ...bothWays(side, others(leader)),
      ])
    }
    case 'no-answers-to-a-host':
      return cut(fromEachToEach(members, [host.address]))
    case 'no-requests-of-a-host':
      return cut(fromEachToEach([host.address], members))
    case 'leader-unheard': {
      const leader = await lab.leader()
      return cut(fromEachToEach([leader.address], others(leader)))
    }
    case 'leader-deaf': {
      const leader = await lab.leader()
      return cut(fromEachToEach(others(leader), [leader.address]))
    }
    case 'all-apart':
      return cut([
        ...members.flatMap((one) =>
          bothWays(
            [one],
            members.filter((other) => other !== one),
          ),
        ),
        ...bothWays(hosts, members),
      ])
    case 'link-down':
      await lab.setLink(host.name, 'down')
      return () => lab.setLink(host.name, 'up')
  }
}

/** Makes the leader hand its role to another member. */
const moveLeader = async (lab: ClusterLab, index: number): Promise<void> => {
  const leader = await lab.leader()
  const list = await leader.ask('cluster/member/list', {})
  const all = (list?.members ?? []) as readonly { readonly ID: string; readonly name: string }[]
  const followers = all.filter(({ name }) => name !== leader.name)
  const next = followers[index % followers.length]
  if (next !== undefined) await leader.ask('maintenance/transfer-leadership', { targetID: next.ID })
}
