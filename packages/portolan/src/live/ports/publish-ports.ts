import type { DesiredMapping } from '@portolan/core'
import type { JournalChange } from '@portolan/host'
import { InvalidRequestError, PortolanError } from '@portolan/netfilter'
import { linkSysctlName } from '@portolan/netfilter/sysctls'
import type { LiveMachine } from '../live-machine.ts'
import { bridgeHolding } from '../networks/own-bridges.ts'
import { type Edition, isSameEdition } from '../rules/edition.ts'
import type { LiveRules } from '../rules/live-rules.ts'
import { portKey, withPort } from '../wanted/wanted-state.ts'
import { chooseHostPorts } from './automatic-ports.ts'
import type { FlowsToForget } from './flows-to-forget.ts'
import type { PublishRequest } from './publish-request.ts'
import { refuseListeners } from './refuse-listener.ts'
import { refuseAbsentAddress, targetBridge } from './refuse-place.ts'
import { requestedMappings } from './requested-mappings.ts'
import { sameMapping } from './same-mapping.ts'

/** The tools for publishing, besides the rules. */
export interface PublishTools extends Pick<LiveMachine, 'listeners' | 'leases' | 'sysctls'> {
  /** The bridges on which `route_localnet` is known to be on. More may be added. */
  readonly localnet: Set<string>
  readonly flows: Pick<FlowsToForget, 'before'>
}

/** A requested mapping, and whether it is published in spite of a listener or a missing host address. */
interface Wish {
  readonly mapping: DesiredMapping
  /** The key of its socket, made once: a lookup by a newly joined text takes as long as ten lookups by a known one. */
  readonly key: string
  readonly force: boolean
}

// Loops instead of `map` and `filter`. When V8 compiles the callers, these return another kind of array, and code that
// was compiled for the earlier kind is compiled again.

const changesOf = (wishes: readonly Wish[]): readonly JournalChange[] => {
  const changes: JournalChange[] = []
  for (const { mapping, key } of wishes) changes.push(withPort(mapping, key))
  return changes
}

const mappingsOf = (wishes: readonly Wish[]): readonly DesiredMapping[] => {
  const mappings: DesiredMapping[] = []
  for (const { mapping } of wishes) mappings.push(mapping)
  return mappings
}

/** The mappings that must not displace a listener. */
const unforcedOf = (wishes: readonly Wish[]): readonly DesiredMapping[] => {
  const mappings: DesiredMapping[] = []
  for (const { mapping, force } of wishes) if (!force) mappings.push(mapping)
  return mappings
}

/** The requested mappings, and those of them that are new. */
export interface Published {
  /** The mappings of each call. */
  readonly mappings: readonly (readonly DesiredMapping[])[]
  readonly added: readonly DesiredMapping[]
}

/**
 * Publishes the ports of several calls, all of them or none, in one transaction.
 * @throws PortolanError `HOST_PORT_IN_USE`, `HOST_PORT_TAKEN`; InvalidRequestError
 */
export const publishPorts = async (
  rules: LiveRules,
  tools: PublishTools,
  calls: readonly (readonly PublishRequest[])[],
): Promise<Published> => {
  let wishes: readonly Wish[] = []
  let asked: readonly (readonly DesiredMapping[])[] = []
  let edition: Edition | null = null
  let attempts = 0
  const decideOn = (chosen: ChosenPorts | null): readonly Wish[] | null => {
    attempts += 1
    const wanted = wishesOn(rules.project)
    const mappings: (readonly DesiredMapping[])[] = []
    // No pause between the calls, so that the records are read once for all of them.
    for (const requests of calls) mappings.push(addWishes(rules, requests, wanted, chosen))
    wishes = wanted.wishes
    asked = mappings
    // The records were just read for this call, so the first attempt uses what is known. They are read again when
    // nothing is to be added, when something is refused, and when the new record is written. That record is void if
    // another one came in between.
    const decide = (): readonly Wish[] | null => missingOf(rules, wishes)
    const missing = attempts === 1 ? rules.wanted.asKnown(decide) : decide()
    edition = rules.edition
    return missing
  }
  const open = calls.flat().filter(isAutomatic)
  const missing = await rules.decideForSure(() =>
    open.length === 0 ? decideOn(null) : chosenFor(rules, tools, open).then(decideOn),
  )
  let added: readonly DesiredMapping[] = []
  if (missing !== null || rules.isDamaged()) {
    const lackingNow = (): readonly Wish[] =>
      (isSameEdition(rules.edition, edition) ? missing : missingOf(rules, wishes)) ?? []
    const refuse = (lacking: readonly Wish[]): Promise<void> =>
      refuseListeners(rules.project, unforcedOf(lacking), tools)
    await refuse(missing ?? [])
    const waiting = tools.flows.before(mappingsOf(missing ?? []))
    if (waiting !== null) {
      await waiting
      await refuse(missing ?? [])
    }
    const decide = (): { changes: readonly JournalChange[]; mappings: readonly DesiredMapping[] } | null => {
      const lacking = lackingNow()
      added = mappingsOf(lacking)
      return lacking.length === 0 ? null : { changes: changesOf(lacking), mappings: added }
    }
    if (!(await rules.quickly('add', decide)))
      await rules.slowly(
        () => {
          const changes = decide()?.changes ?? null
          if (changes !== null || !rules.isDamaged()) return changes
          // Another program has only recorded these ports. On a failure it takes back what it wrote last. So they are
          // recorded again, as this program's own.
          added = mappingsOf(wishes)
          return changesOf(wishes)
        },
        // A program may have begun to listen while this one waited for the lock.
        () => refuse(lackingNow()),
      )
  }
  let opened: DesiredMapping | null = null
  for (const { mapping } of wishes) {
    if (opened === null || !isReachedAlike(mapping, opened)) openLoopback(rules, mapping, tools)
    opened = mapping
  }
  return { mappings: asked, added }
}

/**
 * Tells whether a request leaves its host port open. The caller may be plain JavaScript, so `request` may be anything.
 */
export const isAutomatic = (request: PublishRequest): boolean => request?.hostPort === 'auto'

/** The mappings that several calls wish for, one for each host socket. */
interface Wishes {
  readonly wishes: readonly Wish[]
  /** Adds a wish. @throws PortolanError `HOST_PORT_IN_USE` when the socket is wished for with another mapping */
  add(wish: Wish): void
}

const wishesOn = (project: string): Wishes => {
  const wishes: Wish[] = []
  const sockets = new Map<string, DesiredMapping>()
  return {
    wishes,
    add: (wish) => {
      const { mapping, key } = wish
      const twin = sockets.get(key)
      if (twin !== undefined && !sameMapping(twin, mapping)) throw inUse(mapping, twin.label, project)
      if (twin !== undefined) return
      wishes.push(wish)
      sockets.set(key, mapping)
    },
  }
}

/** The chosen mappings of requests that leave their host ports open. */
type ChosenPorts = ReadonlyMap<PublishRequest, readonly DesiredMapping[]>

const chosenFor = async (
  rules: LiveRules,
  tools: PublishTools,
  requests: readonly PublishRequest[],
): Promise<ChosenPorts> => {
  const chosen = new Map<PublishRequest, readonly DesiredMapping[]>()
  for (const request of requests) chosen.set(request, await chooseHostPorts(rules, tools, request))
  return chosen
}

/** Adds the wishes of one call. @returns the mappings that its requests ask for, each once */
const addWishes = (
  rules: LiveRules,
  requests: readonly PublishRequest[],
  wishes: Wishes,
  chosen: ChosenPorts | null,
): readonly DesiredMapping[] => {
  const { project, wanted, bridges } = rules
  const place = { project, wanted, bridges, supply: noPorts }
  const add = (mapping: DesiredMapping, { force = false }: PublishRequest): string => {
    const key = portKey(mapping)
    wishes.add({ mapping, key, force })
    return key
  }
  const [first] = requests
  if (first !== undefined && requests.length === 1) {
    const mappings = chosen?.get(first) ?? requestedMappings(first, place)
    for (const mapping of mappings) add(mapping, first)
    return mappings
  }
  const asked = new Map<string, DesiredMapping>()
  for (const request of requests)
    for (const mapping of chosen?.get(request) ?? requestedMappings(request, place))
      asked.set(add(mapping, request), mapping)
  return [...asked.values()]
}

/** Requests that name their host ports never take one from this supply. */
const noPorts = {
  take: (): number => {
    throw new InvalidRequestError('the request names no host port.')
  },
}

/**
 * The wishes that are still to be added, by what is known; null: none, and nothing else is missing.
 * @throws InvalidRequestError, PortolanError when one is not possible
 */
const missingOf = (rules: LiveRules, wishes: readonly Wish[]): readonly Wish[] | null => {
  const missing: Wish[] = []
  /** The targets that were checked last. Requests for one container port share them. */
  let known: DesiredMapping['targets'] | null = null
  for (const wish of wishes) {
    const { mapping, key, force } = wish
    if (mapping.targets !== known)
      for (const { address } of mapping.targets) targetBridge(address, rules.bridges)
    known = mapping.targets
    if (!force) refuseAbsentAddress(mapping, rules.facts)
    const own = rules.wanted.portOf(key)
    if (own !== null && sameMapping(own, mapping)) continue
    if (own !== null) throw inUse(mapping, own.label, rules.project)
    const holder = rules.otherHolder(mapping)
    if (holder !== null) throw inUse(mapping, holder.label, holder.project)
    missing.push(wish)
  }
  return missing.length === 0 ? null : missing
}

const inUse = (wanted: DesiredMapping, label: string, project: string): PortolanError =>
  new PortolanError('HOST_PORT_IN_USE', {
    problem: `${wanted.label.split(' -> ')[0]} is published already: ${label} of project ${project} has it.`,
    remedy: () => 'Unpublish that first, or take another host port.',
  })

/**
 * Tells whether two mappings lead to the same container in the same way, as ports that are published together mostly
 * do.
 */
const isReachedAlike = (one: DesiredMapping, other: DesiredMapping): boolean =>
  one.targets === other.targets && one.kind === other.kind && one.hostAddress === other.hostAddress

const openLoopback = (
  { bridges }: LiveRules,
  { kind, family, hostAddress, targets: [{ address }] }: DesiredMapping,
  { localnet, sysctls }: PublishTools,
): void => {
  if (kind !== 'nat' || family !== 'ip' || !(hostAddress === null || hostAddress.startsWith('127.'))) return
  const bridge = bridgeHolding(bridges, address)
  if (bridge === null || localnet.has(bridge.name)) return
  const sysctl = linkSysctlName('ipv4', bridge.name, 'route_localnet')
  if (sysctls.read(sysctl) === '0') sysctls.write(sysctl, '1')
  localnet.add(bridge.name)
}
