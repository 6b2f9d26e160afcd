import type { DesiredEndpoint, DesiredMapping, DesiredNetwork } from '@portolan/core'
import type { PublishRequest } from './publish-request.ts'

/** Where a request leads to, and what of its network says how. */
export interface PlainTarget {
  readonly of: DesiredNetwork
  readonly endpoint: DesiredEndpoint
  readonly hostBinding: string | null
  readonly port: unknown
  readonly weight?: unknown
}

/** A request for one host port of every address that leads to one container port. */
export interface PlainRequest {
  readonly hostPort: number
  readonly protocol: string
  readonly target: PlainTarget
}

const isPort = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535

/** @returns null: there is more to the request, or something in it is to be refused */
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

/** What a plain request came to, and its labels without the host port. */
interface Answer {
  readonly project: string
  readonly request: PlainRequest
  readonly mappings: readonly DesiredMapping[]
  readonly labels: readonly (readonly [before: string, after: string])[]
}

/**
 * The last of them. An orchestrator that publishes ports of a container asks for the same but for the host port, up to a
 * thousand times in a row: what such a request comes to is worked out once.
 */
let last: Answer | null = null

/** @returns null: the last one was for another container port, or none was alike */
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
      // Joined, as `mappingLabel` does.
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

/** Keeps what a request came to, where another host port would change nothing but itself and the labels. */
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
