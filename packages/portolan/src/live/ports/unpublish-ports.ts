import type { DesiredMapping } from '@portolan/core'
import {
  isAddress,
  mappingLabel,
  requestedHostAddress,
  requestedPorts,
  requestedProtocol,
} from '@portolan/core/planning'
import type { JournalChange } from '@portolan/host'
import {
  type AddressInput,
  canonicalAddress,
  type Family,
  families,
  familyOf,
  InvalidRequestError,
} from '@portolan/netfilter'
import { refuseUnknownOptions, shownValue } from '@portolan/netfilter/schema'
import { type Edition, isSameEdition } from '../rules/edition.ts'
import type { LiveRules } from '../rules/live-rules.ts'
import type { HostSocket } from '../wanted/socket-key.ts'
import { portKey, withoutPort, withPort } from '../wanted/wanted-state.ts'
import type { UnpublishRequest } from './publish-request.ts'
import { checkObject } from './requested-mappings.ts'

type Target = DesiredMapping['targets'][number]

/** Tells whether a request means this target of this mapping. */
type Selector = (mapping: DesiredMapping, target: Target) => boolean

/**
 * Unpublishes ports in one transaction. Of a port that several targets share, only the requested targets go.
 *
 * @param beside - further changes for the same record of the journal
 * @returns the mappings that were unpublished, each with the targets that it lost
 */
export const unpublishPorts = async (
  rules: LiveRules,
  requests: readonly UnpublishRequest[],
  beside: readonly JournalChange[] = [],
): Promise<readonly DesiredMapping[]> => {
  const selection = selectionOf(requests)
  let decided: { readonly withdrawal: Withdrawal | null; readonly edition: Edition } | null = null
  const decide = (): Withdrawal | null => {
    const withdrawal = withdrawalOf(rules, selection)
    decided = { withdrawal, edition: rules.edition }
    return withdrawal
  }
  /** The decision, made again only when more is known by now. */
  const decision = (): Withdrawal | null =>
    decided !== null && isSameEdition(rules.edition, decided.edition) ? decided.withdrawal : decide()
  if ((await rules.decideForSure(decide)) === null && !rules.isDamaged()) {
    await rules.writeDown(() => beside)
    return []
  }
  let taken: Withdrawal | null = null
  const quick = (): { changes: readonly JournalChange[]; mappings: readonly DesiredMapping[] } | null => {
    taken = decision()
    // A port with other targets stays, with fewer targets. The short way cannot do that: it removes whole elements.
    return taken === null || taken.shared
      ? null
      : { changes: [...taken.changes, ...beside], mappings: taken.mappings }
  }
  if (!(await rules.quickly('remove', quick)))
    await rules.slowly(() => {
      taken = decide()
      const changes = [...(taken?.changes ?? []), ...beside]
      return changes.length === 0 ? null : changes
    })
  return (taken as Withdrawal | null)?.mappings ?? []
}

/** The ports that requests mean. */
interface Selection {
  /** Single host ports, by their `portKey`. */
  readonly keys: ReadonlySet<string>
  /** The same ports where the address is the container's own. */
  readonly ofSockets: readonly Selector[]
  /** All other requests. */
  readonly selectors: readonly Selector[]
}

const selectionOf = (requests: readonly UnpublishRequest[]): Selection => {
  const keys = new Set<string>()
  const [ofSockets, selectors]: [Selector[], Selector[]] = [[], []]
  for (const request of requests) {
    const selects = selectorOf(request)
    if ('hostPort' in request && typeof request.hostPort === 'number') {
      ofSockets.push(selects)
      for (const socket of socketsOf(request, request.hostPort)) keys.add(portKey(socket))
    } else selectors.push(selects)
  }
  return { keys, ofSockets, selectors }
}

/** The sockets that a request for a single port means. */
const socketsOf = (
  { hostAddress: asked, protocol, interface: name = null, family: wanted }: PortToUnpublish,
  hostPort: number,
): readonly HostSocket[] => {
  const { hostAddress, only } = bindingOf(asked)
  return families
    .filter((family) => (only ?? family) === family && (wanted ?? family) === family)
    .map((family) => ({
      family,
      protocol: requestedProtocol(protocol),
      hostAddress,
      hostPort,
      interface: name,
    }))
}

type PortToUnpublish = Extract<UnpublishRequest, { readonly hostPort: unknown }>

/** The host address of a mapping, and its family if the request tells it: `0.0.0.0` is every address of IPv4. */
const bindingOf = (
  address: AddressInput | null | undefined,
): { readonly hostAddress: string | null; readonly only: Family | null } => {
  const bound = requestedHostAddress(address)
  const isEvery = bound === '0.0.0.0' || bound === '::'
  return { hostAddress: isEvery ? null : bound, only: bound === null ? null : familyOf(bound) }
}

interface Withdrawal {
  readonly changes: readonly JournalChange[]
  readonly mappings: readonly DesiredMapping[]
  /** A mapping keeps other targets. */
  readonly shared: boolean
}

const withdrawalOf = ({ wanted }: LiveRules, selection: Selection): Withdrawal | null => {
  const { keys, ofSockets, selectors } = selection
  const withdrawn: Withdrawn = { changes: [], mappings: [], shared: false }
  for (const key of keys) {
    const mapping = wanted.portOf(key)
    if (mapping === null) continue
    withdrawn.mappings.push(mapping)
    withdrawn.changes.push({ key, value: null })
  }
  // All ports are searched only if a selector needs it: with thousands of ports that takes a millisecond.
  const isAnyMeant = selectors.length > 0
  for (const mapping of isAnyMeant ? wanted.ports() : wanted.directPorts()) {
    if (isAnyMeant && keys.has(portKey(mapping))) continue
    const chosen = mapping.kind === 'direct' ? [...ofSockets, ...selectors] : selectors
    withdrawTargets(withdrawn, mapping, (target) => chosen.some((selects) => selects(mapping, target)))
  }
  return withdrawn.mappings.length === 0 ? null : withdrawn
}

/** A withdrawal under construction. */
interface Withdrawn extends Withdrawal {
  readonly changes: JournalChange[]
  readonly mappings: DesiredMapping[]
  shared: boolean
}

const withdrawTargets = (
  withdrawn: Withdrawn,
  mapping: DesiredMapping,
  isGone: (target: Target) => boolean,
): void => {
  const [first, ...more] = mapping.targets.filter(isGone)
  if (first === undefined) return
  withdrawn.mappings.push({ ...mapping, targets: [first, ...more] })
  const [kept, ...others] = mapping.targets.filter((target) => !isGone(target))
  if (kept === undefined) withdrawn.changes.push(withoutPort(mapping))
  else {
    withdrawn.shared = true
    // A single target gets weight 1, as in a request for it alone.
    const targets = others.length === 0 ? ([{ ...kept, weight: 1 }] as const) : ([kept, ...others] as const)
    withdrawn.changes.push(withPort({ ...mapping, targets, label: mappingLabel(mapping, targets) }))
  }
}

const selectorOf = (request: UnpublishRequest): Selector => {
  checkObject(request, 'the request')
  if ('endpoint' in request) {
    refuseUnknownOptions(request, ['endpoint', 'network'], 'the options of an endpoint to take back')
    const { endpoint, network } = request
    if (typeof endpoint !== 'string' || endpoint === '')
      throw new InvalidRequestError(`endpoint is ${shownValue(endpoint)}: expected a name.`)
    if (network !== undefined && typeof network !== 'string')
      throw new InvalidRequestError(`network is ${shownValue(network)}: expected a name.`)
    return (_mapping, target) =>
      target.service === endpoint && (network === undefined || target.network === network)
  }
  if ('address' in request) {
    refuseUnknownOptions(request, ['address', 'port'], 'the options of an address to take back')
    const { address, port } = request
    if (!isAddress(address))
      throw new InvalidRequestError(`address is ${shownValue(address)}: expected an address of a container.`)
    const canonical = canonicalAddress(address)
    if (port !== undefined) requestedPorts(port, 'port')
    return (_mapping, target) => target.address === canonical && (port === undefined || target.port === port)
  }
  refuseUnknownOptions(
    request,
    ['hostPort', 'protocol', 'hostAddress', 'interface', 'family'],
    'the options of a port to take back',
  )
  const { family } = request
  if (family !== undefined && family !== 'ip' && family !== 'ip6')
    throw new InvalidRequestError(`family is ${shownValue(family)}: expected ip or ip6.`)
  const { hostAddress, only } = bindingOf(request.hostAddress)
  const protocol = requestedProtocol(request.protocol)
  const { first, last } = requestedPorts(request.hostPort, 'hostPort')
  const name = request.interface ?? null
  if (name !== null && typeof name !== 'string')
    throw new InvalidRequestError(`interface is ${shownValue(name)}: expected the name of an interface.`)
  return (mapping) =>
    mapping.protocol === protocol &&
    mapping.hostPort >= first &&
    mapping.hostPort <= last &&
    mapping.hostAddress === hostAddress &&
    mapping.interface === name &&
    (family === undefined || mapping.family === family) &&
    (only === null || mapping.family === only)
}
