import type {
  ClusterNeighbours,
  DesiredEndpoint,
  DesiredMapping,
  DesiredNetwork,
  Intent,
} from '@portolan/core'
import type { Journal, JournalChange, JournalFollower } from '@portolan/host'
import type { Backend } from '../../backend/backend.ts'
import { type HostSocket, socketKey } from './socket-key.ts'

type NetworkIntent = Intent['networks'][number]
type EndpointIntent = Intent['endpoints'][number]

/** A network that a program requested, and what was chosen for it. */
export interface WantedNetwork {
  readonly intent: NetworkIntent
  readonly network: DesiredNetwork
}

/** An endpoint that a program requested, with its addresses. */
export interface WantedEndpoint {
  readonly intent: EndpointIntent
  readonly endpoint: DesiredEndpoint
}

/**
 * The wanted records of a live project: networks, endpoints and ports. They outlive the programs, the rules and a boot
 * of the host. They do not say what is in force.
 * @public @since 0.1.0
 */
export interface WantedState {
  networks(): readonly WantedNetwork[]
  network(name: string): WantedNetwork | null
  endpoints(): readonly WantedEndpoint[]
  endpoint(network: string, name: string): WantedEndpoint | null
  /** The endpoint of a network with this address. */
  endpointAt(network: string, address: string): WantedEndpoint | null
  ports(): readonly DesiredMapping[]
  /** The ports of routed networks, whose sockets are the containers' own. */
  directPorts(): readonly DesiredMapping[]
  port(socket: HostSocket): DesiredMapping | null
  /** The port with a key that `portKey` made. */
  portOf(key: string): DesiredMapping | null
  /** The other hosts of the cluster when everything was last brought into force; null: there were none. */
  neighbours(): ClusterNeighbours | null
  /** The backend that a program last named for the project; null: none was ever named. */
  backend(): Backend | null
  /**
   * Records the backend of the project, at once, or with the first wanted record. A program that names none, such as
   * `portolan watch`, then uses it.
   */
  nameBackend(backend: Backend): Promise<void>
  /** Tells whether anything was ever written. */
  exists(): boolean
  /**
   * Tells whether no network, endpoint or port is wanted. The journal may exist already, made for the record that comes
   * next.
   */
  isEmpty(): boolean
  /** The number of records that could not be read. */
  readonly unread: number
  /**
   * Decides on changes and records them. When another program has written a record meanwhile, it decides again, so that
   * nothing comes between the decision and the record.
   *
   * @param isKnown - decides from what this process knows, because the journal was read just before
   * @returns a function that restores the earlier values of the keys that no other record has changed since; null:
   * nothing was to change
   * @throws PortolanError `STATE`, PermissionError, and what `decide` throws
   */
  change(
    decide: () => readonly JournalChange[] | null,
    isKnown?: boolean,
  ): Promise<(() => Promise<void>) | null>
  /** Asks about what was read or written before, without checking for new records of other programs. */
  asKnown<Result>(ask: () => Result): Result
  /** The number of records, as in `Journal.count`. A different number means that something may have changed. */
  count(): number
  /** The number of records read or written so far, without a new read. */
  readonly known: number
  /** Tells whether the journal is gone, as after the state directory was deleted. What was read of it stays known. */
  isLost(): boolean
  /** Writes the journal again when it is gone. */
  keep(): Promise<void>
  /** Resolves when everything is on the disk. */
  sync(): Promise<void>
  close(): Promise<void>
}

type Kind = 'network' | 'endpoint' | 'port' | 'cluster' | 'backend'

/** Tells whether a key is that of a network, an endpoint or a port, and not of a note beside them. */
export const isWish = (name: string): boolean => /^(network|endpoint|port) /.test(name)

const key = (kind: Kind, ...names: readonly string[]): string => `${kind} ${JSON.stringify(names)}`
const [backendKey, clusterKey] = [key('backend'), key('cluster')]

/**
 * The journal's key for the port of a socket. It is unique to that socket.
 *
 * It equals `key('port', ...)`, and is made directly when nothing has to be escaped. Only an interface's name may need
 * that.
 */
export const portKey = (socket: HostSocket): string => {
  const name = socketKey(socket)
  return socket.interface === null ? `port ["${name}"]` : key('port', name)
}

export const withNetwork = (wanted: WantedNetwork): JournalChange => ({
  key: key('network', wanted.network.name),
  value: wanted,
})

export const withoutNetwork = (name: string): JournalChange => ({ key: key('network', name), value: null })

export const withEndpoint = (wanted: WantedEndpoint): JournalChange => ({
  key: key('endpoint', wanted.endpoint.network, wanted.endpoint.service),
  value: wanted,
})

export const withoutEndpoint = (network: string, name: string): JournalChange => ({
  key: key('endpoint', network, name),
  value: null,
})

export const withPort = (mapping: DesiredMapping, known?: string): JournalChange => ({
  key: known ?? portKey(mapping),
  value: mapping,
})

export const withoutPort = (socket: HostSocket): JournalChange => ({
  key: portKey(socket),
  value: null,
})

export const withTaken = (neighbours: ClusterNeighbours | null): JournalChange => ({
  key: clusterKey,
  value: neighbours,
})

const withBackend = (backend: Backend): JournalChange => ({ key: backendKey, value: backend })

/**
 * The wanted records of a project, in the journal that `open` opens.
 * @example
 * wantedStateIn((follower) => openJournal('/var/lib/portolan/live/shop.journal', follower)).networks() // []
 * @public @since 0.1.0
 */
export const wantedStateIn = (open: (follower: JournalFollower) => Journal): WantedState => {
  // The records can be trusted: only the owner may write the file, and every record has a checksum.
  const ports = new Map<string, DesiredMapping>()
  const byKind: Readonly<Record<string, Map<string, unknown>>> = {
    network: new Map(),
    endpoint: new Map(),
    port: ports,
    cluster: new Map(),
    backend: new Map(),
  }
  /** Endpoints by network and address; null: to be computed again. */
  let byAddress: ReadonlyMap<string, WantedEndpoint> | null = null
  /** The ports of kind `direct` by the same keys. Most projects have none, and thousands of other ports. */
  const direct = new Map<string, DesiredMapping>()
  const kindOf = (name: string): Map<string, unknown> | undefined => byKind[name.slice(0, name.indexOf(' '))]
  const setPort = (name: string, mapping: DesiredMapping): void => {
    ports.set(name, mapping)
    if (mapping.kind === 'direct') direct.set(name, mapping)
    else direct.delete(name)
  }
  const portOf = (name: string): DesiredMapping | null => {
    journal.read()
    return ports.get(name) ?? null
  }
  const journal = open({
    set: (name, value) => {
      if (name.startsWith('port ')) setPort(name, value as DesiredMapping)
      else {
        if (name.startsWith('endpoint ')) byAddress = null
        kindOf(name)?.set(name, value)
      }
    },
    remove: (name) => {
      if (name.startsWith('endpoint ')) byAddress = null
      kindOf(name)?.delete(name)
      direct.delete(name)
    },
    clear: () => {
      byAddress = null
      direct.clear()
      for (const values of Object.values(byKind)) values.clear()
    },
  })
  const all = <Value>(kind: Kind): readonly Value[] => {
    journal.read()
    return [...(byKind[kind]?.values() ?? [])] as readonly Value[]
  }
  const one = <Value>(kind: Kind, name: string): Value | null => {
    journal.read()
    return (byKind[kind]?.get(name) ?? null) as Value | null
  }
  let named: Backend | null = null
  const backend = (): Backend | null => one('backend', backendKey)
  /** Added to the first record that is written. A backend that another program has named since is newer, and stays. */
  const naming = (): readonly JournalChange[] =>
    named === null || backend() !== null ? [] : [withBackend(named)]
  return {
    networks: () => all('network'),
    network: (name) => one('network', key('network', name)),
    endpoints: () => all('endpoint'),
    endpoint: (network, name) => one('endpoint', key('endpoint', network, name)),
    endpointAt: (network, address) => {
      journal.read()
      byAddress ??= new Map(
        all<WantedEndpoint>('endpoint').flatMap((one) =>
          [one.endpoint.ip, one.endpoint.ip6].map((own) => [`${one.endpoint.network} ${own}`, one] as const),
        ),
      )
      return byAddress.get(`${network} ${address}`) ?? null
    },
    ports: () => all('port'),
    directPorts: () => {
      journal.read()
      return [...direct.values()]
    },
    port: (socket) => portOf(portKey(socket)),
    portOf,
    neighbours: () => one('cluster', clusterKey),
    backend,
    nameBackend: async (now) => {
      named = now
      if (journal.read() === null) return
      while (backend() !== now) await journal.write([withBackend(now)], journal.count)
    },
    exists: () => journal.read() !== null,
    isEmpty: () => ![...(journal.read()?.keys() ?? [])].some(isWish),
    get unread() {
      return journal.unread
    },
    change: async (decide, isKnown = false) => {
      const decideOn = () => {
        const values = journal.read()
        const { count } = journal
        const changes = decide() ?? []
        const undo = changes.map(({ key: name }) => ({ key: name, value: values?.get(name) ?? null }))
        return { count, changes, undo, beside: naming() }
      }
      // Nothing is written when another program has written a record meanwhile. Then the journal is read, and the
      // decision made again.
      for (let decision = isKnown ? journal.asKnown(decideOn) : decideOn(); ; decision = decideOn()) {
        const { count, changes, undo, beside } = decision
        if (changes.length === 0) return null
        const writer = await journal.write(beside.length === 0 ? changes : [...changes, ...beside], count)
        if (writer !== null) return () => takeBack(journal, writer, undo)
      }
    },
    asKnown: (ask) => journal.asKnown(ask),
    count: () => {
      journal.read()
      return journal.count
    },
    get known() {
      return journal.count
    },
    isLost: () => journal.isLost(),
    keep: () => journal.keep(),
    sync: () => journal.sync(),
    close: () => journal.close(),
  }
}

/** Writes the values from before a record, except those that other records have changed since. */
const takeBack = async (journal: Journal, writer: string, undo: readonly JournalChange[]): Promise<void> => {
  for (;;) {
    journal.read()
    const { count } = journal
    const own = undo.filter(({ key: name }) => journal.writerOf(name) === writer)
    if (own.length === 0 || (await journal.write(own, count)) !== null) return
  }
}
