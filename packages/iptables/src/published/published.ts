import type { PublishedPort } from '@portolan/core'
import { type Family, families } from '@portolan/netfilter'
import { selectorOf } from '../compile/port-key.ts'
import { renamedChains } from '../compile/renamed-chains.ts'
import { projectOf, tagOf } from '../compile/tag.ts'
import { rootOf } from '../compile/tree/dispatch.ts'
import { allow, destination, isOurs } from '../model/object-name.ts'
import { findTable, type Rule, type Ruleset } from '../model/ruleset.ts'

type Target = PublishedPort['targets'][number]

/**
 * The host ports that our projects publish, read from our chains alone. Rules that share one port by weight are one
 * entry.
 * @example
 * published(await inspect(runner, 'iptables-nft')) // [{ project: 'shop', hostPort: 8080, targets: [...], ... }]
 * @public @since 0.1.0
 */
export const published = (ruleset: Ruleset): readonly PublishedPort[] =>
  families.flatMap((family) => ofFamily(ruleset, family))

const ofFamily = (ruleset: Ruleset, family: Family): readonly PublishedPort[] => {
  const found = new Map<string, PublishedPort>()
  const nat = findTable(ruleset, family, 'nat')
  const renamed = nat === undefined ? null : renamedChains(nat)
  const limited = limitedIn(ruleset, family)
  for (const chain of nat?.chains ?? []) {
    const known = renamed?.get(chain.name) ?? chain.name
    if (!isOurs(known) || rootOf(known, [destination]) !== destination) continue
    for (const rule of chain.rules) {
      const read = readRule(rule, family)
      if (read === null) continue
      const port: PublishedPort = limited.has(tagOf(rule) ?? '') ? { ...read, limited: true } : read
      const key = [port.project, port.protocol, port.hostAddress, port.interface, port.hostPort].join(' ')
      const known = found.get(key)
      found.set(key, known === undefined ? port : mergeTargets(known, port))
    }
  }
  return [...found.values()]
}

/** The tags of the mappings that only some clients may use. */
const limitedIn = (ruleset: Ruleset, family: Family): ReadonlySet<string> => {
  const mangle = findTable(ruleset, family, 'mangle')
  const renamed = mangle === undefined ? null : renamedChains(mangle)
  return new Set(
    (mangle?.chains ?? []).flatMap(({ name, rules }) => {
      const known = renamed?.get(name) ?? name
      return isOurs(known) && rootOf(known, [allow]) === allow
        ? rules.flatMap((rule) => tagOf(rule) ?? [])
        : []
    }),
  )
}

/** Joins two rules that share one port by weight. */
const mergeTargets = (one: PublishedPort, other: PublishedPort): PublishedPort => ({
  ...one,
  targets: [...one.targets, ...other.targets],
  ...(one.newConnections === undefined || other.newConnections === undefined
    ? {}
    : { newConnections: one.newConnections + other.newConnections }),
})

const readRule = (rule: Rule, family: Family): PublishedPort | null => {
  const project = projectOf(rule)
  const selector = selectorOf(rule)
  if (project === null || selector === null || rule.target?.kind !== 'dnat') return null
  const target = parseTarget(rule.target.to)
  const { address, interface: device, protocol, port } = selector
  const found: PublishedPort = {
    project,
    label: tagOf(rule)?.slice(project.length + 1) ?? '',
    family,
    protocol,
    hostAddress: address === '' ? null : address.slice(0, address.indexOf('/')),
    hostPort: port,
    interface: device === '' ? null : device,
    targets: target === null ? [] : [target],
  }
  return rule.counters === null ? found : { ...found, newConnections: Number(rule.counters.packets) }
}

/** Splits `172.17.0.2:80` or `[fd00::2]:80`. */
const parseTarget = (text: string): Target | null => {
  const [, address, port] = /^\[?([^\]]+?)\]?:(\d+)$/.exec(text) ?? []
  return address === undefined || port === undefined ? null : { address, port: Number(port) }
}
