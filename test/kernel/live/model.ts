/** A call as `calls.mjs` makes it. */
export interface Call {
  readonly kind: 'ensureNetwork' | 'removeNetwork' | 'lease' | 'release' | 'publish' | 'unpublish'
  readonly args: readonly (string | Readonly<Record<string, unknown>>)[]
}

/** A line that `calls.mjs` prints. */
export interface Told {
  readonly opened?: true
  readonly closed?: true
  readonly begin?: Call
  readonly end?: Call
  readonly result?: { readonly ip: string | null; readonly ip6: string | null } | null
  readonly error?: string
  readonly message?: string
}

/** What callers know to be so. */
export interface Model {
  readonly networks: ReadonlySet<string>
  /** `network endpoint` to its IPv4 address. */
  readonly endpoints: ReadonlyMap<string, string>
  /** Host port to `network endpoint`. */
  readonly ports: ReadonlyMap<number, string>
}

export const nothing: Model = { networks: new Set(), endpoints: new Map(), ports: new Map() }

const without = <Key, Value>(map: ReadonlyMap<Key, Value>, isGone: (key: Key, value: Value) => boolean) =>
  new Map([...map].filter(([key, value]) => !isGone(key, value)))

/** What is so once a call has been carried out. An address that was not told yet is `?`. */
export const after = (before: Model, { kind, args }: Call, ip: string | null = null): Model => {
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

/** What is so after what was told, and after the call that was not answered: two answers, each of which may be. */
export const possible = (before: Model, told: readonly Told[]): readonly Model[] => {
  let model = before
  let open: Call | null = null
  for (const { begin, end, error, result } of told) {
    if (begin !== undefined) open = begin
    if (end === undefined) continue
    open = null
    if (error === undefined) model = after(model, end, result?.ip ?? null)
  }
  return open === null ? [model] : [model, after(model, open)]
}

/** What `in-force.mjs` tells. */
export interface Found {
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

/** A model as sorted lines of text, to compare; ports as `in-force.mjs` tells those of IPv4. */
export const linesOf = ({ networks, endpoints, ports }: Model): readonly string[] =>
  [
    ...[...networks].map((name) => `network ${name}`),
    ...[...endpoints].map(([name, ip]) => `endpoint ${name} ${ip}`),
    ...[...ports].map(([port, to]) => `port ${port} ${endpoints.get(to) ?? `nothing (${to})`}`),
  ].sort()

/** The same lines of what was found. */
export const linesFound = ({ networks, endpoints }: Found, ports: readonly string[]): readonly string[] =>
  [
    ...networks.filter(({ name }) => name !== 'repair').map(({ name }) => `network ${name}`),
    ...endpoints.map(({ network, service, ip }) => `endpoint ${network} ${service} ${ip}`),
    ...ports.filter((line) => line.startsWith('ip ')).map((line) => line.replace('ip ', 'port ')),
  ].sort()

/** The model that was found, with the addresses that had not been told. */
export const learned = (model: Model, { endpoints }: Found): Model => ({
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
