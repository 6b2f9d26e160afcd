import type { Change, PublishedPort } from '@portolan/core'
import type { OwedFlows } from '@portolan/host'

/**
 * The connections that conntrack has yet to forget, because an earlier run ended before it came to them.
 * @public @since 0.1.0
 */
export interface FlowChange extends Change {
  readonly operation: {
    readonly kind: 'forget-flows'
    /** The connections to forget. */
    readonly due: OwedFlows
    /** All noted connections. Some need no forgetting any more, because their mapping is in force again. */
    readonly noted: OwedFlows
  }
}

type Port = Pick<PublishedPort, 'family' | 'protocol' | 'hostAddress' | 'hostPort' | 'targets'>
type Socket = Omit<Port, 'targets'>

/**
 * The change that forgets the connections owed by an earlier run; none when nothing is due.
 *
 * @param standing - the mappings in force afterwards; their connections are right as they are
 * @internal
 */
export const owedFlowChanges = (noted: OwedFlows, standing: readonly Port[]): readonly FlowChange[] => {
  // Most runs owe nothing, and a large project has a hundred thousand mappings.
  if (noted.mapped.length === 0 && noted.untranslated.length === 0) return []
  const sockets = new Set(standing.map(socketText))
  const targets = new Set(
    standing.flatMap((port) => port.targets.map((to) => mappingText({ ...port, ...to }))),
  )
  const due: OwedFlows = {
    mapped: noted.mapped.filter((flow) => !targets.has(mappingText(flow))),
    untranslated: noted.untranslated.filter((flow) => sockets.has(socketText(flow))),
  }
  const lines = [...due.mapped.map(mappingText), ...due.untranslated.map(socketText)]
  if (lines.length === 0) return []
  return [
    {
      action: 'remove',
      object: 'connections',
      description: `Forget the connections that an interrupted run left bound to where they went before: ${listed(lines)}.`,
      before: lines.join('\n'),
      after: null,
      reverse: '# connections begin anew by themselves',
      operation: { kind: 'forget-flows', due, noted },
    },
  ]
}

const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address)

const socketText = ({ family, protocol, hostAddress, hostPort }: Socket): string =>
  `${bracketed(hostAddress ?? (family === 'ip' ? '0.0.0.0' : '::'))}:${hostPort}/${protocol}`

const mappingText = (flow: Socket & { readonly address: string; readonly port: number }): string =>
  `${socketText(flow)} -> ${bracketed(flow.address)}:${flow.port}`

/** The most lines in a description: a range may have thousands. */
const mostListed = 3

const listed = (lines: readonly string[]): string => {
  const hidden = lines.length - mostListed
  return `${lines.slice(0, mostListed).join(', ')}${hidden > 0 ? ` and ${hidden} more` : ''}`
}
