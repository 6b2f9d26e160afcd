import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import {
  emptyLeases,
  type LeaseState,
  leasedSubnets,
  listLeases,
  parseBridgeAlias,
  parseEndpointAlias,
  replicaName,
} from '@portolan/core'
import { appliedProjects, defaultStateDirectory, openLeaseStore } from '@portolan/host'
import { shellWord, visibleLine } from '@portolan/netfilter'
import { liveProjects } from '../../live/wanted/live-projects.ts'
import type { Options } from '../options/option-table.ts'
import type { ValueKind } from '../options/option-values.ts'
import { readIntent, readProfiles } from '../sources/read-intent.ts'
import { clustersKnown, intentsKnown, membersKnown } from './cluster-names.ts'
import { networksToAttach } from './networks-to-attach.ts'
import type { WordsGiven } from './words-given.ts'

/** The kinds of names that are looked up here. */
export type NamedKind = Exclude<ValueKind, 'file' | 'folder' | 'command'>

/**
 * The names for which a word may stand. A source that cannot be read gives no name, because Tab asks for no message.
 */
export const namesOf = async (
  kind: NamedKind,
  { values, positionals }: WordsGiven,
): Promise<readonly string[]> => {
  const state = textOf(values.state) ?? defaultStateDirectory()
  const readers: Readonly<Record<NamedKind, () => Promise<readonly string[]> | readonly string[]>> = {
    interface: () => interfacesOf(textOf(values.host)),
    namespace: () => readdirSync('/run/netns'),
    network: () => namesIn(intentOf(values)),
    'network-here': async () => {
      const { file = [] } = filesOf(values)
      const found = await attempted(() => [intentOf(values)])
      return networksToAttach({
        named: textOf(values.project) ?? null,
        file: found.map((intent) => ({ project: intent.project, networks: namesIn(intent) }))[0] ?? null,
        isFileNamed: file.length > 0,
        here: [...(await attempted(bridgesHere)), ...parentedIn(await leasesIn(state))],
      })
    },
    endpoint: async () => {
      const project = textOf(values.project) ?? (filesOf(values).file && intentOf(values).project)
      return [...(await attempted(endpointsHere)), ...endpointsIn(await leasesIn(state))].flatMap((one) =>
        project === undefined || one.project === project ? [one.endpoint] : [],
      )
    },
    project: async () => [
      ...(await attempted(() => [intentOf(values).project])),
      ...(await attempted(() => bridgesHere().map(({ project }) => project))),
      ...(await attempted(() => liveProjects(state))),
      ...(await attempted(() => appliedProjects(state))),
      ...leasedSubnets(await leasesIn(state)).map(({ project }) => project),
    ],
    profile: () => (isPiped(values) ? [] : readProfiles(filesOf(values))),
    cluster: () => clustersKnown(state),
    member: () => membersKnown(state, positionals[1]),
    intent: () => intentsKnown(state),
  }
  // A name with characters that act on a terminal, or on a shell, is not offered.
  return [...new Set(await attempted(readers[kind]))].filter(
    (name) => visibleLine(name) === name && shellWord(name) === name,
  )
}

const attempted = async <Item>(
  read: () => Promise<readonly Item[]> | readonly Item[],
): Promise<readonly Item[]> => {
  try {
    return await read()
  } catch {
    return []
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const filesOf = (values: WordsGiven['values']): Pick<Options, 'file'> => {
  const files = Array.isArray(values.file) ? values.file.map(String) : []
  return files.length === 0 ? {} : { file: files }
}

/**
 * The intent of the file that was named, or of the one found here. A pipe is not read, because the command needs its
 * text.
 */
const intentOf = (values: WordsGiven['values']): ReturnType<typeof readIntent> => {
  return readIntent(isPiped(values) ? { file: [''] } : filesOf(values))
}

const isPiped = (values: WordsGiven['values']): boolean =>
  (filesOf(values).file ?? []).some((file) => !statSync(file, { bigint: true }).isFile())

const namesIn = ({ networks, parented = [] }: ReturnType<typeof readIntent>): readonly string[] =>
  [...networks, ...parented].map(({ name }) => name)

/** The leases in a state directory. Nothing is made where none are. */
const leasesIn = async (directory: string): Promise<LeaseState> => {
  if (!existsSync(join(directory, 'leases.mdb'))) return emptyLeases
  const store = openLeaseStore(directory)
  const [state = emptyLeases] = await attempted(async () => [await store.read()])
  await store.close()
  return state
}

interface NamedNetwork {
  readonly project: string
  readonly network: string
}

const bridgesHere = (): readonly NamedNetwork[] =>
  aliasesHere().flatMap((alias) => {
    const mark = parseBridgeAlias(alias)
    return mark === null ? [] : [{ project: mark.project, network: mark.network }]
  })

/** The networks on interfaces of this host, of which nothing on the host tells. */
const parentedIn = (leases: LeaseState): readonly NamedNetwork[] =>
  leasedSubnets(leases).filter(({ parented }) => parented !== undefined)

interface NamedEndpoint {
  readonly project: string
  readonly endpoint: string
}

/** The endpoints that are attached to bridges. */
const endpointsHere = (): readonly NamedEndpoint[] =>
  aliasesHere().flatMap((alias) => parseEndpointAlias(alias) ?? [])

/**
 * The endpoints that no plan leased, and those on interfaces of this host. The host sees no interface of the latter.
 */
const endpointsIn = (leases: LeaseState): readonly NamedEndpoint[] =>
  listLeases(leases).flatMap((lease) =>
    lease.kind === 'address' &&
    lease.released === null &&
    (lease.on.project === null || lease.planned !== true)
      ? [{ project: lease.holder.project, endpoint: replicaName(lease.holder) }]
      : [],
  )

/** The aliases of the host's interfaces. The marks of managed interfaces are in `ifalias`, which any user may read. */
const aliasesHere = (): readonly string[] =>
  linksHere().flatMap((link) => {
    try {
      return [readFileSync(join('/sys/class/net', link, 'ifalias'), 'utf8').trim()]
    } catch {
      return []
    }
  })

/** The interfaces of this host, with or without an address. The folder also has files of drivers. */
const linksHere = (): readonly string[] =>
  readdirSync('/sys/class/net').filter((name) =>
    lstatSync(join('/sys/class/net', name), { bigint: true }).isSymbolicLink(),
  )

/** The interfaces of this host, or of the one that a file describes. */
const interfacesOf = (file: string | undefined): readonly string[] => {
  if (file === undefined) return linksHere()
  if (!statSync(file, { bigint: true }).isFile()) return []
  const { interfaces } = JSON.parse(readFileSync(file, 'utf8')) as { readonly interfaces?: unknown }
  return Array.isArray(interfaces)
    ? interfaces.map((one: { readonly name?: unknown }) => String(one.name))
    : []
}
