import type { Change, PublishedPort } from '@portolan/core'
import type { OwedFlows } from '@portolan/host'

/**
 * Connections that an earlier run should have made conntrack forget, and was ended before it did.
 * @public @since 0.1.0
 */
export interface FlowChange extends Change {
  readonly operation: {
    readonly kind: 'forget-flows'
    /** Those that are forgotten. */
    readonly due: OwedFlows
    /** All that was noted: some of it is due no more, as its mapping stands again. */
    readonly noted: OwedFlows
  }
}

type Port = Pick<PublishedPort, 'family' | 'protocol' | 'hostAddress' | 'hostPort' | 'targets'>
type Socket = Omit<Port, 'targets'>

/**
 * The change that pays what an earlier run owes; none where nothing of it is due.
 *
 * @param standing - the mappings that are in force afterwards: connections through them are as they should be
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

/** A range may have thousands. */
const mostListed = 3

const listed = (lines: readonly string[]): string => {
  const hidden = lines.length - mostListed
  return `${lines.slice(0, mostListed).join(', ')}${hidden > 0 ? ` and ${hidden} more` : ''}`
}
