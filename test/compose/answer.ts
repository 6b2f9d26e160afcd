/** What Portolan reads of a project, in a form that both programs' answers can be brought to. */
export type Answer =
  | { readonly kind: 'refused'; readonly why: string }
  | {
      readonly kind: 'read'
      readonly project: string
      readonly networks: Readonly<Record<string, NetworkAnswer>>
      readonly services: Readonly<Record<string, ServiceAnswer>>
    }

export interface NetworkAnswer {
  /** The name outside the project, of an external network. */
  readonly external: string | null
  readonly internal: boolean
  readonly ip6: boolean
  /** `subnet gateway range`, sorted; `-` for what is not said. */
  readonly subnets: readonly string[]
  readonly bridge: string | null
}

export interface ServiceAnswer {
  readonly replicas: number
  /** `network address address6 mac`, sorted; `-` for what is not said. */
  readonly networks: readonly string[]
  /** `address:host:container/protocol`, one for each port, sorted. */
  readonly ports: readonly string[]
}

/** `a b c`, with `-` for what is not there. */
export const words = (...parts: readonly (string | null | undefined)[]): string =>
  parts.map((part) => part || '-').join(' ')

/** Ports of ranges of the same length, one by one; any other as it is. */
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
