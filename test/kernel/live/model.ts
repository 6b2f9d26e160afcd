/** A call by `calls.mjs`. */
export interface Call {
  readonly kind: 'ensureNetwork' | 'removeNetwork' | 'lease' | 'release' | 'publish' | 'unpublish'
  readonly args: readonly (string | Readonly<Record<string, unknown>>)[]
}

/** A line that `calls.mjs` prints. */
export interface CallLine {
  readonly opened?: true
  readonly closed?: true
  readonly begin?: Call
  readonly end?: Call
  readonly result?: { readonly ip: string | null; readonly ip6: string | null } | null
  readonly error?: string
  readonly message?: string
}

/** The state that callers know from their answers. */
export interface Model {
  readonly networks: ReadonlySet<string>
  /** `network endpoint`, and its IPv4 address. */
  readonly endpoints: ReadonlyMap<string, string>
  /** The host port, and its `network endpoint`. */
  readonly ports: ReadonlyMap<number, string>
}

/** The state before any call. */
export const emptyModel: Model = { networks: new Set(), endpoints: new Map(), ports: new Map() }

const without = <Key, Value>(map: ReadonlyMap<Key, Value>, isGone: (key: Key, value: Value) => boolean) =>
  new Map([...map].filter(([key, value]) => !isGone(key, value)))

/** The state after a call. An address that is not known yet is `?`. */
export const modelAfter = (before: Model, { kind, args }: Call, ip: string | null = null): Model => {
  const [first, second] = args
  const name = `${first} ${second}`
  switch (kind) {
    case 'ensureNetwork':
      return { ...before, networks: new Set([...before.networks, String(first)]) }
    case 'removeNetwork':
      return { ...before, networks: new Set([...before.networks].filter((one) => one !== first)) }
    case 'lease':
      return {
        ...before,
        endpoints: new Map([...before.endpoints, [name, ip ?? before.endpoints.get(name) ?? '?']]),
      }
    case 'release':
      return {
        ...before,
        endpoints: without(before.endpoints, (key) => key === name),
        ports: without(before.ports, (_port, to) => to === name),
      }
    case 'publish': {
      const { hostPort, to } = first as { hostPort: number; to: { endpoint: string; network: string } }
      return { ...before, ports: new Map([...before.ports, [hostPort, `${to.network} ${to.endpoint}`]]) }
    }
    case 'unpublish': {
      const { hostPort, endpoint, network } = first as {
        hostPort?: number
        endpoint?: string
        network?: string
      }
      return {
        ...before,
        ports: without(before.ports, (port, to) =>
          hostPort === undefined ? to === `${network} ${endpoint}` : port === hostPort,
        ),
      }
    }
  }
}

/** The states that are possible after a log: with and without the last call, which was not answered. */
export const possibleModels = (before: Model, lines: readonly CallLine[]): readonly Model[] => {
  let model = before
  let open: Call | null = null
  for (const { begin, end, error, result } of lines) {
    if (begin !== undefined) open = begin
    if (end === undefined) continue
    open = null
    if (error === undefined) model = modelAfter(model, end, result?.ip ?? null)
  }
  return open === null ? [model] : [model, modelAfter(model, open)]
}

/** The output of `in-force.mjs`. */
export interface HostState {
  readonly networks: readonly { readonly name: string; readonly bridge: string }[]
  readonly endpoints: readonly {
    readonly network: string
    readonly service: string
    readonly ip: string | null
    readonly ip6: string | null
  }[]
  readonly ports: readonly string[]
  readonly inForce: readonly string[]
}

/** A model as sorted lines of text. Ports have the form in which `in-force.mjs` prints those of IPv4. */
export const linesOf = ({ networks, endpoints, ports }: Model): readonly string[] =>
  [
    ...[...networks].map((name) => `network ${name}`),
    ...[...endpoints].map(([name, ip]) => `endpoint ${name} ${ip}`),
    ...[...ports].map(([port, to]) => `port ${port} ${endpoints.get(to) ?? `no endpoint (${to})`}`),
  ].sort()

/** The same lines, made of what `in-force.mjs` found. */
export const linesFound = ({ networks, endpoints }: HostState, ports: readonly string[]): readonly string[] =>
  [
    ...networks.filter(({ name }) => name !== 'repair').map(({ name }) => `network ${name}`),
    ...endpoints.map(({ network, service, ip }) => `endpoint ${network} ${service} ${ip}`),
    ...ports.filter((line) => line.startsWith('ip ')).map((line) => line.replace('ip ', 'port ')),
  ].sort()

/** The model with the addresses that were found in place of unknown ones. */
export const withFoundAddresses = (model: Model, { endpoints }: HostState): Model => ({
  ...model,
  endpoints: new Map(
    [...model.endpoints].map(([name, ip]) => [
      name,
      ip === '?'
        ? (endpoints.find(({ network, service }) => `${network} ${service}` === name)?.ip ?? ip)
        : ip,
    ]),
  ),
})
