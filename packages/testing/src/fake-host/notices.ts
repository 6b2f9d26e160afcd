import { isDeepStrictEqual } from 'node:util'
import type { HostFacts } from '@portolan/netfilter'
import type { HostRules, Notice } from 'portolan/machine'

/** The program that changes a host, as the kernel names it. */
export interface Program {
  readonly pid: number
  readonly name: string
}

interface Listed {
  readonly family: string
  readonly name: string
}

type Touched = Extract<Notice, { readonly kind: 'rules' }>['tables'][number]

/** The notices that the kernel sends for a transaction of rules. */
export const noticesOfRules = (
  before: HostRules,
  after: HostRules,
  generation: number,
  process: Program,
): readonly Notice[] => {
  const tables = [
    ...touched(before.nftables.tables, after.nftables.tables),
    ...touched(before['iptables-nft'].tables, after['iptables-nft'].tables),
  ]
  const legacy = touched(before['iptables-legacy'].tables, after['iptables-legacy'].tables)
  return [
    ...(tables.length === 0 ? [] : [{ kind: 'rules' as const, generation, process, tables }]),
    ...(['ip', 'ip6'] as const).flatMap((family): Notice[] => {
      const names = legacy.filter((table) => table.family === family).map(({ name }) => name)
      return names.length === 0 ? [] : [{ kind: 'legacy-rules', family, tables: names }]
    }),
  ]
}

const touched = (before: readonly Listed[], after: readonly Listed[]): readonly Touched[] => {
  const twin = (list: readonly Listed[], one: Listed): Listed | undefined =>
    list.find(({ family, name }) => family === one.family && name === one.name)
  const tell = ({ family, name }: Listed, action: Touched['action']): Touched => ({
    family: family as Touched['family'],
    name,
    action,
    // Additions and removals in a table are not counted: one of each stands for all.
    added: action === 'removed' ? 0 : 1,
    removed: action === 'new' ? 0 : 1,
  })
  return [
    ...before.flatMap((table) => (twin(after, table) === undefined ? [tell(table, 'removed')] : [])),
    ...after.flatMap((table) => {
      const old = twin(before, table)
      if (old === undefined) return [tell(table, 'new')]
      return old === table || isDeepStrictEqual(old, table) ? [] : [tell(table, 'changed')]
    }),
  ]
}

/** The notices that the kernel sends for a change of links, routes and sysctls. */
export const noticesOfFacts = (before: HostFacts, after: HostFacts): readonly Notice[] => {
  const old = new Map((before.interfaces ?? []).map((link) => [link.name, link]))
  const now = new Map((after.interfaces ?? []).map((link) => [link.name, link]))
  const links = [...new Set([...old.keys(), ...now.keys()])].flatMap((name): Notice[] => {
    const [was, is] = [old.get(name), now.get(name)]
    if (is === undefined) return was === undefined ? [] : [{ kind: 'link', action: 'removed', link: was }]
    if (was === undefined) return [{ kind: 'link', action: 'new', link: is }]
    return isDeepStrictEqual(was, is) ? [] : [{ kind: 'link', action: 'changed', link: is }]
  })
  const [gone, come] = [missingIn(after, before), missingIn(before, after)]
  const routes = [
    ...gone.map((route): Notice => ({ kind: 'route', action: 'removed', route })),
    ...come.map((route): Notice => ({ kind: 'route', action: 'new', route })),
  ]
  return [...links, ...routes, ...sysctlNotices(before, after)]
}

const missingIn = (some: HostFacts, all: HostFacts): NonNullable<HostFacts['routes']> =>
  some.routes === all.routes
    ? []
    : (all.routes ?? []).filter((route) => !some.routes?.some((one) => isDeepStrictEqual(one, route)))

/** The sysctls that the kernel sends notices for (`openMonitor`). */
const told = /^net\.ipv([46])\.conf\.([^.]+)\.(forwarding|rp_filter)$/

const sysctlNotices = (before: HostFacts, after: HostFacts): readonly Notice[] =>
  Object.entries(after.sysctls ?? {}).flatMap(([name, value]): Notice[] => {
    const [, version, link = ''] = told.exec(name) ?? []
    if (version === undefined || before.sysctls?.[name] === value) return []
    return [{ kind: 'sysctl', family: version === '4' ? 'ip' : 'ip6', interface: link, name, value }]
  })
