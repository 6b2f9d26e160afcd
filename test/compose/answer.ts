/** What Portolan reads of a project, in a form for the answers of both programs. */
export type Answer =
  | { readonly kind: 'refused'; readonly why: string }
  | {
      readonly kind: 'read'
      readonly project: string
      readonly networks: Readonly<Record<string, NetworkAnswer>>
      readonly services: Readonly<Record<string, ServiceAnswer>>
    }

export interface NetworkAnswer {
  /** The name of an external network outside the project. */
  readonly external: string | null
  readonly internal: boolean
  readonly ip6: boolean
  /** `subnet gateway range`, sorted; `-`: not given. */
  readonly subnets: readonly string[]
  readonly bridge: string | null
}

export interface ServiceAnswer {
  readonly replicas: number
  /** `network address address6 mac`, sorted; `-`: not given. */
  readonly networks: readonly string[]
  /** `address:host:container/protocol`, one for each port, sorted. */
  readonly ports: readonly string[]
}

/** `a b c`; `-` for a missing part. */
export const words = (...parts: readonly (string | null | undefined)[]): string =>
  parts.map((part) => part || '-').join(' ')

/** Splits ranges of the same length into single ports. Other ports stay as they are. */
export const eachPort = (
  address: string,
  host: string,
  container: string,
  protocol: string,
): readonly string[] => {
  const [hosts, containers] = [portsOf(host), portsOf(container)]
  return hosts.length === containers.length
    ? hosts.map((port, index) => `${address}:${port}:${containers[index]}/${protocol}`)
    : containers.map((port) => `${address}:${host}:${port}/${protocol}`)
}

const portsOf = (range: string): readonly string[] => {
  const [first = '', last = first] = range.split('-')
  const count = Number(last) - Number(first) + 1
  return first === '' ? [''] : Array.from({ length: count }, (_, index) => `${Number(first) + index}`)
}

export const sorted = (texts: readonly string[]): readonly string[] => [...new Set(texts)].sort()
