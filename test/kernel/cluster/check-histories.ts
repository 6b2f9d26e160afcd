import { fromJson } from '../../from-json.ts'
import type { EtcdMember } from '../../lab/cluster/etcd-member.ts'
import type { HistoryHost } from './history-host.ts'
import { routesOf } from './site-routes.ts'

interface Key {
  readonly key: string
  readonly value: string
}

/** All keys of a cluster, as etcd itself has them. */
export const keysOf = async (member: EtcdMember, cluster: string): Promise<readonly Key[]> => {
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  const prefix = `/portolan/v1/${cluster}/`
  const end = `/portolan/v1/${cluster}0`
  const told = await member.ask('kv/range', { key: base64(prefix), range_end: base64(end) })
  if (told === null) throw new Error('etcd does not answer')
  const plain = (text = ''): string => Buffer.from(text, 'base64').toString()
  return ((told.kvs ?? []) as readonly Partial<Key>[]).map(({ key, value }) => ({
    key: plain(key).slice(prefix.length),
    value: plain(value),
  }))
}

/** The blocks that are held, with the host of each. */
export const heldIn = (keys: readonly Key[]): ReadonlyMap<string, string> =>
  new Map(
    keys.flatMap(({ key, value }) => {
      if (!key.startsWith('blocks/')) return []
      const { host, state } = fromJson<{ readonly host: string; readonly state: string }>(value)
      return state === 'held' ? [[nameOf(key), host] as const] : []
    }),
  )

/** `blocks/ip/0a400100-24` as `10.64.1.0/24`. */
const nameOf = (key: string): string => {
  const [, family = '', digits = '', length = ''] = /^blocks\/(ip6?)\/([0-9a-f]+)-(\d+)$/.exec(key) ?? []
  if (family === 'ip')
    return `${(digits.match(/../g) ?? []).map((one) => Number(`0x${one}`)).join('.')}/${length}`
  // The pools of these tests are of the form fd00:1234:0:N::/64.
  const [first, second, third, fourth] = (digits.match(/.{4}/g) ?? []).map((one) =>
    Number(`0x${one}`).toString(16),
  )
  const groups = fourth === '0' ? `${first}:${second}::` : `${first}:${second}:${third}:${fourth}::`
  return `${groups}/${length}`
}

const subnetsOn = async ({ host }: HistoryHost): Promise<readonly string[]> => {
  const printed = await host.machine.mustRun([
    'sh',
    '-c',
    'ip -4 route show proto kernel; ip -6 route show proto kernel',
  ])
  return printed.split('\n').flatMap((line) => /^(10\.6[45]\.\S+|fd00:1234:\S+) dev/.exec(line)?.[1] ?? [])
}

/**
 * Checks that each block has one host, each address one process, that routes lead to the holders, and that all processes
 * reach each other.
 */
export const faultsOf = async (
  hosts: readonly HistoryHost[],
  member: EtcdMember,
  cluster: string,
): Promise<readonly string[]> => {
  const faults: string[] = []
  const held = heldIn(await keysOf(member, cluster))
  for (const one of hosts) {
    for (const subnet of await subnetsOn(one))
      if (held.get(subnet) !== one.name)
        faults.push(`${one.name} has a network in ${subnet}, which ${held.get(subnet) ?? 'no host'} holds`)
    if (one.networks.length === 0) continue
    const routes = await routesOf(one.host)
    const isOfFamily = (block: string, family: string): boolean => block.includes(':') === (family === 'ip6')
    for (const [block, holder] of held) {
      const family = block.includes(':') ? 'ip6' : 'ip'
      const route = routes.find((line) => line.startsWith(`${block} `))
      const hasBlock = [...held].some(([own, of]) => of === one.name && isOfFamily(own, family))
      const last = 10 + Number(holder.slice(1))
      const via = family === 'ip' ? `via 192.0.2.${last} ` : `via 2001:db8:1::${last} `
      const isRight = holder === one.name || !hasBlock ? route === undefined : route?.includes(via) === true
      if (!isRight) faults.push(`${one.name} has ${route ?? 'no route'} for ${block} of ${holder}`)
    }
    for (const route of routes)
      if (!held.has(route.split(' ')[0] ?? '')) faults.push(`${one.name} has a route to no block: ${route}`)
  }
  const all = hosts.flatMap((one) => one.attached.map((process) => ({ one, process })))
  const addresses = all.flatMap(({ process: { ip, ip6 } }) => [ip, ...(ip6 === null ? [] : [ip6])])
  for (const [at, address] of addresses.entries())
    if (addresses.indexOf(address) !== at) faults.push(`two processes have ${address}`)
  const probes = all.flatMap((from) => all.filter((to) => to !== from).map((to) => ({ from, to })))
  for (const { from, to } of probes.slice(0, mostProbes)) {
    const isOneHost = from.one === to.one
    if (isOneHost && from.process.network !== to.process.network) continue
    for (const family of ['ip', 'ip6'] as const) {
      const [source, destination] = [from.process[family], to.process[family]]
      if (source === null || destination === null) continue
      const outcome = await from.process.machine.reach({ protocol: 'tcp', destination, port: 81 })
      if (!outcome.delivered || outcome.by !== to.process.machine.name || outcome.source !== source)
        faults.push(
          `${from.process.name} ${source} to ${to.process.name} ${destination}: ${JSON.stringify(outcome)}`,
        )
    }
  }
  return faults
}

const mostProbes = 24

/** Checks that each process still has the addresses that `attach` gave it. */
export const lostAddresses = async (hosts: readonly HistoryHost[]): Promise<readonly string[]> => {
  const faults = await Promise.all(
    hosts.flatMap(({ attached }) =>
      attached.map(async ({ name, machine, ip, ip6 }) => {
        const printed = await machine.mustRun(['ip', '-o', 'address'])
        return [ip, ...(ip6 === null ? [] : [ip6])].flatMap((address) =>
          printed.includes(` ${address}/`) ? [] : [`${name} has lost ${address}`],
        )
      }),
    ),
  )
  return faults.flat()
}
