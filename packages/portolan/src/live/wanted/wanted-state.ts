import type {
  ClusterNeighbours,
  DesiredEndpoint,
  DesiredMapping,
  DesiredNetwork,
  Intent,
} from '@portolan/core'
import type { Journal, JournalChange, JournalFollower } from '@portolan/host'
import type { Backend } from '../../backend/backend.ts'
import { type HostSocket, socketKey } from '../ports/socket-key.ts'

type NetworkIntent = Intent['networks'][number]
type EndpointIntent = Intent['endpoints'][number]

/** A network that a program asked for, and what was chosen for it. */
export interface WantedNetwork {
  readonly intent: NetworkIntent
  readonly network: DesiredNetwork
}

/** An endpoint that a program asked for, with its addresses. */
export interface WantedEndpoint {
  readonly intent: EndpointIntent
  readonly endpoint: DesiredEndpoint
}

/**
 * What programs want of a live project: networks, endpoints and ports. It outlives them all, the rules and the host's
 * boot. What the kernel has of it is another question.
 * @public @since 0.1.0
 */
export interface WantedState {
  networks(): readonly WantedNetwork[]
  network(name: string): WantedNetwork | null
  endpoints(): readonly WantedEndpoint[]
  endpoint(network: string, name: string): WantedEndpoint | null
  /** The endpoint of a network that has an address. */
  endpointAt(network: string, address: string): WantedEndpoint | null
  ports(): readonly DesiredMapping[]
  /** Those of routed networks alone, whose sockets are the containers' own. */
  directPorts(): readonly DesiredMapping[]
  port(socket: HostSocket): DesiredMapping | null
  /** The same, by what `portKey` makes of the socket. */
  portOf(key: string): DesiredMapping | null
  /** The other hosts of the cluster as they were when all of it was put into force last; null: there were none. */
  neighbours(): ClusterNeighbours | null
  /** The backend that a program named for the project last; null: none was ever named. */
  backend(): Backend | null
  /**
   * Writes down which backend the project has, at once or with what is wanted first: a program that names none, such as
   * `portolan watch`, stays with it.
   */
  nameBackend(backend: Backend): Promise<void>
  /** Was anything ever written? */
  exists(): boolean
  /** Is no network, endpoint or port wanted? The journal may have been made for the very record that is to come. */
  isEmpty(): boolean
  /** Records that could not be read. */
  readonly unread: number
  /**
   * Decides what is to change, and writes it down. It is decided anew where another program wrote something meanwhile, so
   * that nothing comes between the decision and the record.
   *
   * @param isKnown - is it decided from what this process knows, where that was looked at just before?
   * @returns what writes down what was before, of the keys that no other record has changed since; null: nothing was to
   *   change
   * @throws PortolanError `STATE`, PermissionError, and what `decide` throws
   */
  change(
    decide: () => readonly JournalChange[] | null,
    isKnown?: boolean,
  ): Promise<(() => Promise<void>) | null>
  /** Asks for what was read or written before, without looking whether another program has written more. */
  asKnown<Result>(ask: () => Result): Result
  /** How many records there are, as `Journal.count`: another number means that something may have changed. */
  count(): number
  /** The same, of those that were read or written when this was asked last. */
  readonly known: number
  /** Is what is written down gone, as after the state directory was taken away? What was read of it is known on. */
  isLost(): boolean
  /** Writes it down again where it is gone. */
  keep(): Promise<void>
  /** Resolves when all of it is on the disk. */
  sync(): Promise<void>
  close(): Promise<void>
}

type Kind = 'network' | 'endpoint' | 'port' | 'cluster' | 'backend'

/** Is it the key of a network, an endpoint or a port, and not of what is noted beside them? */
export const isWish = (name: string): boolean => /^(network|endpoint|port) /.test(name)

const key = (kind: Kind, ...names: readonly string[]): string => `${kind} ${JSON.stringify(names)}`
const [backendKey, clusterKey] = [key('backend'), key('cluster')]

/**
 * What the journal has the port of a socket by, and no other.
 *
 * It is as `key('port', ...)`, at once where nothing is to be escaped: but for an interface's name, a socket has no such part.
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
 * The wanted state of a project, in the journal that `open` opens.
 * @example
 * wantedStateIn((follower) => openJournal('/var/lib/portolan/live/shop.journal', follower)).networks() // []
 * @public @since 0.1.0
 */
export const wantedStateIn = (open: (follower: JournalFollower) => Journal): WantedState => {
  // What is read was written here: the file is its owner's alone, and every record has a checksum.
  const ports = new Map<string, DesiredMapping>()
  const byKind: Readonly<Record<string, Map<string, unknown>>> = {
    network: new Map(),
    endpoint: new Map(),
    port: ports,
    cluster: new Map(),
    backend: new Map(),
  }
  /** By network and address; null: to be made anew. */
  let byAddress: ReadonlyMap<string, WantedEndpoint> | null = null
  /** By the same names: most projects have none, and thousands of others. */
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
  /** Beside what is written first: what another program named since has come later. */
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
      // Nothing is written where another program wrote something meanwhile: then it is looked at.
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

/** Writes down what was before a record, but for what other records have changed since. */
const takeBack = async (journal: Journal, writer: string, undo: readonly JournalChange[]): Promise<void> => {
  for (;;) {
    journal.read()
    const { count } = journal
    const own = undo.filter(({ key: name }) => journal.writerOf(name) === writer)
    if (own.length === 0 || (await journal.write(own, count)) !== null) return
  }
}
