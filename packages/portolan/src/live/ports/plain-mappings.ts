import type { DesiredEndpoint, DesiredMapping, DesiredNetwork } from '@portolan/core'
import type { PublishRequest } from './publish-request.ts'

/** A target of a request, with the parts of its network that shape the mapping. */
export interface PlainTarget {
  readonly of: DesiredNetwork
  readonly endpoint: DesiredEndpoint
  readonly hostBinding: string | null
  readonly port: unknown
  readonly weight?: unknown
}

/** A request for one host port on every address of the host that leads to one container port. */
export interface PlainRequest {
  readonly hostPort: number
  readonly protocol: string
  readonly target: PlainTarget
}

const isPort = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535

/** Reads a request as a plain one. @returns null: the request asks for more, or something in it is to be refused */
export const plainRequest = (
  { hostPort, protocol = 'tcp', hostAddress, interface: name, allowFrom }: PublishRequest,
  targets: readonly PlainTarget[],
): PlainRequest | null => {
  const [target, ...others] = targets
  const isPlain =
    hostAddress === undefined && name === undefined && allowFrom === undefined && others.length === 0
  if (!isPlain || target === undefined || target.weight !== undefined || target.of.internal) return null
  return isPort(hostPort) && isPort(target.port) ? { hostPort, protocol, target } : null
}

/** The mappings of a plain request, and their labels without the host port. */
interface Answer {
  readonly project: string
  readonly request: PlainRequest
  readonly mappings: readonly DesiredMapping[]
  readonly labels: readonly (readonly [before: string, after: string])[]
}

/**
 * The last answer. An orchestrator may publish a thousand ports of a container in a row, with requests that differ only
 * in the host port. The mappings of such requests are worked out once.
 */
let last: Answer | null = null

/** The mappings of a request that is like the last one. @returns null: the last one led elsewhere, or there was none */
export const answeredBefore = (project: string, request: PlainRequest): readonly DesiredMapping[] | null => {
  if (last === null || last.project !== project || !leadAlike(last.request, request)) return null
  const { hostPort } = request
  const { labels } = last
  return last.mappings.map((mapping, at) => {
    const [before = '', after = ''] = labels[at] ?? []
    return {
      family: mapping.family,
      protocol: mapping.protocol,
      interface: mapping.interface,
      allowFrom: mapping.allowFrom,
      kind: mapping.kind,
      hostAddress: mapping.hostAddress,
      hostPort,
      targets: mapping.targets,
      // Made with `join`, as in `mappingLabel`.
      label: [before, hostPort, after].join(''),
    }
  })
}

const leadAlike = (one: PlainRequest, other: PlainRequest): boolean => {
  const [a, b] = [one.target, other.target]
  return (
    one.protocol === other.protocol &&
    a.port === b.port &&
    a.of === b.of &&
    a.hostBinding === b.hostBinding &&
    a.endpoint.service === b.endpoint.service &&
    a.endpoint.replica === b.endpoint.replica &&
    a.endpoint.ip === b.endpoint.ip &&
    a.endpoint.ip6 === b.endpoint.ip6
  )
}

/** Keeps the mappings of a request when another host port would change only the port and the labels. */
export const keepAnswer = (
  project: string,
  request: PlainRequest,
  mappings: readonly DesiredMapping[],
): void => {
  const port = `:${request.hostPort}/`
  const labels = mappings.map(({ label }): readonly [string, string] => {
    const at = label.indexOf(port)
    return [label.slice(0, at + 1), label.slice(at + port.length - 1)]
  })
  const isTranslated = mappings.every(
    ({ kind, hostPort, label }) => kind === 'nat' && hostPort === request.hostPort && label.includes(port),
  )
  if (isTranslated) last = { project, request, mappings, labels }
}
