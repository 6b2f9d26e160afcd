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
 * The project that the options name, as `destroy` reads them: that of -p, or else that of the Compose file that is
 * named or found here.
 * @returns null: the options name none
 */
const saidProject = (options: Options): string | null => {
  if (options.project !== undefined && options.file === undefined) return options.project
  if (options.file === undefined && findProject(options, process.env) === null) return null
  return readIntent(options).project
}

/** The project and the name of a network that is written as `web` or `shop/web`. */
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
 * The project that has an endpoint, by the options, or else by the endpoint's interfaces and leases.
 * @returns null: the endpoint has nothing here
 * @throws InvalidRequestError where several projects have it, and nothing says which is meant
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
 * Does `detach` have something to do? Of an endpoint on a parent, this host sees only the lease.
 *
 * @param keepsLeases - the addresses stay leased, so they need nothing
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
  // Networks on parents come first. Detaching there may be refused, and then nothing must be gone.
  return [...names.filter(isOnParent), ...names.filter((name) => !isOnParent(name))]
}

/**
 * The name that an endpoint has here. Compose calls the first replica of `web` `web-1`, and plans call it `web`.
 *
 * @param project - null: any project
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
  // An endpoint that really has the written name comes first.
  if (held.some(({ holder }) => replicaName(holder) === written)) return written
  const isFirst = held.some(({ holder, planned }) => planned === true && replicaName(holder) === service)
  return isFirst ? service : written
}

/** The leases in the state directory of the options. */
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

/** The managed networks on this host: those with a bridge, and those on an interface, which the leases show. */
const networksHere = async (options: Options): Promise<readonly NamedNetwork[]> => {
  const onParents = new Map(
    leasedSubnets(await readLeases(options)).flatMap(({ project, network, parented }) =>
      parented === undefined ? [] : [[`${project}/${network}`, { project, network }] as const],
    ),
  )
  return [...networksOn(await readNetworkFacts()), ...onParents.values()]
}

/**
 * The network that `attach --parent` made. It counts where the project of the Compose file found here has no network of
 * the name.
 */
const directNetwork = async (options: Options, ofFile: NamedNetwork): Promise<NamedNetwork | null> => {
  const direct = { project: directProject, network: ofFile.network }
  if (await isNetworkHere(options, ofFile)) return null
  return (await isNetworkHere(options, direct)) ? direct : null
}

/** Is a managed network on this host? */
export const isNetworkHere = async (options: Options, { project, network }: NamedNetwork): Promise<boolean> =>
  (await networksHere(options)).some((one) => one.project === project && one.network === network)

/**
 * The project and the name of a network that is made on an interface. The project is the one named with the network or
 * by -p, or else one for all such networks.
 */
export const projectOnParent = async ({ project }: Options, written: string): Promise<NamedNetwork> => {
  const slash = written.indexOf('/')
  return slash < 0
    ? { project: project ?? directProject, network: written }
    : { project: written.slice(0, slash), network: written.slice(slash + 1) }
}

const directProject = 'attach'

/** The managed networks with a bridge on a host. */
const networksOn = ({ interfaces = [] }: HostFacts): readonly NamedNetwork[] =>
  interfaces.flatMap(({ alias }) => {
    const mark = parseBridgeAlias(alias)
    return mark === null ? [] : [{ project: mark.project, network: mark.network }]
  })

/**
 * Opens this host for a project. A live host cannot hold a project that a plan made. The networks of such a project are
 * reached from another project, which wants nothing.
 *
 * @param makes - a network of the project is made
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

/** The options for printed commands about a project. Where no key has the project, its file may not be known. */
const optionsAbout = async (project: string, options: Options, isOwn: boolean): Promise<Options> => {
  const joined = await withJoinedCluster(options.state === undefined ? {} : { state: options.state })
  if (isOwn) return joined
  return (await keptProjects(options)).includes(project)
    ? { ...joined, project }
    : { ...joined, file: options.file ?? ['FILE'] }
}

/** A project name of which nothing is written down, so that the project exists only while the host is open. */
const unusedProject = (project: string): string => (project === 'attach' ? 'attach-2' : 'attach')
