import {
  type LeaseState,
  leasedSubnets,
  listLeases,
  parseBridgeAlias,
  parseEndpointAlias,
  replicaName,
} from '@portolan/core'
import { defaultStateDirectory, openLeaseStore, readNetworkFacts } from '@portolan/host'
import { commandWordingAs, type HostFacts, InvalidRequestError, visibleLine } from '@portolan/netfilter'
import { parseBackendChoice } from '../../backend/backend.ts'
import type { LiveHost } from '../../live/live-host.ts'
import { parentedLeases } from '../../live/networks/kept-parented.ts'
import { openHost } from '../../live/open-host.ts'
import { liveProjects } from '../../live/wanted/live-projects.ts'
import { withJoinedCluster } from '../cluster/with-joined-cluster.ts'
import type { Options } from '../options/option-table.ts'
import { withOwnOptions } from '../options/with-own-options.ts'
import { findProject } from '../sources/find-project.ts'
import { readIntent } from '../sources/read-intent.ts'
import { keptProjects } from '../sources/read-wanted.ts'

/**
 * The project that the options say, as `destroy` reads them: -p, or else that of the Compose file named or found here.
 * @returns null: nothing says it
 */
const saidProject = (options: Options): string | null => {
  if (options.project !== undefined && options.file === undefined) return options.project
  if (options.file === undefined && findProject(options, process.env) === null) return null
  return readIntent(options).project
}

/** Of which project a network is that is written as `web` or `shop/web`. */
export const projectOfNetwork = async (
  options: Options,
  written: string,
): Promise<{ readonly project: string; readonly network: string }> => {
  const slash = written.indexOf('/')
  if (slash >= 0) {
    const [project, network] = [written.slice(0, slash), written.slice(slash + 1)]
    if (options.project !== undefined && options.project !== project)
      throw new InvalidRequestError(
        `${visibleLine(written)} is a network of project ${visibleLine(project)}, and -p says ${visibleLine(options.project)}: give one of the two.`,
      )
    return { project, network }
  }
  const said = saidProject(options)
  if (said !== null) {
    const ofSaid = { project: said, network: written }
    const isFound = options.project === undefined && options.file === undefined
    return isFound ? ((await directNetwork(options, ofSaid)) ?? ofSaid) : ofSaid
  }
  const found = (await networksHere(options)).filter(({ network }) => network === written)
  const [first, second] = found
  if (first === undefined)
    throw new InvalidRequestError(
      `there is no network ${visibleLine(written)} of ours on this host. Apply a Compose file in which a service is on it (portolan apply), or make it with ensureNetwork; then attach.`,
    )
  if (second !== undefined)
    throw new InvalidRequestError(
      `several projects have a network ${visibleLine(written)}: say which, as ${found.map(({ project, network }) => `${project}/${network}`).join(' or ')}.`,
    )
  return first
}

/**
 * The projects that an endpoint is of, by its interfaces and its leases.
 * @returns null: nothing of it is here
 * @throws InvalidRequestError where it is of several, and nothing says which
 */
export const projectOfEndpoint = async (options: Options, endpoint: string): Promise<string | null> => {
  if (options.project !== undefined || options.file !== undefined) return saidProject(options)
  const attached = (await readNetworkFacts()).interfaces?.flatMap(({ alias }) => {
    const mark = parseEndpointAlias(alias)
    return mark?.endpoint === endpoint ? [mark.project] : []
  })
  const store = openLeaseStore(options.state ?? defaultStateDirectory())
  try {
    const leased = listLeases(await store.read()).flatMap((lease) =>
      lease.kind === 'address' && lease.released === null && replicaName(lease.holder) === endpoint
        ? [lease.holder.project]
        : [],
    )
    const projects = [...new Set([...(attached ?? []), ...leased])].sort()
    if (projects.length <= 1) return projects[0] ?? null
    const said = saidProject(options)
    if (said !== null && projects.includes(said)) return said
    throw new InvalidRequestError(
      `several projects have an endpoint ${visibleLine(endpoint)}: say which, as ${projects.map((one) => `-p ${one}`).join(' or ')}.`,
    )
  } finally {
    await store.close()
  }
}

/**
 * Has `detach` something to do? Of an endpoint on a parent only the lease is seen from here.
 *
 * @param keepsLeases - its addresses are no matter
 */
export const isOnNetworks = async (
  options: Options,
  project: string,
  endpoint: string,
  keepsLeases: boolean,
): Promise<boolean> => {
  const { interfaces = [] } = await readNetworkFacts()
  const isAttached = interfaces.some(({ alias }) => {
    const mark = parseEndpointAlias(alias)
    return mark?.project === project && mark.endpoint === endpoint
  })
  if (isAttached) return true
  return listLeases(await readLeases(options)).some(
    (lease) =>
      lease.kind === 'address' &&
      lease.released === null &&
      lease.holder.project === project &&
      replicaName(lease.holder) === endpoint &&
      (lease.on.project === null || (lease.planned !== true && !keepsLeases)),
  )
}

/** The networks of a project that an endpoint may be on: those on this host, and those that its leases name. */
export const networksOf = async (
  options: Options,
  project: string,
  endpoint: string,
): Promise<readonly string[]> => {
  const { interfaces = [] } = await readNetworkFacts()
  const attached = interfaces.flatMap(({ alias }) => parseEndpointAlias(alias) ?? [])
  const leases = await readLeases(options)
  const isOnParent = (network: string): boolean => parentedLeases(leases, project, network).length > 0
  const leased = listLeases(leases).flatMap((lease) =>
    lease.kind === 'address' && replicaName(lease.holder) === endpoint
      ? [{ project: lease.on.project, network: lease.on.network }]
      : [],
  )
  const all = [...(await networksHere(options)), ...attached, ...leased]
  const names = [...new Set(all.filter((one) => one.project === project).map(({ network }) => network))]
  // Detaching there may be refused, and nothing is to be gone then.
  return [...names.filter(isOnParent), ...names.filter((name) => !isOnParent(name))]
}

/**
 * The name that an endpoint has here. Compose calls the first replica of `web` `web-1`, and plans call it `web`.
 *
 * @param project - null: of any
 */
export const endpointNamed = async (
  options: Options,
  project: string | null,
  written: string,
): Promise<string> => {
  const [, service] = /^(.+)-1$/.exec(written) ?? []
  if (service === undefined) return written
  const held = listLeases(await readLeases(options)).flatMap((lease) =>
    lease.kind === 'address' &&
    lease.released === null &&
    (project === null || lease.holder.project === project)
      ? [lease]
      : [],
  )
  // A name of its own wins.
  if (held.some(({ holder }) => replicaName(holder) === written)) return written
  const isFirst = held.some(({ holder, planned }) => planned === true && replicaName(holder) === service)
  return isFirst ? service : written
}

/** What is leased in the state directory of the options. */
export const readLeases = async (options: Options): Promise<LeaseState> => {
  const store = openLeaseStore(options.state ?? defaultStateDirectory())
  try {
    return await store.read()
  } finally {
    await store.close()
  }
}

interface NamedNetwork {
  readonly project: string
  readonly network: string
}

/** The networks of ours on this host: by their bridges, and those on an interface by their leases. */
const networksHere = async (options: Options): Promise<readonly NamedNetwork[]> => {
  const onParents = new Map(
    leasedSubnets(await readLeases(options)).flatMap(({ project, network, parented }) =>
      parented === undefined ? [] : [[`${project}/${network}`, { project, network }] as const],
    ),
  )
  return [...networksOn(await readNetworkFacts()), ...onParents.values()]
}

/** The network that `attach --parent` made under a name that the project of a Compose file found here does not have. */
const directNetwork = async (options: Options, ofFile: NamedNetwork): Promise<NamedNetwork | null> => {
  const direct = { project: directProject, network: ofFile.network }
  if (await isNetworkHere(options, ofFile)) return null
  return (await isNetworkHere(options, direct)) ? direct : null
}

/** Whether a network of ours is on this host. */
export const isNetworkHere = async (options: Options, { project, network }: NamedNetwork): Promise<boolean> =>
  (await networksHere(options)).some((one) => one.project === project && one.network === network)

/** Of which project a network is that is made on an interface: that named with it, or one for all that are made so. */
export const projectOnParent = async ({ project }: Options, written: string): Promise<NamedNetwork> => {
  const slash = written.indexOf('/')
  return slash < 0
    ? { project: project ?? directProject, network: written }
    : { project: written.slice(0, slash), network: written.slice(slash + 1) }
}

const directProject = 'attach'

/** The networks of ours on a host. */
const networksOn = ({ interfaces = [] }: HostFacts): readonly NamedNetwork[] =>
  interfaces.flatMap(({ alias }) => {
    const mark = parseBridgeAlias(alias)
    return mark === null ? [] : [{ project: mark.project, network: mark.network }]
  })

/**
 * Opens this host for a project. One that a plan made is not a live host's to hold: its networks are reached from a project
 * that wants nothing.
 *
 * @param makes - a network of the project is to be made
 */
export const openFor = async (
  project: string,
  options: Options,
  makes = false,
): Promise<{ readonly host: LiveHost; readonly isOwn: boolean }> => {
  const isOwn = makes || liveProjects(options.state ?? defaultStateDirectory()).includes(project)
  const ofState = options.state === undefined ? {} : { state: options.state }
  const host = await openHost({
    backend: parseBackendChoice(options.backend ?? 'auto'),
    project: isOwn ? project : unusedProject(project),
    ...ofState,
    wording: commandWordingAs(withOwnOptions(await optionsAbout(project, options, isOwn))),
  })
  return { host, isOwn }
}

/** What a command about a project is written with: of one that no key has, the file may not be known. */
const optionsAbout = async (project: string, options: Options, isOwn: boolean): Promise<Options> => {
  const joined = await withJoinedCluster(options.state === undefined ? {} : { state: options.state })
  if (isOwn) return joined
  return (await keptProjects(options)).includes(project)
    ? { ...joined, project }
    : { ...joined, file: options.file ?? ['FILE'] }
}

/** Nothing is written down of it, so that it is there for as long as the host is open. */
const unusedProject = (project: string): string => (project === 'attach' ? 'attach-2' : 'attach')
