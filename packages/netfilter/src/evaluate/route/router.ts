import {
  type Family,
  lastAddress,
  type Prefix,
  parseHostOrPrefix,
  prefixAround,
  tryParseAddress,
} from '../../address/index.ts'
import type { HostFacts, RouteFact } from '../../facts/index.ts'
import type { KernelCause } from '../trace/kernel-cause.ts'
import { findLink, type Link } from './link.ts'
import type { RouteKey } from './route-key.ts'
import { addRoute, findRoute, type Route, type RouteTable, routeTable } from './route-table.ts'
import {
  LOCAL_TABLE as LOCAL,
  MAIN_TABLE as MAIN,
  type RoutingRule,
  readRoutingRules,
} from './routing-rule.ts'

export interface RouteFound {
  readonly route: Route | null
  /** The routing rule that led to it, as a text; null where every host has that rule. */
  readonly by: string | null
}

export interface RoutingAnswer extends RouteFound {
  /** Whether a rule that may match makes a difference. In this answer it does not match. */
  readonly doubtful: boolean
  /** The answer where such a rule matches; null: no difference. */
  readonly otherwise: RouteFound | null
}

/** Rules and tables of one family. */
export interface Router {
  readonly family: Family
  readonly tables: ReadonlyMap<number, RouteTable>
  readonly rules: readonly RoutingRule[]
  /**
   * Whether the facts came from a kernel, which lists its own local routes too. Hand-written facts may lack routes, so
   * a missing route stops no packet.
   */
  readonly complete: boolean
  /** Whether some rule has selectors that may be unknown. */
  readonly hasDoubts: boolean
  /** Whether some rule matches on the source. */
  readonly asksSource: boolean
  /** Whether some rule matches more of a flow than its addresses. */
  readonly asksFlow: boolean
}

/**
 * Builds the routing of one family. Addresses imply their local routes where none are given, and their on-link
 * routes where their interface has none.
 */
export const buildRouter = (facts: HostFacts, family: Family, links: Map<string, Link>): Router => {
  const bits = family === 'ip' ? 32 : 128
  const tables = new Map<number, RouteTable>()
  const tableOf = (id: number): RouteTable => {
    const table = tables.get(id) ?? routeTable(bits)
    tables.set(id, table)
    return table
  }
  const onLink = new Set<string>()
  let complete = false
  for (const fact of facts.routes ?? []) {
    const prefix = destinationOf(fact)
    if (prefix.family !== family) continue
    const type = fact.type ?? 'unicast'
    const table =
      fact.table ?? (type === 'local' || type === 'broadcast' || type === 'anycast' ? LOCAL : MAIN)
    if (table === LOCAL && type === 'local') complete = true
    // Packets are assumed to have no TOS. Routes with one are for other packets (net/ipv4/fib_trie.c,
    // `fib_table_lookup`).
    if ((fact.tos ?? 0) !== 0) continue
    const name = fact.interface ?? null
    if (name !== null && (fact.gateway ?? null) === null && table !== LOCAL) onLink.add(name)
    addRoute(
      tableOf(table),
      prefix.base,
      readRoute(fact, { type, prefix, table }, name === null ? null : findLink(links, name)),
    )
  }
  if (!complete) for (const link of links.values()) implyRoutes(tableOf, family, link, onLink.has(link.name))
  const rules = readRoutingRules(facts.rules ?? [], family, links)
  return {
    family,
    tables,
    rules,
    complete,
    hasDoubts: rules.some(({ unknown }) => unknown),
    asksSource: rules.some(({ from }) => from !== null && from.length > 0),
    asksFlow: rules.some(({ flow }) => flow !== null),
  }
}

const destinationOf = (fact: RouteFact): Prefix => {
  const text = fact.destination ?? 'default'
  if (text !== 'default') return parseHostOrPrefix(text)
  const six = (fact.gateway ?? '').includes(':')
  return six ? { family: 'ip6', base: 0n, length: 0 } : { family: 'ip', base: 0, length: 0 }
}

const readRoute = (
  fact: RouteFact,
  { type, prefix, table }: { readonly type: string; readonly prefix: Prefix; readonly table: number },
  link: Link | null,
): Route => {
  const via = fact.gateway ?? null
  return {
    type,
    link,
    gateway: via === null ? null : (tryParseAddress(via)?.value ?? null),
    source: tryParseAddress(fact.source ?? '')?.value ?? null,
    length: prefix.length,
    metric: fact.metric ?? 0,
    table,
    text: [
      ...(type === 'unicast' ? [] : [type]),
      fact.destination ?? 'default',
      ...(via === null ? [] : ['via', via]),
      ...(link === null ? [] : ['dev', link.name]),
      ...(fact.table === undefined || fact.table === MAIN ? [] : ['table', String(fact.table)]),
    ].join(' '),
  }
}

/** Adds the routes that the kernel adds with an address (net/ipv4/fib_frontend.c, `fib_add_ifaddr`). */
const implyRoutes = (
  tableOf: (id: number) => RouteTable,
  family: Family,
  link: Link,
  hasOnLink: boolean,
): void => {
  for (const { address, length } of link.addresses) {
    if (address.family !== family) continue
    const bits = family === 'ip' ? 32 : 128
    const prefix = prefixAround(address, length)
    // The first address of a prefix is the source of the routes of its secondary addresses too (`fib_add_ifaddr`).
    const primary = link.addresses.find(
      (other) =>
        family === 'ip' &&
        other.address.family === family &&
        other.length === length &&
        prefixAround(other.address, length).base === prefix.base,
    )
    const source = (primary?.address ?? address).value
    const base = { link, gateway: null, source, metric: 0, table: LOCAL }
    const isLoopback = link.name === 'lo'
    addRoute(tableOf(LOCAL), address.value, { ...base, type: 'local', length: bits, text: 'local address' })
    if (isLoopback && length < bits)
      addRoute(tableOf(LOCAL), prefix.base, { ...base, type: 'local', length, text: 'local address' })
    if (!link.up || isLoopback || length === bits) continue
    if (family === 'ip' && length < 31)
      addRoute(tableOf(LOCAL), lastAddress(prefix).value, {
        ...base,
        type: 'broadcast',
        length: 32,
        text: 'broadcast',
      })
    if (!hasOnLink)
      addRoute(tableOf(MAIN), prefix.base, {
        ...base,
        table: MAIN,
        type: 'unicast',
        length,
        text: 'on-link',
      })
  }
}

/**
 * Finds the route for a packet: rules by priority, each with the longest prefix of its table.
 *
 * @returns no route when no table has one
 * @see net/core/fib_rules.c `fib_rules_lookup`
 */
export const lookUpRoute = (router: Router, key: RouteKey): RoutingAnswer => {
  const found = follow(router, key, false)
  if (!router.hasDoubts) return { route: found.route, by: found.by, doubtful: false, otherwise: null }
  const other = follow(router, key, true)
  const doubtful = other.route !== found.route
  return { ...found, doubtful, otherwise: doubtful ? other : null }
}

/** @param trust - whether rules that may match are taken to match */
const follow = (router: Router, key: RouteKey, trust: boolean): RouteFound => {
  const { out } = key
  const admits =
    out === null
      ? isUsable
      : (route: Route): boolean => isUsable(route) && (route.link === null || route.link.name === out)
  let from = Number.NEGATIVE_INFINITY
  for (const rule of router.rules) {
    if (rule.priority < from) continue
    const matches = rule.matches(key)
    if (matches === false || (matches === null && !trust)) continue
    if (rule.action === 'goto') {
      from = rule.goto ?? Number.POSITIVE_INFINITY
      continue
    }
    if (rule.action === 'nop') continue
    if (rule.action !== 'lookup') return { route: refusalBy(rule), by: rule.text }
    const table = router.tables.get(rule.table)
    const route = table === undefined ? null : findRoute(table, key.destination, admits)
    if (route === null || route.type === 'throw') continue
    if (rule.suppress !== null && route.length <= rule.suppress) continue
    return { route, by: rule.text }
  }
  return { route: null, by: null }
}

/**
 * A local route works with its interface down, as that of 127.0.0.1 on lo (net/ipv4/fib_semantics.c
 * `fib_sync_down_dev`).
 */
const isUsable = ({ link, type }: Route): boolean => link === null || link.up || type === 'local'

const refusals = new WeakMap<RoutingRule, Route>()

/** The route of a rule that refuses. Each rule has one object, so that results can be compared. */
const refusalBy = (rule: RoutingRule): Route => {
  const known = refusals.get(rule)
  if (known !== undefined) return known
  const made: Route = { ...refusal, type: rule.action, text: `rule ${rule.priority} ${rule.action}` }
  refusals.set(rule, made)
  return made
}

const refusal: Route = {
  type: 'unreachable',
  link: null,
  gateway: null,
  source: null,
  length: 0,
  metric: 0,
  table: 0,
  text: '',
}

/**
 * The cause of a refusal by a route. It names the routing rule that led to the route, unless every host has that rule.
 */
export const routeCause = (route: Route, by: string | null): KernelCause => {
  if (by === null) return { kind: 'route', text: `route ${route.text}` }
  const isAlone = route.link === null && route.table === 0
  return { kind: 'routing-rule', text: isAlone ? by : `${by} (route ${route.text})` }
}

export const noRoute: KernelCause = { kind: 'no-route', text: 'no route' }

const isAny = (): boolean => true

/**
 * Looks up an address in the local table alone, as for address types (net/ipv4/fib_frontend.c, `inet_dev_addr_type`).
 */
export const lookUpLocal = (router: Router, address: number | bigint): Route | null => {
  const table = router.tables.get(LOCAL)
  if (table === undefined) return null
  let known = locals.get(table)
  if (known === undefined) {
    known = new Map()
    locals.set(table, known)
  }
  const found = known.get(address)
  if (found !== undefined) return found
  const made = findRoute(table, address, isAny)
  if (known.size >= MOST_LOCALS) known.clear()
  known.set(address, made)
  return made
}

/** Cache: the packets of one search have the same few addresses. */
const locals = new WeakMap<RouteTable, Map<number | bigint, Route | null>>()

/** The most addresses cached. */
const MOST_LOCALS = 1_024
